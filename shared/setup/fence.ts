/**
 * Who may change something outside. Activities run at least once, may run twice at the same moment, and late; so each
 * that changes something asks the head row first. Pure.
 */
import { isWorking } from '../replication/run.ts';
import type { RunWorker } from '../replication/run.ts';
import type { SetupRecord } from './head.ts';
import type { AttemptId } from './setup.ts';
import { restingStates, workingStates } from './states.ts';

/** Why an attempt does not go on: somebody wants its end, or it is not the one that works on the setup (any more). */
export const stopReasons = ['canceled', 'superseded'] as const;
export type StopReason = (typeof stopReasons)[number];

/** `forward`: makes something. `undo`: takes it away again. `none`: only reads, or has a rule of its own. */
export type Fence = 'forward' | 'undo' | 'none';

/** A fenced activity has ended this long after it asked the head row. */
export const LONGEST_ACTIVITY_MS = 60_000;

/**
 * For whom an activity works: for the attempt itself, for a cleanup orchestration of that number, or for the `start`th
 * orchestration of a replication run.
 */
export interface Worker extends AttemptId {
  readonly cleanup?: number | undefined;
  readonly run?: RunWorker | undefined;
}

/** Why a worker must not go on; undefined if it may. @param setup undefined if its rows are gone */
export function stopReason(fence: Fence, worker: Worker, setup: SetupRecord | undefined): StopReason | undefined {
  if (fence === 'none') return undefined;
  if (setup?.attempt !== worker.attempt || setup.cleanup !== worker.cleanup) return 'superseded';
  if (worker.run !== undefined) return runStopReason(fence, worker.run, setup);
  // What is ready is taken away by a deletion only, and that has a state of its own.
  if (fence === 'undo') return setup.state === 'Ready' ? 'superseded' : undefined;
  if (worker.cleanup !== undefined) return restingStates.includes(setup.state) ? 'superseded' : undefined;
  if (setup.state === 'Canceling') return 'canceled';
  if (setup.undoing) return 'superseded';
  return workingStates.includes(setup.state) ? undefined : 'superseded';
}

/** A run is made and ended while its setup is ready. */
function runStopReason(fence: Fence, run: RunWorker, setup: SetupRecord): StopReason | undefined {
  if (setup.state !== 'Ready' || !isWorking(setup, run)) return 'superseded';
  return fence === 'forward' && setup.replication?.active?.canceling === true ? 'canceled' : undefined;
}
