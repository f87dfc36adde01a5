/**
 * Phase 1: every factory is measured at the same time, and the emptiest one that can take the setup is reserved. A
 * replay keeps the factory of the attempt before, as long as it can.
 */
import { call, callAll, orchestrator } from '../shared/durable.ts';
import type { OrchestrationContext } from 'durable-functions';
import type { Steps } from '../shared/durable.ts';
import type { Factory, SetupFailure } from '../shared/setup/setup.ts';
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
    const runtime = yield* placeOfRuntime(context, subject.tenantId, runtimeName);
    if (runtime.kind === 'failed') return runtime;
    if (known !== undefined && isBefore('FactorySelection', from)) {
      const measurements = yield* callAll(context, activities.probeFactory, [{ factory: known, ...reuse }]);
      const { factory } = yield* call(context, activities.reserveFactory, { ...subject, measurements });
      if (factory !== undefined) return { kind: 'selected', factory, from };
      yield* call(context, activities.moveBack, { ...subject, phase: 'FactorySelection' });
    }

    const measurements = yield* callAll(
      context,
      activities.probeFactory,
      (runtime.factories ?? factories).map((factory) => ({ factory, ...reuse })),
    );
    const { factory, candidates } = yield* call(context, activities.reserveFactory, { ...subject, measurements });
    if (factory === undefined) {
      const cause = candidates.map(({ name, obstacle }) => `${name} ${obstacle}`).join('; ');
      const detail = candidates.map(({ name, reasons }) => `${name}: ${reasons.join(', ')}`).join('; ');
      return { kind: 'failed', failure: setupFailure('52090', cause), detail };
    }
    yield* record(context, subject, { name: 'factorySelected', data: { factory, candidates } });
    return { kind: 'selected', factory, from: 'FactorySelection' };
  },
);

/** The only factory that can be chosen, if a runtime is to be reused. */
function* placeOfRuntime(
  context: OrchestrationContext,
  tenantId: string,
  runtimeName: string | undefined,
): Steps<Place> {
  if (runtimeName === undefined) return { kind: 'open' };
  const { factory } = yield* call(context, activities.findRuntime, { tenantId, runtimeName });
  if (factory !== undefined) return { kind: 'open', factories: [factory] };
  return { kind: 'failed', failure: setupFailure('52030', `The tenant has no runtime ${runtimeName}.`) };
}

type Place =
  | { readonly kind: 'open'; readonly factories?: readonly Factory[] }
  | { readonly kind: 'failed'; readonly failure: SetupFailure };
