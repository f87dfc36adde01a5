/** Rows of the audit log, and of audits on their way to it. Pure. */
import { timeKey } from '../time-key.ts';
import type { AuditRecord } from './audit.ts';

/**
 * Begins the keys of audits that were written with a change, in its transaction, and not yet moved to the log. Sorts before
 * everything else that a partition holds.
 */
export const AUDIT_PREFIX = '!audit-';

/** The row that is written with a change. */
export function auditRow(partitionKey: string, record: AuditRecord) {
  return { partitionKey, rowKey: `${AUDIT_PREFIX}${record.id}`, ...record };
}
export type AuditRow = ReturnType<typeof auditRow>;

/** Which audits a list has; what is left out does not matter. */
export interface AuditFilter {
  readonly tenantId?: string | undefined;
  readonly setupId?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  /** The earliest time. */
  readonly since?: Date | undefined;
  /** The time before which it was. */
  readonly until?: Date | undefined;
}

/** All rows of the log are in one partition, so that those of an audit are written and forgotten together. */
export const LOG_PARTITION = 'audit';

/** Every audit is in the scope of all audits, and one that belongs to a tenant in that of the tenant too. */
const ALL = 'all';

/** The row keys of an audit in the log; the same for the same record, so that it can be moved twice. */
export function logKeysOf(record: AuditRecord): readonly string[] {
  const { tenantId } = record;
  return [ALL, ...(tenantId === undefined ? [] : [tenantId])].map((scope) => `${scope}|${placeOf(record)}`);
}

/** The place of an audit in a scope, where the newest comes first. */
export function placeOf({ at, id }: AuditRecord): string {
  return `${timeKey('newest', Date.parse(at))}-${id}`;
}

/**
 * One range of keys, without its ends.
 * @param after place after which it begins; undefined: from its beginning
 */
export function rangeOf({ tenantId, since, until }: AuditFilter, after?: string) {
  const scope = `${tenantId ?? ALL}|`;
  // A time key is followed by the id, so that the bare one comes before all of its time, and '~' after.
  const begin = after ?? (until === undefined ? '' : timeKey('newest', until.getTime() - 1));
  const end = since === undefined ? '~' : `${timeKey('newest', since.getTime())}~`;
  return { begin: `${scope}${begin}`, end: `${scope}${end}` };
}

/** What is compared in every row of the range. */
export function conditionsOf({ setupId, actor, action }: AuditFilter): readonly (readonly [string, string])[] {
  return Object.entries({ setupId, actor, action }).flatMap(([column, value]) => {
    return value === undefined ? [] : [[column, value] as const];
  });
}
