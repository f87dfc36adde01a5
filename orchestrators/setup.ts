/** One attempt of a setup, from the choice of a factory to an environment that is ready. */
import type { OrchestrationContext } from 'durable-functions';
import { call, callChild, orchestrator } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import { messageOf } from '../shared/error-message.ts';
import { setupFailures } from '../shared/errors.ts';
import type { SetupFailure, SetupInput } from '../shared/setup/setup.ts';
import { activities, orchestrations } from './contract.ts';
import type { StepsOf } from './contract.ts';
import { record } from './milestones.ts';

/** A step that takes back what another did. It may run twice, and after a step that did nothing. */
type Undo = { readonly what: string; readonly steps: () => Steps<readonly string[]> };

type Outcome =
  | { readonly kind: 'ready'; readonly environment: string; readonly pipelines: string[] }
  | { readonly kind: 'failed'; readonly failure: SetupFailure };

export const setup = orchestrator(orchestrations.setup, function* (context, input): StepsOf<'setup'> {
  const undo: Undo[] = [];
  const outcome = yield* attemptSetup(context, input, undo);
  if (outcome.kind === 'ready') {
    const { environment, pipelines } = outcome;
    yield* record(context, input, { name: 'ready', data: { environment, pipelines } });
    return { state: 'Ready' };
  }
  const { removed, left } = yield* takeBack(undo);
  yield* record(context, input, { name: 'failed', data: { failure: outcome.failure, removed, left } });
  return { state: 'Failed' };
});

function* attemptSetup(context: OrchestrationContext, input: SetupInput, undo: Undo[]): Steps<Outcome> {
  try {
    return yield* runPhases(context, input, undo);
  } catch (error) {
    // A permanent outcome is a value; what is thrown here failed in every one of its attempts.
    return {
      kind: 'failed',
      failure: { code: 'StepFailed', cause: messageOf(error), remedy: setupFailures.StepFailed.remedy },
    };
  }
}

function* runPhases(context: OrchestrationContext, input: SetupInput, undo: Undo[]): Steps<Outcome> {
  const { tenantId, setupId, attempt, key, factories, sourceKind, runtimeWaitSeconds } = input;
  const subject = { tenantId, setupId, attempt, key };
  const reuse = input.runtimeName === undefined ? {} : { runtimeName: input.runtimeName };

  const releaseFactory = () => call(context, activities.releaseFactory, { key, factories });
  // An undo step is there before its step: that one may succeed and still fail on the way back.
  undo.unshift({
    what: 'place in the factory',
    *steps() {
      yield* releaseFactory();
      return [];
    },
  });
  const selection = yield* callChild(
    context,
    orchestrations.factorySelection,
    { ...subject, factories, ...reuse },
    'factorySelection',
  );
  if (selection.kind === 'failed') return selection;
  const placed = { ...subject, factory: selection.factory };

  undo.unshift({
    what: `entities in ${selection.factory.name}`,
    *steps() {
      const { removed } = yield* call(context, activities.removeEntities, placed);
      return removed;
    },
  });
  const registration = yield* callChild(
    context,
    orchestrations.runtimeRegistration,
    { ...placed, sourceKind, runtimeWaitSeconds, ...reuse },
    'runtimeRegistration',
  );
  if (registration.kind === 'failed') return registration;
  const { runtimeName } = registration;

  const prepared = yield* callChild(
    context,
    orchestrations.preparation,
    { ...placed, ...(runtimeName === undefined ? {} : { runtimeName }) },
    'preparation',
  );
  if (prepared.kind === 'failed') return prepared;

  const { pipelines } = yield* callChild(context, orchestrations.replicationPipeline, placed, 'replicationPipeline');

  undo.unshift({
    what: 'mark in the environment',
    *steps() {
      yield* call(context, activities.clearEnvironmentMark, subject);
      return ['mark in the environment'];
    },
  });
  const { environment } = yield* call(context, activities.markEnvironmentReady, subject);
  yield* record(context, subject, { name: 'environmentMarked', data: { environment } });

  const cleanup = yield* call(context, activities.removePreparation, placed);
  yield* releaseFactory();
  yield* record(context, subject, { name: 'cleanupCompleted', data: cleanup });
  return { kind: 'ready', environment, pipelines };
}

/** Takes back newest first. What cannot be taken back is named, so that the failure is still recorded. */
function* takeBack(undo: readonly Undo[]): Steps<{ removed: string[]; left: string[] }> {
  const removed: string[] = [];
  const left: string[] = [];
  for (const { what, steps } of undo) {
    try {
      removed.push(...(yield* steps()));
    } catch (error) {
      left.push(`${what}: ${messageOf(error)}`);
    }
  }
  return { removed, left };
}
