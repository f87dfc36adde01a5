/** Who asks for something, as it is written down. */
import { auditRecord } from '../../shared/audit/audit.ts';
import type { AuditEntry } from '../../shared/audit/audit.ts';
import type { SetupKey } from '../../shared/setup/rows.ts';
import type { KnownCall } from './adapter.ts';

export function auditEntry({ caller, requestId }: KnownCall, action: string): AuditEntry {
  return { actor: caller.objectId, action, requestId };
}

/**
 * Does something for a setup that leaves no trace in its rows, and writes it down: that it is begun before, so that none is
 * missing, and that it is done after.
 */
export async function audited<Result>(
  call: KnownCall,
  { tenantId, setupId }: SetupKey,
  action: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const { audit, clock } = call.services;
  const record = auditRecord({ tenantId, setupId }, auditEntry(call, action), 'begun', clock.now());
  await audit.write(record);
  const result = await work();
  await audit.write({ ...record, result: 'done' });
  return result;
}
