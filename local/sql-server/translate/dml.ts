import { notSupported } from '../sql-error.ts';
import type { Token } from '../tsql/lexer.ts';
import { TokenReader, isWord } from '../tsql/token-reader.ts';
import { splitClauses } from './clauses.ts';
import { expression, identifierList } from './expressions.ts';
import { mergeStatement } from './merge.ts';
import { relation } from './relation.ts';
import { outputClause } from './output.ts';
import type { Scope } from './scope.ts';
import { setClause } from './set-clause.ts';
import { skipHints, valueRows } from './sources.ts';
import { ROW, type Target, changePrefix, findTarget } from './target.ts';

/** A translated INSERT, UPDATE, DELETE or MERGE. */
export interface Change {
  readonly sql: string;
  /** It returns rows to the client (OUTPUT without INTO). */
  readonly returnsRows: boolean;
  /** PostgreSQL's name of the table an INSERT filled. */
  readonly inserted: string | undefined;
}

/** Translates a statement that changes rows. */
export function changeStatement(tokens: readonly Token[], scope: Scope): Change {
  const reader = new TokenReader(tokens);
  const prefix = changePrefix(reader, scope);
  const head = reader.take().upper;
  const limit = topCount(reader, scope);
  if (head === 'MERGE') {
    if (limit !== undefined) throw notSupported('MERGE TOP', reader.line);
    return { ...outputClause(prefix.sql, mergeStatement(reader, scope), scope), inserted: undefined };
  }
  if (head === 'INSERT') {
    if (limit !== undefined) throw notSupported('INSERT TOP', reader.line);
    return insertStatement(prefix.sql, reader, scope);
  }
  reader.accept('FROM');
  const name = reader.name();
  skipHints(reader);
  const clauses = splitClauses(reader.rest());
  const from = clauses.get('FROM');
  const found = findTarget(name, from, prefix, scope);
  const target = limit === undefined || found.rows ? found : withOwnRows(found);
  const filter = clauses.get('WHERE');
  const where = filter ? ` WHERE ${expression(filter, scope)}` : '';
  const tail = where + (limit === undefined ? '' : ` LIMIT ${limit}`);
  const sql = head === 'DELETE' ? deleteSql(target, tail) : updateSql(target, clauses.get('SET') ?? [], tail, scope);
  const output = clauses.get('OUTPUT');
  return {
    ...outputClause(prefix.sql, { sql, output, into: clauses.get('INTO') }, scope),
    inserted: undefined,
  };
}

function topCount(reader: TokenReader, scope: Scope): string | undefined {
  if (!reader.accept('TOP')) return undefined;
  const count = expression([reader.take()], scope);
  if (reader.at('PERCENT')) throw notSupported('TOP PERCENT', reader.line);
  return count;
}

/** A limit needs the rows to be found first. */
function withOwnRows(target: Target): Target {
  const { table, alias } = target;
  return { ...target, rows: { from: `${table} AS ${alias}`, source: alias, address: `${alias}.ctid` } };
}

function deleteSql({ table, alias, rows }: Target, tail: string): string {
  if (!rows) return `DELETE FROM ${table} AS ${alias}${tail}`;
  return `DELETE FROM ${table} AS ${alias} WHERE ${alias}.ctid IN (SELECT ${rows.address} FROM ${rows.from}${tail})`;
}

function updateSql(target: Target, tokens: readonly Token[], tail: string, scope: Scope): string {
  const { table, alias, rows } = target;
  const assignments = setClause(tokens, rows?.source ?? alias, scope);
  if (!rows) {
    const direct = assignments.map(({ column, value }) => `${column} = ${value}`);
    return `UPDATE ${table} AS ${alias} SET ${direct.join(', ')}${tail}`;
  }
  const computed = assignments.map(({ value, constant }, index) => (constant ? '' : `, ${value} AS "?${index}"`));
  const changes = assignments.map(({ column, value, constant }, index) =>
    constant ? `${column} = ${value}` : `${column} = "?rows"."?${index}"`,
  );
  // An UPDATE that finds a row twice changes it once, with one of the values.
  const found = `SELECT DISTINCT ON (${rows.address}) ${rows.address} AS ${ROW}${computed.join('')} FROM ${rows.from}${tail}`;
  return `UPDATE ${table} AS ${alias} SET ${changes.join(', ')} FROM (${found}) AS "?rows" WHERE ${alias}.ctid = "?rows".${ROW}`;
}

function insertStatement(prefix: string, reader: TokenReader, scope: Scope): Change {
  reader.accept('INTO');
  const table = relation(reader.name(), scope);
  skipHints(reader);
  const isColumnList = reader.current?.kind === 'group' && !isWord(reader.current.children[0], 'SELECT');
  const columns = isColumnList ? ` (${identifierList(reader.group(), scope)})` : '';
  const output = reader.accept('OUTPUT') ? reader.until('INTO', 'VALUES', 'SELECT', 'DEFAULT') : undefined;
  const into = output && reader.accept('INTO') ? reader.until('VALUES', 'SELECT', 'DEFAULT') : undefined;
  const override = scope.session.identityInsert ? ' OVERRIDING SYSTEM VALUE' : '';
  const sql = `INSERT INTO ${table}${columns}${override} ${insertedRows(reader, scope)}`;
  return { ...outputClause(prefix, { sql, output, into }, scope), inserted: table };
}

function insertedRows(reader: TokenReader, scope: Scope): string {
  if (reader.accept('VALUES')) return `VALUES ${valueRows(reader.rest(), scope)}`;
  if (reader.accept('DEFAULT', 'VALUES')) return 'DEFAULT VALUES';
  return scope.query(reader.current?.kind === 'group' ? reader.group() : reader.rest());
}
