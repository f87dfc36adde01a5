/** Counts what all factories carry, a few at a time: together they have one budget of requests. */
import type { OrchestrationContext } from 'durable-functions';
import { callAll, orchestrator } from '../shared/durable.ts';
import type { ActivityContract, Steps } from '../shared/durable.ts';
import { bySubscription } from '../shared/factory/measuring.ts';
import { activities, orchestrations } from './contract.ts';
import type { StepsOf } from './contract.ts';

const AT_ONCE = 4;

export const measureFactories = orchestrator(
  orchestrations.measureFactories,
  function* (context, { factories, offersMetrics }): StepsOf<'measureFactories'> {
    // Before the factories are asked: which of them are to list their entities depends on it.
    const subscriptions = offersMetrics ? bySubscription(factories) : [];
    const corrections = yield* callSome(
      context,
      activities.correctEntities,
      subscriptions.map((some) => ({ factories: some })),
    );
    const results = yield* callSome(
      context,
      activities.measureFactory,
      factories.map((factory) => ({ factory })),
    );
    const problems = corrections.flatMap((correction) => correction.problems);
    return { measured: results.filter(({ measured }) => measured).length, problems };
  },
);

/** Calls an activity once for each input, a few at the same time. */
function* callSome<Input, Output>(
  context: OrchestrationContext,
  activity: ActivityContract<Input, Output>,
  inputs: readonly Input[],
): Steps<Output[]> {
  const outputs: Output[] = [];
  for (let first = 0; first < inputs.length; first += AT_ONCE) {
    outputs.push(...(yield* callAll(context, activity, inputs.slice(first, first + AT_ONCE))));
  }
  return outputs;
}
