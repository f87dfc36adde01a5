import { SqlError, notSupported } from '../sql-error.ts';
import type { Token } from '../tsql/lexer.ts';
import { TokenReader, isWord } from '../tsql/token-reader.ts';
import { splitClauses } from './clauses.ts';
import { relation } from './relation.ts';
import type { Scope } from './scope.ts';
import { query, withClause } from './select.ts';
import { type From, fromClause } from './sources.ts';

/** Column that carries the address of a row to change. */
export const ROW = '"?row"';

/** The rows an UPDATE or DELETE works on, when they are found by a query of their own. */
interface Rows {
  readonly from: string;
  /** What the target is called in that query. */
  readonly source: string;
  /** Expression in that query for the address of a target row. */
  readonly address: string;
}

export interface Target {
  readonly table: string;
  readonly alias: string;
  readonly rows: Rows | undefined;
}

/** WITH in front of an UPDATE or DELETE: the translated clause and, if a table expression is the target, its table. */
export interface ChangePrefix {
  readonly sql: string;
  readonly expressionTables: ReadonlyMap<string, string>;
}

/** Translates WITH so that rows can be changed through a table expression over one table. */
export function changePrefix(reader: TokenReader, scope: Scope): ChangePrefix {
  const expressionTables = new Map<string, string>();
  if (!reader.at('WITH')) return { sql: '', expressionTables };
  const target = changedName(reader);
  const sql = withClause(reader, scope, (name, body) => {
    if (name !== target) return query(body, scope);
    const { text, table } = withRowAddress(body, scope);
    expressionTables.set(name, table);
    return text;
  });
  return { sql, expressionTables };
}

function changedName(reader: TokenReader): string | undefined {
  const at = reader.tokens.findIndex((token) => isWord(token, 'UPDATE', 'DELETE'));
  if (at < 0) return undefined;
  const rest = new TokenReader(reader.tokens, at + 1);
  if (rest.accept('TOP')) rest.take();
  rest.accept('FROM');
  return rest.current?.text.toLowerCase();
}

/** A table expression's query that also gives the address of each row of its only table. */
function withRowAddress(body: readonly Token[], scope: Scope): { text: string; table: string } {
  const clauses = splitClauses(body);
  const { sources } = fromClause(clauses.get('FROM') ?? [], scope);
  const [only] = sources;
  const plain = sources.length === 1 && !clauses.has('GROUP') && !isWord(body[1], 'DISTINCT');
  if (!plain || !only?.table) throw notSupported('Changing rows through this common table expression', body[0]?.line);
  const alias = scope.quote(only.alias);
  const text = query(body, scope).replace(/^SELECT /, `SELECT ${alias}.ctid AS ${ROW}, `);
  return { text, table: only.table };
}

/** Finds what `UPDATE name` or `DELETE name` means: a table, an alias of FROM, or a table expression. */
export function findTarget(
  name: readonly string[],
  from: readonly Token[] | undefined,
  prefix: ChangePrefix,
  scope: Scope,
): Target {
  const alias = name.at(-1) ?? '';
  const expressionTable = name.length === 1 ? prefix.expressionTables.get(alias.toLowerCase()) : undefined;
  if (expressionTable) {
    const quoted = scope.quote(alias);
    return {
      table: expressionTable,
      alias: '"?target"',
      rows: { from: quoted, source: quoted, address: `${quoted}.${ROW}` },
    };
  }
  if (!from) return { table: relation(name, scope), alias: scope.quote(alias), rows: undefined };
  return targetInFrom(alias, from, fromClause(from, scope), scope);
}

function targetInFrom(name: string, tokens: readonly Token[], from: From, scope: Scope): Target {
  const wanted = name.toLowerCase();
  const source =
    from.sources.find((one) => one.alias.toLowerCase() === wanted) ??
    from.sources.find((one) => one.name.toLowerCase() === wanted);
  if (!source?.table) throw new SqlError(208, `Invalid object name '${name}'.`, { line: tokens[0]?.line ?? 1 });
  const alias = scope.quote(source.alias);
  return { table: source.table, alias, rows: { from: from.sql, source: alias, address: `${alias}.ctid` } };
}
