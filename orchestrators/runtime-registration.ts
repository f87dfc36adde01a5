/**
 * Phase 2: the integration runtime through which the source is reached, and the linked services of both sides. A replay
 * of a later phase does not wait for a node that is online.
 */
import { call, orchestrator } from '../shared/durable.ts';
import { setupFailure } from '../shared/setup/failure.ts';
import { onlineSchema } from '../shared/waits/wait.ts';
import { activities, orchestrations } from './contract.ts';
import type { StepsOf } from './contract.ts';
import { explained } from './runtime-failure.ts';
import { waitForAnswer } from './waits.ts';

export const runtimeRegistration = orchestrator(
  orchestrations.runtimeRegistration,
  function* (context, input): StepsOf<'runtimeRegistration'> {
    const { sourceKind, runtimeWaitSeconds, runtimeName: reused, from, ...placed } = input;
    if (sourceKind === 'AzureSql') {
      yield* call(context, activities.putConnections, placed);
      return { kind: 'registered', from };
    }

    const reuse = reused === undefined ? {} : { runtimeName: reused };
    const { instanceId } = context.df;
    const asked = { ...placed, ...reuse, instanceId };
    let begun = from;
    let runtime = yield* call(context, activities.ensureRuntime, asked);
    if (runtime.kind === 'offline') {
      begun = 'RuntimeRegistration';
      yield* call(context, activities.moveBack, { ...placed, phase: begun });
      runtime = yield* call(context, activities.ensureRuntime, asked);
    }
    if (runtime.kind === 'offline') throw new Error('The attempt was moved back, and yet took its runtime over');
    if (runtime.kind === 'refused') return { kind: 'failed', failure: setupFailure('52030', runtime.cause) };
    const { runtimeName } = runtime;
    const online = yield* waitForAnswer(context, runtime, {
      eventName: 'runtime',
      answer: onlineSchema,
      deadlineMs: runtimeWaitSeconds * 1000,
    });
    if (online === undefined) {
      const cause = `No node of ${runtimeName} was online within ${runtimeWaitSeconds} seconds.`;
      return { kind: 'failed', failure: yield* explained(context, placed, runtimeName, setupFailure('52071', cause)) };
    }
    const { nodes } = online;
    yield* call(context, activities.putConnections, { ...placed, runtime: { runtimeName, nodes } });
    return { kind: 'registered', runtimeName, from: begun };
  },
);
