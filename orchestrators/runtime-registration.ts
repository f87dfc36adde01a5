/**
 * Phase 2: the integration runtime through which the source is reached, and the linked services of both sides. A replay
 * of a later phase does not wait for a node that is online.
 */
import type { OrchestrationContext } from 'durable-functions';
import { call, callAll, orchestrator } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import { setupFailure } from '../shared/setup/failure.ts';
import { isBefore } from '../shared/setup/states.ts';
import { onlineSchema } from '../shared/waits/wait.ts';
import { activities, orchestrations } from './contract.ts';
import type { Placed, StepsOf } from './contract.ts';
import { reach, record } from './milestones.ts';
import { waitForAnswer } from './waits.ts';

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

    const answer = yield* waitForAnswer(context, placed, {
      eventName: 'runtime',
      target: { kind: 'runtime', factory, runtimeName },
      answer: onlineSchema,
      deadlineMs: input.runtimeWaitSeconds * 1000,
    });
    if (answer === undefined) {
      const cause = `No node of ${runtimeName} was online within ${input.runtimeWaitSeconds} seconds.`;
      return { kind: 'failed', failure: setupFailure('52071', cause) };
    }
    yield* putLinkedServices(context, placed, runtimeName);
    yield* record(context, placed, { name: 'runtimeOnline', data: { runtimeName, nodes: answer.nodes } });
    return { kind: 'registered', runtimeName, from: 'RuntimeRegistration' };
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
