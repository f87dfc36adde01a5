import { identifierList } from '../translate/expressions.ts';
import { relation } from '../translate/relation.ts';
import { looseType } from '../translate/types.ts';
import type { Token } from '../tsql/lexer.ts';
import { TokenReader } from '../tsql/token-reader.ts';
import type { Result } from './answer.ts';
import { reportCount } from './relational.ts';
import type { SessionState } from './state.ts';
import { translation } from './translation.ts';
import { columnsOf } from './values.ts';

/** PostgreSQL takes at most 65,535 parameters a statement. */
const MOST_PARAMETERS = 30_000;

/** INSERT … EXEC: rows that the procedure returns go into the table. */
export async function insertInto(
  state: SessionState,
  target: readonly Token[],
  execute: () => Promise<void>,
): Promise<void> {
  const reader = new TokenReader(target);
  reader.expect('INSERT');
  reader.accept('INTO');
  const { scope } = translation(state);
  const table = relation(reader.name(), scope);
  const columns = reader.acceptGroup();
  const into = columns ? `${table} (${identifierList(columns, scope)})` : table;
  let inserted = 0;
  const outer = state.redirect;
  state.redirect = async (result) => {
    await insertRows(state, into, result);
    inserted += result.rows.length;
  };
  try {
    await execute();
  } finally {
    state.redirect = outer;
  }
  reportCount(state, inserted);
}

async function insertRows(state: SessionState, into: string, result: Result): Promise<void> {
  const types = columnsOf(result, state.original).map((column) => looseType(column.type));
  const size = Math.max(1, Math.floor(MOST_PARAMETERS / Math.max(1, types.length)));
  for (let start = 0; start < result.rows.length; start += size) {
    const rows = result.rows.slice(start, start + size);
    const tuples = rows.map(
      (_row, index) =>
        `(${types.map((type, column) => `($${index * types.length + column + 1}::text)::${type}`).join(', ')})`,
    );
    await state.query(`INSERT INTO ${into} VALUES ${tuples.join(', ')}`, rows.flat());
  }
}
