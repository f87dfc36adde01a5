/** Phase 7: the pipelines that copy the data. They stay idle until somebody starts a replication run. */
import { call, callAll, orchestrator } from '../shared/durable.ts';
import { activities, orchestrations } from './contract.ts';
import type { StepsOf } from './contract.ts';
import { reach } from './milestones.ts';

export const replicationPipeline = orchestrator(
  orchestrations.replicationPipeline,
  function* (context, { from, ...placed }): StepsOf<'replicationPipeline'> {
    // The outer pipeline runs the inner ones, and a factory refuses a reference to what does not exist.
    const inner = yield* callAll(context, activities.putPipeline, [
      { ...placed, role: 'large' },
      { ...placed, role: 'small' },
    ]);
    const outer = yield* call(context, activities.putPipeline, { ...placed, role: 'replicate' });
    const pipelines = [outer, ...inner].map(({ name }) => name);
    yield* reach(context, { ...placed, from }, { name: 'replicationPipelineCreated', data: { pipelines } });
    return { pipelines };
  },
);
