/** Phases without a race of their own, shortened: a schedule is as long as the steps that it must interleave. */
import { call, orchestrator } from '../../../shared/durable.ts';
import { setupFailure } from '../../../shared/setup/failure.ts';
import { activities, orchestrations } from '../../../orchestrators/contract.ts';
import { reach } from '../../../orchestrators/milestones.ts';

const counts = { passed: 1, warned: 0, failed: 0, skipped: 0, failedChecks: [] };

/** A preparation that makes an entity, and fails or not once its checks are done. */
export function preparationThat(fails: () => boolean) {
  return orchestrator(orchestrations.preparation, function* (context, { from, ...input }) {
    const { tenantId, setupId, attempt, key, factory } = input;
    const placed = { tenantId, setupId, attempt, key, factory };
    yield* call(context, activities.putDataset, { ...placed, role: 'source' });
    yield* reach(context, { ...placed, from }, { name: 'checksCompleted', data: counts });
    if (!fails()) return { kind: 'prepared' as const, from };
    return { kind: 'failed' as const, failure: setupFailure('52050', 'as wanted'), installs: true };
  });
}

/** No pipelines. */
export const replicationPipeline = orchestrator(orchestrations.replicationPipeline, function* () {
  yield* [];
  return { pipelines: ['mig_replicate'] };
});
