import { SqlError } from '../sql-error.ts';
import { translation } from './translation.ts';
import type { Cursor, SessionState } from './state.ts';
import { fromPostgres } from './values.ts';

function find(state: SessionState, name: string): Cursor {
  const cursor = state.cursors.get(name);
  if (!cursor) throw new SqlError(16916, `A cursor with the name '${name}' does not exist.`);
  return cursor;
}

/** Runs OPEN, CLOSE or DEALLOCATE. OPEN reads all rows: later changes of the tables do not show. */
export async function runCursor(
  state: SessionState,
  operation: 'open' | 'close' | 'deallocate',
  name: string,
): Promise<void> {
  const cursor = find(state, name);
  if (operation === 'deallocate') state.cursors.delete(name);
  if (operation !== 'open') {
    cursor.rows = undefined;
    return;
  }
  const { scope, values } = translation(state);
  const { rows, fields } = await state.query(scope.query(cursor.query), values, cursor.query[0]?.line);
  cursor.rows = rows.map((row) => row.map((text, index) => fromPostgres(fields[index]?.dataTypeID ?? 0, text)));
}

/** What a rollback does to cursors: those that are not static are closed, not deallocated. */
export function closeCursors(state: SessionState): void {
  for (const cursor of state.cursors.values()) if (!cursor.isStatic) cursor.rows = undefined;
}

/** Puts the next row into variables; @@FETCH_STATUS says whether there was one. */
export function fetchNext(state: SessionState, name: string, into: readonly string[]): void {
  const { rows } = find(state, name);
  if (!rows) throw new SqlError(16917, 'Cursor is not open.');
  const row = rows.shift();
  state.fetchStatus = row ? 0 : -1;
  if (!row) return;
  if (row.length !== into.length) {
    throw new SqlError(16924, 'Cursorfetch: The number of variables must match that of the selected columns.');
  }
  into.forEach((variable, index) => state.assign(variable, row[index] ?? null));
}
