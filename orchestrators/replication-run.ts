/**
 * One replication run of a setup that is ready: its pipeline is started and waited for, and what became of the tables is
 * counted. An orchestration that dies is followed by another one for the same run, which goes on: every step finds what an
 * earlier one has done.
 */
import type { OrchestrationContext } from 'durable-functions';
import { clip } from '../shared/clip.ts';
import { call, orchestrator, Stopped } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import { messageOf } from '../shared/error-message.ts';
import type { ReplicationRunInput, RunOutcome } from '../shared/replication/run.ts';
import { setupFailure } from '../shared/setup/failure.ts';
import type { Factory } from '../shared/setup/setup.ts';
import { endedSchema } from '../shared/waits/wait.ts';
import { activities, orchestrations } from './contract.ts';
import type { StepsOf } from './contract.ts';
import type { Running } from './subjects.ts';
import { untilNoRun } from './undo.ts';
import { waitForAnswer } from './waits.ts';

/** Shorter than the signature with which a run stages lasts, and than what Durable Functions makes one timer of. */
export const RUN_DEADLINE_MS = 5 * 24 * 60 * 60_000;

/** How the pipeline of a run ended; the tables are counted afterwards. */
type Ending =
  | { readonly kind: 'ended'; readonly status: string; readonly message: string }
  | { readonly kind: 'canceled' }
  | { readonly kind: 'failed'; readonly cause: string };

export const replicationRun = orchestrator(
  orchestrations.replicationRun,
  function* (context, { mode, retryOf, ...running }): StepsOf<'replicationRun'> {
    const { factory } = yield* call(context, activities.readCheckpoints, running);
    if (factory === undefined) throw new Error(`Setup ${running.setupId} is ready without a factory`);
    const asked = { ...running, factory, mode, ...(retryOf === undefined ? {} : { retryOf }) };
    const ending = yield* replicate(context, asked);
    const outcome = yield* settle(context, { ...running, factory }, ending);
    yield* call(context, activities.endRun, { ...running, outcome });
    return { state: outcome.state };
  },
);

/** @throws {Stopped} if somebody else works on the run */
function* replicate(
  context: OrchestrationContext,
  { mode, retryOf, ...placed }: ReplicationRunInput & { readonly factory: Factory },
): Steps<Ending> {
  const { factory: _factory, ...running } = placed;
  try {
    // Signs anew the way to the staging container.
    yield* call(context, activities.renewStaging, placed);
    yield* call(context, activities.refreshPlan, running);
    yield* call(context, activities.beginRun, running);
    const { instanceId } = context.df;
    const asked = { ...placed, mode, instanceId, ...(retryOf === undefined ? {} : { retryOf }) };
    const begun = yield* call(context, activities.startReplication, asked);
    const ended = yield* waitForAnswer(context, begun, {
      eventName: 'replication',
      answer: endedSchema,
      deadlineMs: RUN_DEADLINE_MS,
    });
    return ended ?? { kind: 'failed', cause: `It had not ended after ${RUN_DEADLINE_MS / 86_400_000} days.` };
  } catch (error) {
    if (!(error instanceof Stopped)) return { kind: 'failed', cause: messageOf(error) };
    if (error.reason === 'superseded') throw error;
    return { kind: 'canceled' };
  }
}

/** Ends what still goes on, closes the run in the environment, and says what came of it. */
function* settle(
  context: OrchestrationContext,
  { factory, ...running }: Running & { readonly factory: Factory },
  ending: Ending,
): Steps<RunOutcome> {
  const reason = clip(reasonOf(ending));
  if (ending.kind !== 'ended') {
    yield* untilNoRun(context, () => call(context, activities.cancelReplication, { ...running, factory }));
  }
  const counts = yield* call(context, activities.closeRun, { ...running, error: reason });
  if (ending.kind === 'canceled') return { state: 'Canceled', counts };
  if (ending.kind === 'ended' && ending.status === 'Succeeded') return { state: 'Succeeded', counts };
  const { tables, succeededTables, failedTables } = counts;
  const failure =
    succeededTables > 0 && failedTables > 0
      ? setupFailure('TablesFailed', `${failedTables} of ${tables} tables failed. ${reason}`)
      : setupFailure('ReplicationFailed', reason);
  return { state: 'Failed', counts, failure };
}

function reasonOf(ending: Ending): string {
  if (ending.kind === 'canceled') return 'The replication run was canceled.';
  if (ending.kind === 'failed') return ending.cause;
  if (ending.status === 'Cancelled') return 'Its pipeline was cancelled in the data factory.';
  return ending.message;
}
