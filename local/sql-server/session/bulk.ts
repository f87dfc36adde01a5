import type { Column } from '../tds/session.ts';
import type { SqlValue } from '../tds/values.ts';
import { relation } from '../translate/relation.ts';
import { tokenize } from '../tsql/lexer.ts';
import { TokenReader } from '../tsql/token-reader.ts';
import { asSqlError } from './errors.ts';
import { checkPermission } from './permissions.ts';
import type { SessionState } from './state.ts';
import { translation } from './translation.ts';
import { toPostgres } from './values.ts';

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** One row of COPY's text format: https://www.postgresql.org/docs/current/sql-copy.html */
function copyRow(values: readonly SqlValue[]): string {
  return values
    .map((value) => toPostgres(value)?.replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? '') ?? '\\N')
    .join('\t');
}

/** Loads the rows of an `INSERT BULK table (…)` and answers how many. */
export async function loadBulk(
  state: SessionState,
  statement: string,
  columns: readonly Column[],
  rows: readonly SqlValue[][],
): Promise<number> {
  const reader = new TokenReader(tokenize(statement));
  reader.expect('INSERT', 'BULK');
  const name = reader.name();
  checkPermission(state, 'INSERT', name.at(-1));
  const { scope } = translation(state);
  const table = relation(name, scope);
  const list = columns.map((column) => scope.quote(column.name)).join(', ');
  if (!rows.length) return 0;
  const text = `${rows.map(copyRow).join('\n')}\n`;
  const protect = state.transactions > 0;
  if (protect) await state.engine.query('SAVEPOINT bulk');
  try {
    await state.engine.copy(table, list, text);
  } catch (error) {
    if (protect) await state.engine.query('ROLLBACK TO bulk');
    throw asSqlError(error, state.original);
  }
  if (protect) await state.engine.query('RELEASE bulk');
  return rows.length;
}
