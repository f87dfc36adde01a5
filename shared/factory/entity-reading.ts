/** What Azure Monitor says of the entities of a factory, and what follows from it for the book. Pure. */
import { z } from 'zod';

const HOUR_MS = 3_600_000;

/**
 * What is older is not used. Metrics come within minutes but nobody promises that, and what setups take away again is not seen
 * before: for so long the book may count too much, which is half of how long a count by lists may be old.
 */
export const OLDEST_READING_MS = 3 * HOUR_MS;
const MARK_EVERY_MS = HOUR_MS;

/** So many entities a factory had at some moment from `at` on. */
export interface EntityReading {
  readonly entities: number;
  readonly at: Date;
}

/** What setups had brought into a factory by then, all in all. */
export const arrivalMarksSchema = z.array(z.object({ at: z.coerce.date(), arrived: z.int() })).readonly();
type ArrivalMarks = z.infer<typeof arrivalMarksSchema>;

/** What the book knows of the entities of a factory. */
interface KnownEntities {
  readonly arrived: number;
  /** The oldest first. */
  readonly marks: ArrivalMarks;
  readonly countedAt?: Date | undefined;
  readonly readingAt?: Date | undefined;
}

/** What a reading changes. Without entities where they were counted since. */
export interface Correction {
  readonly entities?: number;
  readonly countedAt?: Date;
  readonly readingAt: Date;
}

/** The marks of a factory into which so much was brought by now: one an hour, as far back as a reading can need one. */
export function marksAfter(marks: ArrivalMarks, arrived: number, now: Date): ArrivalMarks {
  const newest = marks.at(-1);
  if (newest !== undefined && now.getTime() - newest.at.getTime() < MARK_EVERY_MS) return marks;
  const oldest = marks.findLastIndex(({ at }) => now.getTime() - at.getTime() >= OLDEST_READING_MS);
  return [...marks.slice(Math.max(0, oldest)), { at: now, arrived }];
}

/**
 * What the book takes from a reading; undefined if it is too old, or none is newer than the one before, or nothing tells what was
 * brought in since. That is added, as of the mark before it: rather too much than too little.
 */
export function correctionBy(known: KnownEntities, { entities, at }: EntityReading, now: Date): Correction | undefined {
  const { arrived, marks, countedAt, readingAt } = known;
  if (isStale(at, now) || (readingAt !== undefined && at <= readingAt)) return undefined;
  const mark = marks.findLast((one) => one.at <= at);
  if (mark === undefined) return undefined;
  if (countedAt !== undefined && at <= countedAt) return { readingAt: at };
  return { entities: entities + arrived - mark.arrived, countedAt: at, readingAt: at };
}

/** Whether a reading is too old to be used. */
export function isStale(at: Date, now: Date): boolean {
  return now.getTime() - at.getTime() > OLDEST_READING_MS;
}
