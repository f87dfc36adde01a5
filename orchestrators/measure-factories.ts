/** Counts what all factories carry, a few at a time: together they have one budget of requests. */
import { callAll, orchestrator } from '../shared/durable.ts';
import { activities, orchestrations } from './contract.ts';
import type { StepsOf } from './contract.ts';

const AT_ONCE = 4;

export const measureFactories = orchestrator(
  orchestrations.measureFactories,
  function* (context, { factories }): StepsOf<'measureFactories'> {
    let measured = 0;
    for (let first = 0; first < factories.length; first += AT_ONCE) {
      const some = factories.slice(first, first + AT_ONCE).map((factory) => ({ factory }));
      const results = yield* callAll(context, activities.measureFactory, some);
      measured += results.filter((result) => result.measured).length;
    }
    return { measured };
  },
);
