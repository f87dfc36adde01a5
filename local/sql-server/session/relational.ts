import { selectInto, variableAssignment } from '../translate/assignments.ts';
import { createdTemporary, definitionStatement, droppedProcedures } from '../translate/ddl.ts';
import { type Change, changeStatement } from '../translate/dml.ts';
import { literal } from '../translate/names.ts';
import { relation } from '../translate/relation.ts';
import type { Token } from '../tsql/lexer.ts';
import type { RelationalStatement } from '../tsql/statements.ts';
import { isName, isWord } from '../tsql/token-reader.ts';
import { SqlError } from '../sql-error.ts';
import type { Result } from './answer.ts';
import { checkPermission } from './permissions.ts';
import { dropProcedures } from './procedure-store.ts';
import type { SessionState } from './state.ts';
import { translation } from './translation.ts';
import { columnsOf, fromPostgres } from './values.ts';

const DEFINITION = /^(CREATE|ALTER|DROP|TRUNCATE|GRANT|REVOKE|DENY)$/;

/** Runs a statement that reads, changes or defines data, and reports its outcome. */
export async function runRelational(state: SessionState, statement: RelationalStatement): Promise<void> {
  const { tokens, line } = statement;
  const head = statement.head === 'WITH' ? headAfterWith(tokens) : statement.head;
  checkPermission(state, head, targetName(tokens));
  if (DEFINITION.test(head)) return define(state, tokens, line);
  if (head !== 'SELECT') return change(state, tokens, line);
  const assignment = variableAssignment(tokens);
  if (assignment) return assign(state, assignment.variables, assignment.tokens, line);
  const made = selectInto(tokens);
  if (made) return selectIntoTable(state, made.into, made.tokens, line);
  const { scope, values } = translation(state);
  await send(state, await state.query(scope.query(tokens), values, line));
}

function headAfterWith(tokens: readonly Token[]): string {
  return tokens.find((token) => isWord(token, 'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE'))?.upper ?? 'SELECT';
}

/** The table an INSERT, UPDATE, DELETE or CREATE TABLE names, for permissions and temporary tables. */
function targetName(tokens: readonly Token[]): string | undefined {
  const words = ['INTO', 'FROM', 'TABLE', 'IF', 'EXISTS', 'INDEX'];
  return tokens.slice(1).find((token) => !isWord(token, ...words) && (isName(token) || token.kind === 'variable'))
    ?.text;
}

async function define(state: SessionState, tokens: readonly Token[], line: number): Promise<void> {
  const dropped = droppedProcedures(tokens);
  if (dropped) return dropProcedures(state, dropped.names, dropped.ifExists);
  if (state.transactions && isWord(tokens[0], 'ALTER') && isWord(tokens[1], 'DATABASE')) {
    throw new SqlError(226, 'ALTER DATABASE statement not allowed within multi-statement transaction.', { line });
  }
  const temporary = createdTemporary(tokens);
  if (temporary !== undefined) state.addTemporary(temporary);
  const { scope } = translation(state);
  const source = state.frame.source.slice(tokens[0]?.start ?? 0, tokens.at(-1)?.end);
  await state.execute(definitionStatement(tokens, source, scope), line);
}

async function change(state: SessionState, tokens: readonly Token[], line: number): Promise<void> {
  const { scope, values } = translation(state);
  const translated: Change = changeStatement(tokens, scope);
  const result = await state.query(translated.sql, values, line);
  if (translated.inserted !== undefined) state.inserted = translated.inserted;
  if (translated.returnsRows) await send(state, result);
  else reportCount(state, result.affected);
}

async function assign(
  state: SessionState,
  names: readonly string[],
  tokens: readonly Token[],
  line: number,
): Promise<void> {
  const { scope, values } = translation(state);
  const result = await state.query(scope.query(tokens), values, line);
  const last = result.rows.at(-1);
  names.forEach((name, index) => {
    const field = result.fields[index];
    if (last && field) state.assign(name, fromPostgres(field.dataTypeID, last[index] ?? null));
  });
  state.rowCount = result.rows.length;
}

async function selectIntoTable(
  state: SessionState,
  into: string[],
  tokens: readonly Token[],
  line: number,
): Promise<void> {
  const name = into.at(-1) ?? '';
  const { scope, values } = translation(state);
  const query = scope.query(tokens);
  checkPermission(state, 'CREATE', name);
  const target = name.startsWith('#') ? state.addTemporary(name) : relation(into, scope);
  const result = await state.query(`CREATE TABLE ${target} AS ${query}`, values, line);
  await state.execute([`SELECT tsql.adopt_collation(${literal(target)})`], line);
  reportCount(state, result.affected);
}

/** Reports how many rows changed. */
export function reportCount(state: SessionState, count: number): void {
  state.rowCount = count;
  if (!state.noCount) state.sink.done(count);
}

/** Sends a result to the client, or to the table of an INSERT … EXEC. */
async function send(state: SessionState, result: Result): Promise<void> {
  state.rowCount = result.rows.length;
  if (state.redirect) return state.redirect(result);
  state.sink.columns(columnsOf(result, state.original));
  const types = result.fields.map(({ dataTypeID }) => dataTypeID);
  for (const row of result.rows) {
    state.stopIfCancelled();
    const taken = state.sink.row(row.map((text, index) => fromPostgres(types[index] ?? 0, text)));
    if (taken) await taken;
  }
  state.sink.done(result.rows.length);
}
