/**
 * Phase 1: every factory is measured at the same time, and the emptiest one that can take the setup is reserved. A
 * replay keeps the factory of the attempt before, as long as it can.
 */
import { call, callAll, orchestrator } from '../shared/durable.ts';
import { setupFailure } from '../shared/setup/failure.ts';
import { isBefore } from '../shared/setup/states.ts';
import { activities, orchestrations } from './contract.ts';
import type { StepsOf } from './contract.ts';
import { record } from './milestones.ts';

export const factorySelection = orchestrator(
  orchestrations.factorySelection,
  function* (context, input): StepsOf<'factorySelection'> {
    const { factories, runtimeName, known, from, ...subject } = input;
    const reuse = runtimeName === undefined ? {} : { runtimeName };
    if (known !== undefined && isBefore('FactorySelection', from)) {
      const measurements = yield* callAll(context, activities.probeFactory, [{ factory: known, ...reuse }]);
      const { factory } = yield* call(context, activities.reserveFactory, { ...subject, measurements });
      if (factory !== undefined) return { kind: 'selected', factory, from };
      yield* call(context, activities.moveBack, { ...subject, phase: 'FactorySelection' });
    }

    const measurements = yield* callAll(
      context,
      activities.probeFactory,
      factories.map((factory) => ({ factory, ...reuse })),
    );
    if (runtimeName !== undefined && !measurements.some(({ load }) => load.reachable && load.hasRuntime === true)) {
      const cause = `No configured factory that answers has a runtime ${runtimeName}.`;
      return { kind: 'failed', failure: setupFailure('52030', cause) };
    }
    const { factory, candidates } = yield* call(context, activities.reserveFactory, { ...subject, measurements });
    if (factory === undefined) {
      const cause = candidates.map(({ name, reasons }) => `${name}: ${reasons.join(', ')}`).join('; ');
      return { kind: 'failed', failure: setupFailure('52090', cause) };
    }
    yield* record(context, subject, { name: 'factorySelected', data: { factory, candidates } });
    return { kind: 'selected', factory, from: 'FactorySelection' };
  },
);
