import type { LongNames } from './names.ts';
import { Scope, type SessionNames } from './scope.ts';
import { query } from './select.ts';

/** A scope for one statement of a session. */
export function statementScope(session: SessionNames, names: LongNames): Scope {
  return new Scope(session, names, query);
}
