/**
 * Bulk replays: many setups that failed or were canceled begin their next attempt, at a rate. What they are, pure; stored
 * and sent as is.
 */
import { z } from 'zod';
import { setupIdSchema } from '../setup/setup.ts';
import { phaseSchema } from '../setup/states.ts';

/** States of setups that can be replayed. */
export const replayableStates = ['Failed', 'Canceled'] as const;

const timeSchema = z.iso.datetime({ offset: true });

/** Which setups are replayed; what is left out does not matter. */
export const replayFilterSchema = z.strictObject({
  tenantId: z.guid().toLowerCase().optional(),
  state: z.array(z.enum(replayableStates)).min(1).max(replayableStates.length).default(['Failed']),
  /** The phase in which the attempt ended. */
  phase: phaseSchema.optional(),
  errorCode: z.string().min(1).max(50).optional(),
  /** Name of the factory of the attempt. */
  factory: z.string().min(1).max(63).optional(),
  environment: z.string().min(1).max(30).optional(),
  createdBefore: timeSchema.optional(),
  createdAfter: timeSchema.optional(),
  modifiedBefore: timeSchema.optional(),
  modifiedAfter: timeSchema.optional(),
});
export type ReplayFilter = z.infer<typeof replayFilterSchema>;

/** Whether a filter says more than the state, so that it is not by mistake that of everything. */
export function isNarrow({ state: _state, ...others }: ReplayFilter): boolean {
  return Object.values(others).some((value) => value !== undefined);
}

/** `Stopping`: somebody wants its end; what is begun by then goes on. */
export const replayStateSchema = z.enum(['Running', 'Stopping', 'Stopped', 'Completed']);

/**
 * What came of a setup: its next attempt was begun; somebody else did something with it; it cannot be replayed as asked; or
 * the service failed again and again.
 */
const itemResults = ['replayed', 'skipped', 'refused', 'failed'] as const;
export type ItemResult = (typeof itemResults)[number];
export const itemResultSchema = z.enum(['pending', ...itemResults]);

const countsSchema = z.record(z.enum(itemResults), z.int());
export const noCounts: z.infer<typeof countsSchema> = { replayed: 0, skipped: 0, refused: 0, failed: 0 };

export const bulkReplaySchema = z.object({
  replayId: z.guid(),
  filter: replayFilterSchema,
  /** Where each attempt begins; undefined: in the phase in which the one before it ended. */
  from: phaseSchema.optional(),
  perMinute: z.int(),
  /** Who asked for it: the object id of the caller. */
  actor: z.string(),
  state: replayStateSchema,
  /** How many setups there are; undefined until they are chosen. */
  total: z.int().optional(),
  counts: countsSchema,
  /** Which of its orchestrations works: a dead one gets a successor. */
  run: z.int(),
  createdAt: z.iso.datetime(),
  lastModifiedAt: z.iso.datetime(),
  etag: z.string(),
});
export type BulkReplay = z.infer<typeof bulkReplaySchema>;

/** A setup of a bulk replay. */
export const replayItemSchema = z.object({
  tenantId: z.string(),
  setupId: setupIdSchema,
  /** The attempt that had ended when the setup was chosen. */
  attempt: z.int(),
  /** The phase in which it ended. */
  phase: phaseSchema,
  errorCode: z.string().optional(),
  result: itemResultSchema,
  /** Why it has this result. */
  reason: z.string().optional(),
  /** The attempt that was begun. */
  begunAttempt: z.int().optional(),
});
export type ReplayItem = z.infer<typeof replayItemSchema>;

/** What came of an item. */
export interface ItemOutcome extends Pick<ReplayItem, 'tenantId' | 'setupId' | 'reason' | 'begunAttempt'> {
  readonly result: ItemResult;
}

export function hasEnded({ state }: Pick<BulkReplay, 'state'>): boolean {
  return state === 'Stopped' || state === 'Completed';
}

/** How many setups have their result. */
export function doneOf({ counts }: BulkReplay): number {
  return itemResults.reduce((sum, result) => sum + counts[result], 0);
}

/** What the orchestration of a bulk replay is started with, and what one generation of it gives to the next. */
export const replayManyInputSchema = z.object({
  replayId: z.string(),
  perMinute: z.int(),
  /** How many attempts it has begun; the rate is kept by what is added to that, whoever began it. */
  begun: z.int(),
  /** Setups that could not be replayed because the service failed are tried again in the next pass over those left. */
  pass: z.int(),
  /** The row after which the pass goes on. */
  after: z.string().optional(),
});
export type ReplayManyInput = z.infer<typeof replayManyInputSchema>;

/** The orchestration of a bulk replay; an id is used once. */
export function replayInstanceOf({ replayId, run }: Pick<BulkReplay, 'replayId' | 'run'>): string {
  return `replay.${replayId}.${run}`;
}

const LARGEST_ROUND = 20;

/** Most setups that are replayed at once: at no rate more than those of a minute. */
export function roundSize(perMinute: number): number {
  return Math.min(perMinute, LARGEST_ROUND);
}

/** How long a round takes that has begun as many attempts, so that the rate holds; in milliseconds. */
export function roundDuration(begun: number, perMinute: number): number {
  return Math.ceil((begun * 60_000) / perMinute);
}
