/**
 * One attempt of a setup, from the choice of a factory to an environment that is ready; or of an assessment, to the report of
 * what a setup would meet.
 */
import type { OrchestrationContext } from 'durable-functions';
import { call, callChild, FailedForGood, orchestrator, pause, Stopped } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import { messageOf } from '../shared/error-message.ts';
import { isAssessment } from '../shared/setup/assessment.ts';
import type { SetupInput } from '../shared/setup/attempt-input.ts';
import { setupFailure } from '../shared/setup/failure.ts';
import type { SetupFailure } from '../shared/setup/setup.ts';
import { activities, orchestrations } from './contract.ts';
import type { StepsOf } from './contract.ts';
import type { Subject } from './subjects.ts';
import { record } from './milestones.ts';
import {
  nameRuntime,
  takeBack,
  undoClaims,
  undoEntities,
  undoEnvironment,
  undoMark,
  undoPlace,
  undoRuns,
  undoStaging,
} from './undo.ts';
import type { Undo } from './undo.ts';

type Outcome =
  | { readonly kind: 'ready' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'canceled' }
  | { readonly kind: 'failed'; readonly failure: SetupFailure; readonly detail?: string | undefined };

export const setup = orchestrator(orchestrations.setup, function* (context, input): StepsOf<'setup'> {
  const { tenantId, setupId, attempt, key } = input;
  const subject = { tenantId, setupId, attempt, key };
  const undo: Undo[] = [];
  const outcome = yield* attemptSetup(context, input, subject, undo);
  if (outcome.kind === 'ready') return { state: 'Ready' };
  // Who cancels has said so; everybody else says so now.
  if (outcome.kind === 'canceled') undo.push(undoStaging(context, subject));
  else yield* call(context, activities.beginUndo, subject);
  const { removed, left } = yield* takeBack(undo);
  if (outcome.kind === 'canceled') {
    yield* record(context, subject, { name: 'canceled', data: { removed, left } });
    return { state: 'Canceled' };
  }
  if (outcome.kind === 'completed') {
    yield* record(context, subject, { name: 'completed', data: { removed, left } });
    return { state: 'Completed' };
  }
  const { failure, detail } = outcome;
  yield* record(context, subject, { name: 'failed', data: { failure, removed, left } }, detail);
  return { state: 'Failed' };
});

/** @throws {Stopped} if the attempt is superseded: then nothing is taken back, for another run works with it */
function* attemptSetup(
  context: OrchestrationContext,
  input: SetupInput,
  subject: Subject,
  undo: Undo[],
): Steps<Outcome> {
  try {
    return yield* runPhases(context, input, subject, undo);
  } catch (error) {
    if (error instanceof Stopped) {
      if (error.reason === 'superseded') throw error;
      return { kind: 'canceled' };
    }
    if (error instanceof FailedForGood) return { kind: 'failed', failure: error.failure };
    // A permanent outcome is a value; what is thrown here failed in every one of its tries.
    const detail = messageOf(error);
    return { kind: 'failed', failure: setupFailure('StepFailed', detail), detail };
  }
}

function* runPhases(context: OrchestrationContext, input: SetupInput, subject: Subject, undo: Undo[]): Steps<Outcome> {
  const { sourceKind, runtimeWaitSeconds, assessmentId } = input;
  const opened = yield* call(context, activities.openAttempt, {
    ...subject,
    token: context.df.newGuid(context.df.instanceId),
  });
  const reuse = input.runtimeName === undefined ? {} : { runtimeName: input.runtimeName };

  // An undo step is there before its step: that one may succeed and still fail on the way back. The request that began
  // the attempt has claimed the environment.
  if (!isAssessment(input)) undo.unshift(undoEnvironment(context, subject));
  if (opened.canceling) return { kind: 'canceled' };
  if (opened.quietMs > 0) yield* pause(context, opened.quietMs);
  undo.unshift(undoPlace(context, subject));
  const selection = yield* callChild(
    context,
    orchestrations.factorySelection,
    {
      ...subject,
      ...reuse,
      from: opened.from,
      ...(opened.factory === undefined ? {} : { known: opened.factory }),
    },
    'factorySelection',
  );
  if (selection.kind === 'failed') return selection;
  const placed = { ...subject, factory: selection.factory };

  undo.unshift(undoEntities(context, placed), nameRuntime(context, subject));
  const registration = yield* callChild(
    context,
    orchestrations.runtimeRegistration,
    { ...placed, from: selection.from, sourceKind, runtimeWaitSeconds, ...reuse },
    'runtimeRegistration',
  );
  if (registration.kind === 'failed') return registration;
  const via = registration.runtimeName === undefined ? {} : { runtimeName: registration.runtimeName };

  const claims = isAssessment(input) ? [] : [undoClaims(context, placed)];
  undo.unshift(undoRuns(context, placed), ...claims);
  const prepared = yield* callChild(
    context,
    orchestrations.preparation,
    { ...placed, from: registration.from, ...via, ...(assessmentId === undefined ? {} : { assessmentId }) },
    'preparation',
  );
  if (prepared.kind === 'failed') {
    // They come after the runs, which are ended first.
    if (!prepared.installs) undo.splice(1, claims.length);
    return prepared;
  }
  if (prepared.kind === 'assessed') return { kind: 'completed' };
  const { pipelines } = yield* call(context, activities.putReplication, placed);

  undo.unshift(undoMark(context, subject));
  const { environment } = yield* call(context, activities.markEnvironmentReady, subject);

  yield* call(context, activities.finish, { ...placed, environment, pipelines });
  return { kind: 'ready' };
}
