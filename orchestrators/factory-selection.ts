/**
 * Phase 1: of two factories that can take the setup, the emptier one is reserved. A replay keeps the factory of the attempt
 * before, as long as it can.
 */
import { call, orchestrator } from '../shared/durable.ts';
import type { OrchestrationContext } from 'durable-functions';
import type { Steps } from '../shared/durable.ts';
import type { Factory, SetupFailure } from '../shared/setup/setup.ts';
import { setupFailure } from '../shared/setup/failure.ts';
import { isBefore } from '../shared/setup/states.ts';
import { activities, orchestrations } from './contract.ts';
import type { StepsOf } from './contract.ts';

export const factorySelection = orchestrator(
  orchestrations.factorySelection,
  function* (context, input): StepsOf<'factorySelection'> {
    const { runtimeName, known, from, ...subject } = input;
    const reused = yield* placeOfRuntime(context, subject.tenantId, runtimeName);
    if (reused.kind === 'failed') return reused;
    const reuse = reused.runtime === undefined ? {} : { runtime: reused.runtime };
    if (known !== undefined && isBefore('FactorySelection', from)) {
      const { factory } = yield* call(context, activities.selectFactory, { ...subject, known, ...reuse });
      if (factory !== undefined) return { kind: 'selected', factory, from };
      yield* call(context, activities.moveBack, { ...subject, phase: 'FactorySelection' });
    }

    const { factory, candidates = [] } = yield* call(context, activities.selectFactory, { ...subject, ...reuse });
    if (factory === undefined) {
      const cause = candidates.map(({ name, obstacle }) => `${name} ${obstacle}`).join('; ');
      const detail = candidates.map(({ name, reasons }) => `${name}: ${reasons.join(', ')}`).join('; ');
      return { kind: 'failed', failure: setupFailure('52090', cause), detail };
    }
    return { kind: 'selected', factory, from: 'FactorySelection' };
  },
);

/** The runtime that is to be reused, if one is, with the only factory that can be chosen then. */
function* placeOfRuntime(
  context: OrchestrationContext,
  tenantId: string,
  runtimeName: string | undefined,
): Steps<Place> {
  if (runtimeName === undefined) return { kind: 'open' };
  const { factory } = yield* call(context, activities.findRuntime, { tenantId, runtimeName });
  if (factory !== undefined) return { kind: 'open', runtime: { name: runtimeName, factory } };
  return { kind: 'failed', failure: setupFailure('52030', `The tenant has no runtime ${runtimeName}.`) };
}

type Place =
  | { readonly kind: 'open'; readonly runtime?: { readonly name: string; readonly factory: Factory } }
  | { readonly kind: 'failed'; readonly failure: SetupFailure };
