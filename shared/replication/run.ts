/** A replication run of a setup that is ready: what is asked for, how it moves, and its row. Pure. */
import { z } from 'zod';
import type { SetupRecord } from '../setup/head.ts';
import { decoded, padded, partitionOf } from '../setup/rows.ts';
import type { SetupKey } from '../setup/rows.ts';
import { attemptIdSchema, instanceIdOf, setupFailureSchema } from '../setup/setup.ts';
import type { AttemptId } from '../setup/setup.ts';

/** `full` copies whole tables; `delta` only what has changed since they were last copied, where that can be told. */
export const replicationModeSchema = z.enum(['full', 'delta']);

const runStateSchema = z.enum(['Accepted', 'Running', 'Canceling', 'Succeeded', 'Failed', 'Canceled']);
export type RunState = z.infer<typeof runStateSchema>;

/** States in which a run has ended without having copied everything. */
export const retryableStates: readonly RunState[] = ['Failed', 'Canceled'];

export const runCountsSchema = z.object({
  tables: z.int(),
  succeededTables: z.int(),
  failedTables: z.int(),
  rows: z.number(),
});

/** How a run ended. */
export const runOutcomeSchema = z.object({
  state: z.enum(['Succeeded', 'Failed', 'Canceled']),
  counts: runCountsSchema,
  failure: setupFailureSchema.optional(),
});
export type RunOutcome = z.infer<typeof runOutcomeSchema>;

/** What a run is asked to do. */
const wantedRunSchema = z.object({
  mode: replicationModeSchema,
  /** Names of the companies whose tables are copied; left out: all. Tables without a company always are. */
  companies: z.array(z.string()).optional(),
  /** The run of which only the tables that did not succeed are copied. */
  retryOf: z.int().optional(),
});
export type WantedRun = z.infer<typeof wantedRunSchema>;

const replicationRunSchema = wantedRunSchema.extend({
  /** Counts the runs of a setup, over all its attempts. */
  number: z.int(),
  attempt: z.int(),
  state: runStateSchema,
  actor: z.string(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
  counts: runCountsSchema.optional(),
  failure: setupFailureSchema.optional(),
  /** How many orchestrations have worked on it; known when it has ended. */
  starts: z.int().optional(),
  /** Whether the histories of those are purged. */
  historyPurged: z.boolean().default(false),
});
export type ReplicationRun = z.infer<typeof replicationRunSchema>;

export const RUN_PREFIX = 'replication-';

export function runRowKey(number: number): string {
  return `${RUN_PREFIX}${padded(number, 6)}`;
}

const jsonColumns = ['companies', 'counts', 'failure'] as const;

/** The row of a run, in the partition of its setup. */
export function runRow(setup: SetupKey, run: ReplicationRun) {
  const json = jsonColumns.flatMap((name) => (run[name] === undefined ? [] : [[name, JSON.stringify(run[name])]]));
  return {
    ...run,
    ...(Object.fromEntries(json) as Record<(typeof jsonColumns)[number], string>),
    partitionKey: partitionOf(setup),
    rowKey: runRowKey(run.number),
  };
}

/** Reads the row of a run. @throws {z.ZodError} if it is none */
export function runFromRow(row: object): ReplicationRun {
  return replicationRunSchema.parse(decoded(row, jsonColumns));
}

/** Which orchestration works on a run: one that died is followed by another. */
export const runWorkerSchema = z.object({ number: z.int(), start: z.int() });
export type RunWorker = z.infer<typeof runWorkerSchema>;

/** The orchestration that works on the run that is under way. */
export function activeWorkerOf({ replication }: Pick<SetupRecord, 'replication'>): RunWorker | undefined {
  if (replication?.active === undefined) return undefined;
  return { number: replication.run, start: replication.active.start };
}

/** Whether an orchestration is the one that works on the run that is under way. */
export function isWorking(setup: Pick<SetupRecord, 'replication'>, { number, start }: RunWorker): boolean {
  const active = activeWorkerOf(setup);
  return active?.number === number && active.start === start;
}

/** What the orchestration of a run is started with. */
export const replicationRunInputSchema = attemptIdSchema.extend({
  key: z.string(),
  run: runWorkerSchema,
  mode: replicationModeSchema,
  retryOf: z.int().optional(),
});
export type ReplicationRunInput = z.infer<typeof replicationRunInputSchema>;

/** Names the orchestration of a run. */
export function runInstanceOf(attempt: AttemptId, { number, start }: RunWorker): string {
  return `${instanceIdOf(attempt)}.replication.${number}.${start}`;
}

/** The same for every orchestration of a run, so that its pipeline is started once. */
export function runOperationOf(attempt: AttemptId, { number }: Pick<RunWorker, 'number'>): string {
  return `${instanceIdOf(attempt)}.replication.${number}`;
}
