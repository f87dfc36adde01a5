/**
 * Ends an attempt whose orchestration is dead, or takes away everything of a setup. Nobody undoes the steps of the attempt
 * any more, and some of its activities may still be under way: they are given the time to end before what they made is
 * removed.
 */
import type { OrchestrationContext } from 'durable-functions';
import { clipList } from '../shared/clip.ts';
import { call, now, orchestrator, pause } from '../shared/durable.ts';
import { pauseAfterCleanup } from '../shared/setup/attempt-input.ts';
import type { CleanupInput } from '../shared/setup/attempt-input.ts';
import { setupFailure } from '../shared/setup/failure.ts';
import { LONGEST_ACTIVITY_MS } from '../shared/setup/fence.ts';
import type { Checkpoints } from '../shared/setup/holdings.ts';
import { activities, orchestrations } from './contract.ts';
import type { StepsOf } from './contract.ts';
import type { Placed, Subject } from './subjects.ts';
import { record } from './milestones.ts';
import {
  nameRuntime,
  takeBack,
  undoAtSource,
  undoClaims,
  undoEntities,
  undoEnvironment,
  undoMark,
  undoPlace,
  undoRuns,
  undoStaging,
} from './undo.ts';
import type { Undo } from './undo.ts';

export const cleanup = orchestrator(orchestrations.cleanup, function* (context, input): StepsOf<'cleanup'> {
  const { tenantId, setupId, attempt, key, cleanup: number, reason } = input;
  const subject = { tenantId, setupId, attempt, key, cleanup: number };
  yield* call(context, activities.endInstances, subject);
  yield* pause(context, LONGEST_ACTIVITY_MS);
  return reason === 'deleted' ? yield* remove(context, input, subject) : yield* endAttempt(context, input, subject);
});

function* endAttempt(context: OrchestrationContext, input: CleanupInput, subject: Subject): StepsOf<'cleanup'> {
  const checkpoints = yield* call(context, activities.readCheckpoints, subject);
  const { removed, left } = yield* takeBack(undoOfAttempt(context, input, subject, checkpoints));
  if (input.reason === 'canceled') {
    yield* record(context, subject, { name: 'canceled', data: { removed, left } });
    return { state: 'Canceled' };
  }
  const failure = setupFailure('StepFailed', input.cause);
  yield* record(context, subject, { name: 'failed', data: { failure, removed, left } });
  return { state: 'Failed' };
}

/** Everything that an attempt may have made. */
function undoOfAttempt(
  context: OrchestrationContext,
  { reason }: CleanupInput,
  subject: Subject,
  { factory, installs }: Checkpoints,
): Undo[] {
  const placed = factory === undefined ? undefined : { ...subject, factory };
  const databases = installs && placed !== undefined ? [undoMark(context, subject), undoClaims(context, placed)] : [];
  return [
    ...(placed === undefined ? [] : [undoRuns(context, placed)]),
    ...databases,
    ...(placed === undefined ? [] : [undoEntities(context, placed), nameRuntime(context, subject)]),
    undoPlace(context, subject),
    undoEnvironment(context, subject),
    ...(reason === 'canceled' ? [undoStaging(context, subject)] : []),
  ];
}

function* remove(context: OrchestrationContext, input: CleanupInput, subject: Subject): StepsOf<'cleanup'> {
  const checkpoints = yield* call(context, activities.readCheckpoints, subject);
  const used = yield* takeBack(undoOfWork(context, input, subject, checkpoints));
  const { failures } = used;
  const held = undoOfHoldings(context, input, subject, checkpoints);
  if (failures.length === 0) {
    const given = yield* takeBack(held);
    failures.push(...given.failures);
    used.removed.push(...given.removed);
    used.left.push(...given.left);
  } else {
    used.left.push(...held.map(({ what }) => `${what}, for the next try`));
  }
  const data = { removed: clipList(used.removed), left: clipList(used.left) };
  if (failures.length === 0) {
    yield* record(context, subject, { name: 'deleted', data });
    return { state: 'Deleted' };
  }
  if (now(context) < input.deadline) {
    // The timer finds the setup still to be removed, and gives it to the next cleanup.
    yield* pause(context, pauseAfterCleanup(input.cleanup));
    return { state: 'Deleting' };
  }
  const failure = setupFailure('DeletionFailed', failures.join('; '));
  yield* record(context, subject, { name: 'deletionFailed', data: { failure, ...data } });
  return { state: 'Failed' };
}

/** Everything that a setup may have made in databases and in its factory. */
function undoOfWork(
  context: OrchestrationContext,
  { removeSource }: CleanupInput,
  subject: Subject,
  { factory, runtimeName, installs }: Checkpoints,
): Undo[] {
  const placed = factory === undefined ? undefined : { ...subject, factory };
  const via = runtimeName === undefined ? {} : { runtimeName };
  return [
    ...(placed === undefined ? [] : [undoRuns(context, placed)]),
    ...(placed === undefined || !installs ? [] : [undoSource(context, { ...placed, ...via }, removeSource)]),
    ...(installs ? [undoDestination(context, subject)] : []),
    ...(placed === undefined ? [] : [undoEntities(context, placed)]),
    undoStaging(context, subject),
  ];
}

/** What a setup holds beside that. Without its runtime and its password nothing reaches the source any more. */
function undoOfHoldings(
  context: OrchestrationContext,
  { removeRuntime }: CleanupInput,
  subject: Subject,
  { runtimeName, otherRuntimes }: Checkpoints,
): Undo[] {
  const runtimes = runtimeName === undefined ? otherRuntimes : [runtimeName, ...otherRuntimes];
  return [
    undoPlace(context, subject),
    undoEnvironment(context, subject),
    ...runtimes.map((name) => undoRuntime(context, { ...subject, runtimeName: name }, removeRuntime)),
    undoSecret(context, subject),
  ];
}

/** The preparation pipeline is gone by then, and with a failed attempt also what it refers to. */
function undoSource(
  context: OrchestrationContext,
  { runtimeName, ...placed }: Placed & { readonly runtimeName?: string },
  removeSource: boolean,
): Undo {
  return {
    what: 'objects in the source database',
    *steps() {
      // It goes when all else is gone: a cleanup that died had come as far.
      const { holds } = yield* call(context, activities.holdsPassword, placed);
      if (!holds) return { left: ['source database: not looked at again, because its password is gone'] };
      const via = runtimeName === undefined ? {} : { runtimeName };
      yield* call(context, activities.restoreConnections, { ...placed, ...via });
      const runId = yield* undoAtSource(context, placed, 'remove', removeSource);
      const { left } = yield* call(context, activities.readSourceRemoval, { ...placed, runId });
      return { removed: ['objects in the source database'], left };
    },
  };
}

function undoDestination(context: OrchestrationContext, subject: Subject): Undo {
  return {
    what: 'objects in the environment',
    *steps() {
      const { left } = yield* call(context, activities.removeFromDestination, subject);
      return { removed: ['objects in the environment'], left };
    },
  };
}

/** @param wanted whether the runtime goes if nobody else uses it */
function undoRuntime(
  context: OrchestrationContext,
  runtime: Subject & { readonly runtimeName: string },
  wanted: boolean,
): Undo {
  const { runtimeName } = runtime;
  return {
    what: `integration runtime ${runtimeName}`,
    *steps() {
      const { removed } = yield* call(context, activities.leaveRuntime, { ...runtime, remove: wanted });
      if (removed.length > 0) return { removed };
      return { left: [`integration runtime ${runtimeName}, ${wanted ? 'which other setups use' : 'as asked'}`] };
    },
  };
}

function undoSecret(context: OrchestrationContext, subject: Subject): Undo {
  return {
    what: 'password in the vault',
    *steps() {
      yield* call(context, activities.removeSecret, subject);
      return { removed: ['password in the vault'] };
    },
  };
}
