/** A factory in the book: its row in Table Storage, and what that says. */
import type { TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import type { Factory } from '../setup/setup.ts';
import { jsonColumn } from '../table.ts';
import { arrivalMarksSchema } from './entity-reading.ts';
import type { Correction } from './entity-reading.ts';
import { factoryKey } from './names.ts';
import type { KnownFactory } from './placement.ts';
import { quotaAlertsSchema } from './quotas.ts';

/** Partition of the factories and of the places in them. */
export const FACTORIES = 'factories';
/** With which the key of the row of a factory begins. */
export const FACTORY = 'factory-';

export const factoryRowSchema = z.object({
  rowKey: z.string(),
  etag: z.string(),
  entities: z.int(),
  activeRuns: z.int(),
  reservations: z.int(),
  /** Entities that setups have brought in, all in all: what a count in the meantime may not have seen. */
  arrived: z.int(),
  /** How many those were at some moments of the last hours, for a count that is older than the book. */
  marks: jsonColumn(arrivalMarksSchema).default([]),
  /** Why it did not answer when it was last asked. */
  silence: z.string().optional(),
  measuredAt: z.coerce.date().optional(),
  countedAt: z.coerce.date().optional(),
  readingAt: z.coerce.date().optional(),
  /** Of its limits. */
  alerts: jsonColumn(quotaAlertsSchema).default({}),
});
export type FactoryRow = z.infer<typeof factoryRowSchema>;

/** What is known of a factory. Handed back with a change, it says what that was decided on. */
export interface BookedFactory extends KnownFactory, Pick<FactoryRow, 'arrived' | 'marks' | 'alerts'> {
  /** Tells factories apart. */
  readonly id: string;
  /** Whether the setup that asked, perhaps with an earlier attempt, holds a place in it, which is not among `reservations`. */
  readonly isOwn: boolean;
  /** When it was last asked how many runs it has, and answered; undefined if it never was. */
  readonly measuredAt: Date | undefined;
  /** Of when the count of its entities is; undefined if they never were counted. */
  readonly countedAt: Date | undefined;
  /** Of when the newest reading of them is that was used; equal to `countedAt` if the count is by that. */
  readonly readingAt: Date | undefined;
  /** Undefined while nothing of it is written down. */
  readonly etag: string | undefined;
}

/** What a row says of a factory. @param held the row of the factory in which the setup that asks holds a place */
export function booked(factory: Factory, row: FactoryRow | undefined, held?: FactoryRow): BookedFactory {
  if (row === undefined) {
    const nothing = { entities: 0, activeRuns: 0, reservations: 0, arrived: 0, marks: [], alerts: {} };
    const never = { silence: undefined, measuredAt: undefined, countedAt: undefined, readingAt: undefined };
    return { id: rowKeyOf(factory), factory, ...nothing, ...never, etag: undefined, isOwn: false };
  }
  const { rowKey, entities, activeRuns, arrived, marks, silence, measuredAt, countedAt, readingAt, alerts, etag } = row;
  const isOwn = rowKey === held?.rowKey;
  const reservations = row.reservations - Number(isOwn);
  const counted = { entities, activeRuns, reservations, arrived, marks, alerts };
  return { id: rowKey, factory, ...counted, silence, measuredAt, countedAt, readingAt, etag, isOwn };
}

/** The row of a factory. */
export function columnsOf(known: BookedFactory) {
  const { id, entities, activeRuns, reservations, arrived, marks, silence, alerts } = known;
  const { measuredAt, countedAt, readingAt } = known;
  return {
    partitionKey: FACTORIES,
    rowKey: id,
    entities,
    activeRuns,
    reservations,
    arrived,
    marks: JSON.stringify(marks),
    alerts: JSON.stringify(alerts),
    ...(silence === undefined ? {} : { silence }),
    ...(measuredAt === undefined ? {} : { measuredAt: measuredAt.toISOString() }),
    ...(countedAt === undefined ? {} : { countedAt: countedAt.toISOString() }),
    ...(readingAt === undefined ? {} : { readingAt: readingAt.toISOString() }),
  };
}

/** What is written of a factory when a place in it is given back. @param brought entities that are there from now on */
export function withoutPlace(
  { rowKey, reservations, entities, arrived, etag }: FactoryRow,
  brought: number,
): TransactionAction {
  const changed = { reservations: reservations - 1, entities: entities + brought, arrived: arrived + brought };
  return ['update', { partitionKey: FACTORIES, rowKey, ...changed }, 'Merge', { etag }];
}

/** What is written of a factory that a reading corrects. */
export function corrected(
  { rowKey, etag }: FactoryRow,
  { entities, countedAt, readingAt }: Correction,
): TransactionAction {
  const changed = {
    readingAt: readingAt.toISOString(),
    ...(entities === undefined ? {} : { entities }),
    ...(countedAt === undefined ? {} : { countedAt: countedAt.toISOString() }),
  };
  return ['update', { partitionKey: FACTORIES, rowKey, ...changed }, 'Merge', { etag }];
}

/** Key of the row of a factory. */
export function rowKeyOf(factory: Factory): string {
  return FACTORY + factoryKey(factory);
}
