import { SqlError, notSupported } from '../sql-error.ts';
import type { Token } from '../tsql/lexer.ts';
import { TokenReader, isName, isWord, splitAtCommas } from '../tsql/token-reader.ts';
import { parseType } from '../tsql/types.ts';
import { expression, identifierList } from './expressions.ts';
import { literal } from './names.ts';
import { changesFunction, relation } from './relation.ts';
import type { Scope } from './scope.ts';
import { postgresType } from './types.ts';

/** One table in a FROM clause. */
export interface Source {
  /** How the statement refers to it, and the name of its table; both as they are written. */
  readonly alias: string;
  readonly name: string;
  /** PostgreSQL's name of the table; undefined for what is not a stored table. */
  readonly table: string | undefined;
}

export interface From {
  readonly sql: string;
  readonly sources: readonly Source[];
}

const JOIN_WORDS = ['JOIN', 'INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS', 'OUTER', 'ON'];
const HINT_WORDS = ['HASH', 'LOOP', 'MERGE', 'REMOTE'];
const NOT_AN_ALIAS = [...JOIN_WORDS, 'WITH', 'PIVOT', 'UNPIVOT', 'TABLESAMPLE', 'FOR', 'WHEN', 'USING', 'SET', 'ON'];
const REFUSED_SOURCES = new Set([
  'OPENROWSET',
  'OPENQUERY',
  'OPENDATASOURCE',
  'OPENXML',
  'CONTAINSTABLE',
  'FREETEXTTABLE',
]);

/** What follows FROM (or USING), with the tables in it. */
export function fromClause(tokens: readonly Token[], scope: Scope): From {
  const reader = new TokenReader(tokens);
  const parts: string[] = [];
  const sources: Source[] = [];
  while (!reader.done) parts.push(fromPart(reader, scope, sources));
  return { sql: parts.filter((part) => part !== '').join(' '), sources };
}

function fromPart(reader: TokenReader, scope: Scope, sources: Source[]): string {
  if (reader.accept(',')) return ',';
  if (reader.accept('ON')) return `ON ${expression(untilJoin(reader), scope)}`;
  if (reader.accept('CROSS', 'APPLY')) return `CROSS JOIN ${lateral(source(reader, scope, sources, true))}`;
  if (reader.accept('OUTER', 'APPLY')) return `LEFT JOIN ${lateral(source(reader, scope, sources, true))} ON true`;
  const join = reader.acceptOneOf(...JOIN_WORDS);
  if (join === undefined) return source(reader, scope, sources);
  reader.acceptOneOf(...HINT_WORDS);
  return join === 'OUTER' ? '' : join;
}

const lateral = (sql: string) => (sql.startsWith('LATERAL ') ? sql : `LATERAL ${sql}`);

/** A join condition ends at the next join; LEFT( and RIGHT( are functions. */
function untilJoin(reader: TokenReader): readonly Token[] {
  const start = reader.position;
  while (!reader.done && !reader.at(',')) {
    if (isWord(reader.current, ...JOIN_WORDS) && reader.peek()?.kind !== 'group') break;
    reader.position++;
  }
  return reader.tokens.slice(start, reader.position);
}

/** One table, derived table or row function with its alias and hints; of APPLY, a derived table is `applied`. */
export function source(reader: TokenReader, scope: Scope, sources: Source[], applied = false): string {
  const { line } = reader;
  const table = sourceTable(reader, scope, sources, applied);
  reader.accept('AS');
  const refused = isWord(reader.current, 'PIVOT', 'UNPIVOT', 'TABLESAMPLE') ? reader.current : undefined;
  if (refused) throw notSupported(refused.upper, line);
  if (reader.at('FOR')) throw notSupported('A temporal query', line);
  const named = isName(reader.current) && !isWord(reader.current, ...NOT_AN_ALIAS);
  const alias = named ? reader.identifier() : '';
  const columns = alias === '' ? undefined : reader.acceptGroup();
  skipHints(reader);
  const shown = alias || table.alias;
  if (table.name !== '') sources.push({ alias: alias || table.name, name: table.name, table: table.table });
  if (shown === '') return table.sql;
  const columnList = columns ? ` (${identifierList(columns, scope)})` : '';
  return `${table.sql} AS ${scope.quote(shown)}${columnList}`;
}

/** The one function of the catalog that is read as a table. */
const VOLUMES = 'sys.dm_os_volume_stats';

interface Table {
  readonly sql: string;
  /** Alias it needs in PostgreSQL even if the statement gives none. */
  readonly alias: string;
  readonly name: string;
  readonly table: string | undefined;
}

function sourceTable(reader: TokenReader, scope: Scope, sources: Source[], applied: boolean): Table {
  const derived = reader.acceptGroup();
  if (derived) return { sql: derivedTable(derived, scope, sources, applied), alias: '', name: '', table: undefined };
  if (reader.peek()?.kind === 'group' && !isHint(reader.peek())) {
    const alias = reader.current?.text.toLowerCase() ?? '';
    return { sql: rowFunction(reader, scope), alias, name: '', table: undefined };
  }
  const { line } = reader;
  const parts = reader.name();
  const name = parts.at(-1) ?? '';
  if (reader.current?.kind === 'group' && !isHint(reader.current)) {
    if (parts.join('.').toLowerCase() !== VOLUMES)
      throw notSupported(`The table-valued function ${parts.join('.')}`, line);
    const values = splitAtCommas(reader.group()).map((part) => expression(part, scope));
    return { sql: `${VOLUMES}(${values.join(', ')})`, alias: name, name: '', table: undefined };
  }
  const sql = relation(parts, scope);
  const stored = !sql.startsWith('sys.') && !scope.tableExpressions.has(name.toLowerCase());
  return { sql, alias: name, name, table: stored ? sql : undefined };
}

function derivedTable(tokens: readonly Token[], scope: Scope, sources: Source[], applied: boolean): string {
  const reader = new TokenReader(tokens);
  if (reader.accept('VALUES')) return `(VALUES ${valueRows(reader.rest(), scope)})`;
  const first = reader.current;
  const query =
    isWord(first, 'SELECT', 'WITH') ||
    (first?.kind === 'group' && isWord(reader.peek(), 'UNION', 'EXCEPT', 'INTERSECT'));
  // PostgreSQL would put what is applied wherever it is used, and do it there each time.
  const once = applied && !tokens.some((token) => isWord(token, 'OFFSET')) ? ' OFFSET 0' : '';
  if (query) return `(${scope.query(tokens)}${once})`;
  const nested = fromClause(tokens, scope);
  sources.push(...nested.sources);
  return `(${nested.sql})`;
}

/** `(1, 2), (3, 4)` */
export function valueRows(tokens: readonly Token[], scope: Scope): string {
  return splitAtCommas(tokens)
    .map((row) => `(${expression(new TokenReader(row).group(), scope)})`)
    .join(', ');
}

function rowFunction(reader: TokenReader, scope: Scope): string {
  const { text, upper, line } = reader.take();
  if (REFUSED_SOURCES.has(upper)) throw notSupported(upper, line);
  if (upper === 'CHANGETABLE') return changeTable(reader, scope);
  const values = splitAtCommas(reader.group()).map((part) => expression(part, scope));
  if (upper === 'STRING_SPLIT' || upper === 'GENERATE_SERIES')
    return `tsql.${upper.toLowerCase()}(${values.join(', ')})`;
  if (upper !== 'OPENJSON') throw notSupported(`The table-valued function ${text}`, line);
  return reader.accept('WITH') ? jsonTable(values, reader, scope) : `tsql.openjson(${values.join(', ')})`;
}

/** `(CHANGES table, version)`; the version is a constant or a variable. The table comes first, so that it must exist. */
function changeTable(reader: TokenReader, scope: Scope): string {
  const inside = new TokenReader(reader.group());
  if (inside.at('VERSION')) throw notSupported('CHANGETABLE (VERSION …)', inside.line);
  inside.expect('CHANGES');
  const table = relation(inside.name(), scope);
  inside.expect(',');
  const since = expression([inside.take()], scope);
  if (!inside.done) throw new SqlError(102, 'Incorrect syntax in CHANGETABLE.', { severity: 15, line: inside.line });
  if (reader.done || !(reader.at('AS') || isName(reader.current)) || isWord(reader.current, ...NOT_AN_ALIAS)) {
    throw new SqlError(22104, 'A table returned by the CHANGETABLE function must be aliased.', { line: inside.line });
  }
  const changes = `${changesFunction(table, scope)}((${since})::int8)`;
  return `(SELECT c.* FROM (SELECT FROM ${table} WHERE false) AS t RIGHT JOIN ${changes} AS c ON true)`;
}

/** OPENJSON with named columns. Bytes are base64 in JSON, so they are read as text first. */
function jsonTable(values: readonly string[], reader: TokenReader, scope: Scope): string {
  const columns = splitAtCommas(reader.group()).map((part) => jsonColumn(new TokenReader(part), scope));
  const definitions = columns.map(({ definition }) => definition).join(', ');
  const table = `JSON_TABLE(tsql.json_rows(${values[0]}, ${values[1] ?? "'$'"}), '$[*]' COLUMNS (${definitions}))`;
  if (!columns.some(({ binary }) => binary)) return table;
  const items = columns.map(({ name, binary }) => (binary ? `decode(${name}, 'base64') AS ${name}` : name));
  return `LATERAL (SELECT ${items.join(', ')} FROM ${table} AS j)`;
}

interface JsonColumn {
  readonly name: string;
  readonly definition: string;
  readonly binary: boolean;
}

/** `name type ['path'] [AS JSON]` */
function jsonColumn(reader: TokenReader, scope: Scope): JsonColumn {
  const written = reader.identifier();
  const type = parseType(reader);
  const path = literal(reader.current?.kind === 'string' ? reader.take().text : `$."${written}"`);
  const name = scope.quote(written);
  const binary = type.name.endsWith('binary');
  if (!reader.accept('AS', 'JSON')) {
    return { name, definition: `${name} ${binary ? 'text' : postgresType(type)} PATH ${path}`, binary };
  }
  return { name, definition: `${name} text FORMAT JSON PATH ${path} WITHOUT WRAPPER`, binary: false };
}

/** `(NOLOCK)` without WITH, as older code writes it. */
const isHint = (token: Token | undefined): boolean =>
  token?.kind === 'group' && isWord(token.children[0], 'NOLOCK', 'TABLOCK', 'HOLDLOCK');

/** Locking and index hints change nothing here. */
export function skipHints(reader: TokenReader): void {
  if (reader.at('WITH') && reader.peek()?.kind === 'group') reader.position += 2;
  else if (isHint(reader.current)) reader.take();
}
