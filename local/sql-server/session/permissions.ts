import { SqlError } from '../sql-error.ts';
import type { SessionState } from './state.ts';

const DEFINITION = /^(CREATE|ALTER|DROP|TRUNCATE|GRANT|REVOKE|DENY)$/;
const CHANGE = /^(INSERT|UPDATE|DELETE|MERGE)$/;

/** Refuses a statement whose kind the database or the login's fixed roles do not allow. Reading and executing are not checked. */
export function checkPermission(state: SessionState, head: string, target: string | undefined): void {
  if (target !== undefined && /^[#@]/.test(target)) return;
  const needed = DEFINITION.test(head) ? 'db_ddladmin' : CHANGE.test(head) ? 'db_datawriter' : undefined;
  if (needed === undefined) return;
  if (state.database.isSecondary) {
    throw new SqlError(3906, `Failed to update database "${state.database.name}" because the database is read-only.`);
  }
  const roles = state.identity.roles(state.database.key) ?? [];
  if (roles.includes('db_owner') || roles.includes(needed)) return;
  const database = state.database.name;
  if (needed === 'db_ddladmin') {
    throw new SqlError(262, `${head} permission denied in database '${database}'.`, { severity: 14 });
  }
  const object = target ?? '';
  throw new SqlError(229, `The ${head} permission was denied on the object '${object}', database '${database}'.`, {
    severity: 14,
    state: 5,
  });
}
