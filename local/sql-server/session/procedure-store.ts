import { SqlError } from '../sql-error.ts';
import { schemaOf } from '../translate/names.ts';
import type { ProcedureStatement } from '../tsql/statements.ts';
import { typeText } from '../tsql/types.ts';
import { checkPermission } from './permissions.ts';
import type { SessionState } from './state.ts';

/** Where a procedure is kept. */
interface ProcedureName {
  readonly key: number;
  readonly schema: string;
  readonly name: string;
}

export interface StoredProcedure extends ProcedureName {
  readonly definition: string;
}

/** A procedure's name in the session's database unless it names another one. */
function resolve(state: SessionState, parts: readonly string[]): ProcedureName {
  const database = parts.at(-3);
  const key = database ? state.findDatabase(database).key : state.database.key;
  return { key, schema: parts.at(-2) || 'dbo', name: parts.at(-1) ?? '' };
}

/** Finds a procedure by name; undefined when there is none. */
export async function findProcedure(
  state: SessionState,
  parts: readonly string[],
): Promise<StoredProcedure | undefined> {
  const { key, schema, name } = resolve(state, parts);
  const sql = 'SELECT schema, name, definition FROM tsql.procedures WHERE key = $1::int4 AND schema = $2 AND name = $3';
  const [row] = (await state.query(sql, [String(key), schema, name])).rows;
  return row && { key, schema: row[0] ?? '', name: row[1] ?? '', definition: row[2] ?? '' };
}

/** Runs CREATE, ALTER or CREATE OR ALTER PROCEDURE. */
export async function storeProcedure(state: SessionState, statement: ProcedureStatement): Promise<void> {
  checkPermission(state, 'CREATE', undefined);
  const { key, schema, name } = resolve(state, statement.name);
  const existing = await findProcedure(state, statement.name);
  if (existing && statement.mode === 'CREATE') {
    throw new SqlError(2714, `There is already an object named '${name}' in the database.`, { state: 3 });
  }
  if (!existing && statement.mode === 'ALTER') throw new SqlError(208, `Invalid object name '${name}'.`, { state: 6 });
  const namespace = state.engine.names.shorten(schemaOf(key, schema));
  const found = await state.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [namespace]);
  if (!found.rows.length) {
    const reason = 'either does not exist or you do not have permission to use it.';
    throw new SqlError(2760, `The specified schema name "${schema}" ${reason}`);
  }
  const parameters = statement.parameters.map((parameter) => ({
    name: parameter.name,
    type: typeText(parameter.type),
    output: parameter.output,
    default: parameter.default !== undefined,
  }));
  await state.query(
    'INSERT INTO tsql.procedures (key, schema, name, definition, parameters) VALUES ($1::int4, $2, $3, $4, $5::jsonb) ' +
      'ON CONFLICT (key, schema, name) DO UPDATE SET definition = excluded.definition, parameters = excluded.parameters, modified = tsql.getdate()',
    [String(key), schema, name, statement.text, JSON.stringify(parameters)],
  );
}

/** Runs DROP PROCEDURE. */
export async function dropProcedures(
  state: SessionState,
  names: readonly string[][],
  ifExists: boolean,
): Promise<void> {
  for (const parts of names) {
    const { key, schema, name } = resolve(state, parts);
    const sql = 'DELETE FROM tsql.procedures WHERE key = $1::int4 AND schema = $2 AND name = $3';
    const { affected } = await state.query(sql, [String(key), schema, name]);
    if (!affected && !ifExists) {
      const text = `Cannot drop the procedure '${parts.join('.')}', because it does not exist or you do not have permission.`;
      throw new SqlError(3701, text, { severity: 11, state: 5 });
    }
  }
}
