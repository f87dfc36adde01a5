/**
 * Phase 2: the integration runtime through which the source is reached, and the linked services of both sides. A replay
 * of a later phase does not wait for a node that is online.
 */
import type { OrchestrationContext } from 'durable-functions';
import { call, callAll, callChild, now, orchestrator, waitFor } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import { setupFailure } from '../shared/setup/failure.ts';
import { isBefore } from '../shared/setup/states.ts';
import { activities, orchestrations } from './contract.ts';
import type { Placed, StepsOf } from './contract.ts';
import { reach, record } from './milestones.ts';

export const runtimeRegistration = orchestrator(
  orchestrations.runtimeRegistration,
  function* (context, input): StepsOf<'runtimeRegistration'> {
    const { tenantId, setupId, attempt, key, factory, sourceKind, from } = input;
    const placed = { tenantId, setupId, attempt, key, factory };
    if (sourceKind === 'AzureSql') {
      yield* putLinkedServices(context, placed);
      const reason = 'An Azure SQL source is reached through the Azure integration runtime of the factory.';
      yield* reach(context, { ...placed, from }, { name: 'runtimeNotNeeded', data: { reason } });
      return { kind: 'registered', from };
    }

    const runtime = yield* call(context, activities.ensureRuntime, {
      ...placed,
      ...(input.runtimeName === undefined ? {} : { runtimeName: input.runtimeName }),
    });
    if (runtime.kind === 'refused') return { kind: 'failed', failure: setupFailure('52030', runtime.cause) };
    const { runtimeName, created } = runtime;
    if (isBefore('RuntimeRegistration', from)) {
      const { online } = yield* call(context, activities.getRuntimeStatus, { factory, runtimeName });
      if (online) {
        yield* putLinkedServices(context, placed, runtimeName);
        return { kind: 'registered', runtimeName, from };
      }
      yield* call(context, activities.moveBack, { ...placed, phase: 'RuntimeRegistration' });
    }
    yield* record(context, placed, { name: 'runtimeCreated', data: { runtimeName, created } });

    const wait = { asked: 0, deadline: now(context) + input.runtimeWaitSeconds * 1000 };
    const registration = yield* callChild(
      context,
      orchestrations.runtimeWait,
      { factory, runtimeName, wait },
      'runtimeWait',
    );
    if (registration.kind === 'timedOut') {
      const cause = `No node of ${runtimeName} was online within ${input.runtimeWaitSeconds} seconds.`;
      return { kind: 'failed', failure: setupFailure('52071', cause) };
    }
    yield* putLinkedServices(context, placed, runtimeName);
    yield* record(context, placed, { name: 'runtimeOnline', data: { runtimeName, nodes: registration.nodes } });
    return { kind: 'registered', runtimeName, from: 'RuntimeRegistration' };
  },
);

/** Asks the runtime until a node is online; a wait of days continues as new. */
export const runtimeWait = orchestrator(
  orchestrations.runtimeWait,
  function* (context, { factory, runtimeName, wait }): StepsOf<'runtimeWait'> {
    const result = yield* waitFor(context, wait, function* () {
      const status = yield* call(context, activities.getRuntimeStatus, { factory, runtimeName });
      return status.online ? status.nodes : undefined;
    });
    switch (result.kind) {
      case 'answered':
        return { kind: 'online', nodes: result.answer };
      case 'timedOut':
        return { kind: 'timedOut' };
      case 'goesOn':
        context.df.continueAsNew({ factory, runtimeName, wait: result.state });
        return undefined;
    }
  },
);

function* putLinkedServices(context: OrchestrationContext, placed: Placed, runtimeName?: string): Steps<void> {
  const via = runtimeName === undefined ? {} : { runtimeName };
  yield* callAll(context, activities.putLinkedService, [
    { ...placed, role: 'staging' },
    { ...placed, role: 'source', ...via },
    { ...placed, role: 'destination' },
  ]);
}
