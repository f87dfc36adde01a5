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

/** The log has everything in one partition, the last one written to, and what belongs to a tenant in that of the tenant too. */
const ALL = 'all';

export function partitionsOf({ tenantId }: AuditRecord): readonly string[] {
  return tenantId === undefined ? [ALL] : [tenantId, ALL];
}

/** The newest first; the same for the same record, so that it can be moved twice. */
export function logKey({ at, id }: AuditRecord): string {
  return `${timeKey('newest', Date.parse(at))}-${id}`;
}

/** One range of keys of one partition, without its ends. */
export function rangeOf({ tenantId, since, until }: AuditFilter) {
  // A time key is followed by the id, so that the bare one comes before all of its time, and '~' after.
  return {
    partition: tenantId ?? ALL,
    begin: until === undefined ? '' : timeKey('newest', until.getTime() - 1),
    end: since === undefined ? '~' : `${timeKey('newest', since.getTime())}~`,
  };
}

/** What is compared in every row of the range. */
export function conditionsOf({ setupId, actor, action }: AuditFilter): readonly (readonly [string, string])[] {
  return Object.entries({ setupId, actor, action }).flatMap(([column, value]) => {
    return value === undefined ? [] : [[column, value] as const];
  });
}
