/** What is kept of an attempt beside its milestones: what it was asked to do, and by whom. Pure. */
import { z } from 'zod';
import type { SetupRecord } from './head.ts';
import { decoded } from './rows.ts';
import { destinationSchema, setupRequestSchema } from './setup.ts';

const attemptRecordSchema = z.object({
  attempt: z.int(),
  request: setupRequestSchema,
  destination: destinationSchema,
  /** A name is used for one password: another name is a password that was given anew. */
  secretName: z.string(),
  /** Who asked for the attempt, and in which request. */
  actor: z.string(),
  requestId: z.string(),
  /** How many cleanups the attempt before it had, which the head row forgets when this one begins. */
  cleanupsBefore: z.int().default(0),
  /** What its orchestrations did is not in the task hub any more. */
  historyPurged: z.boolean().default(false),
});
export type AttemptRecord = z.infer<typeof attemptRecordSchema>;

/** The columns of an attempt that begins, beside those of its milestones. */
export function attemptColumns(
  head: SetupRecord,
  { actor, requestId }: Pick<AttemptRecord, 'actor' | 'requestId'>,
  cleanupsBefore: number,
) {
  const { attempt, request, destination, secretName } = head;
  return {
    attempt,
    request: JSON.stringify(request),
    destination: JSON.stringify(destination),
    secretName,
    actor,
    requestId,
    cleanupsBefore,
  };
}

/** Reads the row of an attempt. @throws {z.ZodError} if it is none */
export function attemptFromRow(row: object): AttemptRecord {
  return attemptRecordSchema.parse(decoded(row, ['request', 'destination']));
}
