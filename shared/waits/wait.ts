/** What a setup waits for: what is asked, what an answer is, and how both are stored. Pure. */
import { z } from 'zod';
import { activeWorkerOf, runInstanceOf } from '../replication/run.ts';
import type { SetupRecord } from '../setup/head.ts';
import { factorySchema } from '../setup/setup.ts';
import { workingStates } from '../setup/states.ts';
import type { SetupState } from '../setup/states.ts';

/** The events that end a wait, in the order in which an attempt waits for them. */
export const waitEvents = ['runtime', 'assess', 'catalogue', 'install', 'replication', 'release', 'remove'] as const;
export type WaitEvent = (typeof waitEvents)[number];

/** What is asked, and in which factory: whether a runtime has a node, or how a pipeline run is. */
export const waitTargetSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('runtime'), factory: factorySchema, runtimeName: z.string() }),
  z.object({ kind: z.literal('run'), factory: factorySchema, pipeline: z.string(), runId: z.string() }),
]);
export type WaitTarget = z.infer<typeof waitTargetSchema>;

/** Nodes that are online. */
export const nodesSchema = z.array(z.object({ name: z.string(), version: z.string() }));
export const onlineSchema = z.object({ kind: z.literal('online'), nodes: nodesSchema });
/** The pipeline run has ended. */
export const endedSchema = z.object({ kind: z.literal('ended'), status: z.string(), message: z.string() });
/** The payload of the event that ends a wait: what was awaited, or that the attempt is cancelled. */
export const waitAnswerSchema = z.discriminatedUnion('kind', [
  onlineSchema,
  endedSchema,
  z.object({ kind: z.literal('canceled') }),
]);
export type WaitAnswer = z.infer<typeof waitAnswerSchema>;

/** A wait as it is asked for. */
export interface NewWait {
  readonly tenantId: string;
  readonly setupId: string;
  readonly attempt: number;
  /** The orchestration that waits. */
  readonly instanceId: string;
  readonly eventName: WaitEvent;
  readonly target: WaitTarget;
}

/** A wait that is open. */
export interface Wait extends NewWait {
  readonly since: Date;
  /** When it is looked at next. */
  readonly due: Date;
  /** When somebody last had a reason to expect an answer; pauses grow from here. */
  readonly nudgedAt: Date;
  /** When a nudge last had it looked at. */
  readonly lookedAt: Date | undefined;
  readonly etag: string;
}

/** Whether a cancellation ends a wait. What an attempt takes back it waits for to the end. */
export function isCancelable({ eventName }: Pick<NewWait, 'eventName'>): boolean {
  return eventName !== 'release' && eventName !== 'remove';
}

/**
 * Whether a wait begins after another one of the same setup has ended. Of two cleanups of an attempt, and of two
 * orchestrations for replication runs, the one with the higher numbers is the later one, though the other may come late.
 */
export function follows(later: NewWait, earlier: NewWait): boolean {
  if (later.attempt !== earlier.attempt) return later.attempt > earlier.attempt;
  const ofCleanups = !isCancelable(later) && !isCancelable(earlier);
  const ofRuns = later.eventName === 'replication' && earlier.eventName === 'replication';
  if ((ofCleanups || ofRuns) && later.instanceId !== earlier.instanceId) {
    return isHigher(numbersOf(later), numbersOf(earlier));
  }
  return waitEvents.indexOf(later.eventName) > waitEvents.indexOf(earlier.eventName);
}

/** What counts cleanups, or replication runs and their orchestrations, in the id of one. */
function numbersOf({ instanceId }: NewWait): readonly number[] {
  return instanceId.split('.').map(Number).filter(Number.isInteger);
}

function isHigher(a: readonly number[], b: readonly number[]): boolean {
  const place = a.findIndex((number, index) => number !== b[index]);
  return place >= 0 && (a[place] ?? 0) > (b[place] ?? 0);
}

/** In every other state nobody waits but for a replication run. */
const waitingStates: ReadonlySet<SetupState> = new Set([...workingStates, 'Canceling', 'Deleting']);

/** What the head row of its setup says of a wait: it goes on, it is to be ended by a cancellation, or nobody waits any more. */
export function standingOf(
  wait: Pick<NewWait, 'attempt' | 'instanceId' | 'eventName'>,
  setup: SetupRecord | undefined,
): 'open' | 'canceled' | 'over' {
  if (setup?.attempt !== wait.attempt) return 'over';
  const { state, replication } = setup;
  if (wait.eventName === 'replication') {
    const worker = activeWorkerOf(setup);
    if (worker === undefined || wait.instanceId !== runInstanceOf(setup, worker)) return 'over';
    return replication?.active?.canceling === true ? 'canceled' : 'open';
  }
  if (!waitingStates.has(state)) return 'over';
  return state === 'Canceling' && isCancelable(wait) ? 'canceled' : 'open';
}
