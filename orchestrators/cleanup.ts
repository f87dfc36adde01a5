/**
 * Ends an attempt whose orchestration is dead. Nobody undoes its steps any more, and some of its activities may still be
 * under way: they are given the time to end before what they made is removed.
 */
import type { OrchestrationContext } from 'durable-functions';
import { call, now, orchestrator } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import type { CleanupInput } from '../shared/setup/attempt-input.ts';
import { setupFailure } from '../shared/setup/failure.ts';
import { activities, orchestrations } from './contract.ts';
import type { StepsOf, Subject } from './contract.ts';
import { record } from './milestones.ts';
import { takeBack, undoEntities, undoMark, undoPlace, undoRuns } from './undo.ts';
import type { TakenBack, Undo } from './undo.ts';

/** A fenced activity has ended this long after it asked the head row. */
const LONGEST_ACTIVITY_MS = 60_000;

export const cleanup = orchestrator(orchestrations.cleanup, function* (context, input): StepsOf<'cleanup'> {
  const { tenantId, setupId, attempt, key, cleanup: number } = input;
  const subject = { tenantId, setupId, attempt, key, cleanup: number };
  yield* call(context, activities.endInstances, subject);
  yield context.df.createTimer(new Date(now(context) + LONGEST_ACTIVITY_MS));
  const takenBack = yield* takeBack(yield* undoOf(context, input, subject));
  return yield* recordEnd(context, input, subject, takenBack);
});

/** Everything that an attempt may have made. */
function* undoOf(context: OrchestrationContext, { factories }: CleanupInput, subject: Subject): Steps<Undo[]> {
  const { factory } = yield* call(context, activities.readCheckpoints, subject);
  const placed = factory === undefined ? undefined : { ...subject, factory };
  return [
    undoMark(context, subject),
    ...(placed === undefined ? [] : [undoRuns(context, placed), undoEntities(context, placed)]),
    undoPlace(context, subject, factories),
  ];
}

function* recordEnd(
  context: OrchestrationContext,
  { reason, cause }: CleanupInput,
  subject: Subject,
  takenBack: TakenBack,
): StepsOf<'cleanup'> {
  if (reason === 'canceled') {
    yield* record(context, subject, { name: 'canceled', data: takenBack });
    return { state: 'Canceled' };
  }
  const failure = setupFailure('StepFailed', cause);
  yield* record(context, subject, { name: 'failed', data: { failure, ...takenBack } });
  return { state: 'Failed' };
}
