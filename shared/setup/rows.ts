/** Names of the rows of a setup in Table Storage, and how their columns are read. Pure. */
import type { AttemptId } from './setup.ts';

/** Names a setup. */
export type SetupKey = Pick<AttemptId, 'tenantId' | 'setupId'>;
/** Findings of an attempt that have a row each. */
export type FindingKind = 'check' | 'source' | 'catalogue' | 'company' | 'extension' | 'cause';

export const HEAD = 'head';
/** Keeps the last attempt and event number of a setup whose other rows are purged, so that both go on. Stays for good. */
export const NUMBERS = 'numbers';

/** Tells whose a key is, in a partition of the key. Stays when the setup's rows are purged. */
export const KEY = 'key';

export function keyPartition(key: string): string {
  return `key|${key}`;
}

/** All rows of a setup are in one partition, so that they can change in one transaction. */
export function partitionOf({ tenantId, setupId }: SetupKey): string {
  return `${tenantId}|${setupId}`;
}

export const ATTEMPT_PREFIX = 'attempt-';

export function attemptRowKey(attempt: number): string {
  return `${ATTEMPT_PREFIX}${padded(attempt, 4)}`;
}

export function findingPrefix(attempt: number, kind: FindingKind): string {
  return `${kind}-${padded(attempt, 4)}-`;
}

export const EVENT_PREFIX = 'event-';

export function eventRow(sequence: number | string): string {
  return `${EVENT_PREFIX}${padded(sequence, 10)}`;
}

export function padded(value: number | string, digits: number): string {
  return String(value).padStart(digits, '0');
}

/** A row with its JSON columns parsed. An empty column is one that was cleared: a merge cannot remove it. */
export function decoded(row: object, jsonColumns: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([, value]) => value !== '')
      .map(([name, value]: [string, unknown]) => [
        name,
        jsonColumns.includes(name) && typeof value === 'string' ? (JSON.parse(value) as unknown) : value,
      ]),
  );
}
