/** Phases without a race of their own, shortened: a schedule is as long as the steps that it must interleave. */
import { call, orchestrator } from '../../../shared/durable.ts';
import { setupFailure } from '../../../shared/setup/failure.ts';
import { activities, orchestrations } from '../../../orchestrators/contract.ts';
import { record } from '../../../orchestrators/milestones.ts';
import { milestone } from '../setup/stored-setup.ts';

/** A preparation that makes entities, and fails or not. */
export function preparationThat(fails: () => boolean) {
  return orchestrator(orchestrations.preparation, function* (context, { from: _from, runtimeName: _name, ...placed }) {
    yield* call(context, activities.putPreparation, placed);
    yield* record(context, placed, milestone('checksCompleted'));
    if (!fails()) return { kind: 'prepared' as const };
    return { kind: 'failed' as const, failure: setupFailure('52050', 'as wanted'), installs: true };
  });
}
