/** Phase 1: every factory is measured at the same time, and the emptiest one that can take the setup is reserved. */
import { call, callAll, orchestrator } from '../shared/durable.ts';
import { setupFailures } from '../shared/errors.ts';
import { activities, orchestrations } from './contract.ts';
import type { StepsOf } from './contract.ts';
import { record } from './milestones.ts';

export const factorySelection = orchestrator(
  orchestrations.factorySelection,
  function* (context, input): StepsOf<'factorySelection'> {
    const { key, factories, runtimeName } = input;
    const measurements = yield* callAll(
      context,
      activities.probeFactory,
      factories.map((factory) => ({ factory, ...(runtimeName === undefined ? {} : { runtimeName }) })),
    );
    if (runtimeName !== undefined && !measurements.some(({ load }) => load.reachable && load.hasRuntime === true)) {
      const cause = `No configured factory that answers has a runtime ${runtimeName}.`;
      return { kind: 'failed', failure: { code: '52030', cause, remedy: setupFailures['52030'].remedy } };
    }
    const { factory, candidates } = yield* call(context, activities.reserveFactory, { key, measurements });
    if (factory === undefined) {
      const cause = candidates.map(({ name, reasons }) => `${name}: ${reasons.join(', ')}`).join('; ');
      return { kind: 'failed', failure: { code: '52090', cause, remedy: setupFailures['52090'].remedy } };
    }
    yield* record(context, input, { name: 'factorySelected', data: { factory, candidates } });
    return { kind: 'selected', factory };
  },
);
