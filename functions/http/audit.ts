/** Who asks for a change, as it is written down with it. */
import type { AuditEntry } from '../../shared/setup/store.ts';
import type { KnownCall } from './adapter.ts';

export function auditEntry({ caller, requestId }: KnownCall, action: string): AuditEntry {
  return { actor: caller.objectId, action, requestId };
}
