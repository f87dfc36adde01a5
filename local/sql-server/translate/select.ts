import { notSupported } from '../sql-error.ts';
import type { Token } from '../tsql/lexer.ts';
import { TokenReader, isName, isWord, splitAtCommas } from '../tsql/token-reader.ts';
import { type Clauses, splitClauses } from './clauses.ts';
import { expression, identifierList } from './expressions.ts';
import { orderBy } from './ordering.ts';
import type { Scope } from './scope.ts';
import { fromClause } from './sources.ts';

const SET_OPERATORS = ['UNION', 'EXCEPT', 'INTERSECT'];
/** The name FOR JSON gives its column; clients look for it. */
const JSON_COLUMN = 'JSON_F52E2B61-18A1-11d1-B105-00805F49916B';
/** Start of the name that a column without one gets; the session shows it as empty. */
export const UNNAMED = '?column?';

/** A SELECT in parts, because ORDER BY belongs to a whole UNION and TOP to one SELECT. */
interface Select {
  readonly body: string;
  readonly order: string;
  readonly limit: string;
}

/** A query expression: WITH, SELECT, UNION and the like, FOR JSON. */
export function query(tokens: readonly Token[], scope: Scope): string {
  const reader = new TokenReader(tokens);
  const prefix = reader.at('WITH') ? withClause(reader, scope) : '';
  const body = reader.rest();
  const json = splitClauses(body).get('FOR');
  if (!json) return prefix + setOperation(body, scope);
  const end = body.findLastIndex((token) => isWord(token, 'FOR'));
  return forJson(prefix + setOperation(body.slice(0, end), scope), json, body);
}

function setOperation(tokens: readonly Token[], scope: Scope): string {
  const reader = new TokenReader(tokens);
  const parts = [setOperand(reader, scope)];
  const operators: string[] = [];
  while (!reader.done) {
    const operator = reader.take().upper;
    operators.push(reader.accept('ALL') ? `${operator} ALL` : operator);
    parts.push(setOperand(reader, scope));
  }
  const last = parts.at(-1);
  if (!last) return '';
  if (parts.length === 1) return last.body + last.order + last.limit;
  const bodies = parts.map((part, index) => {
    const text = part.limit === '' ? part.body : `(${part.body}${part.limit})`;
    return index === 0 ? text : `${operators[index - 1]} ${text}`;
  });
  return bodies.join(' ') + last.order;
}

function setOperand(reader: TokenReader, scope: Scope): Select {
  const tokens = reader.until(...SET_OPERATORS);
  const [first] = tokens;
  if (first?.kind === 'group' && tokens.length === 1)
    return { body: `(${query(first.children, scope)})`, order: '', limit: '' };
  return select(tokens, scope);
}

/** Turns one common table expression's query into PostgreSQL's. */
type TranslateBody = (name: string, body: readonly Token[]) => string;

/** Reads WITH and translates its common table expressions, which stay known to the scope. */
export function withClause(
  reader: TokenReader,
  scope: Scope,
  translate: TranslateBody = (_name, body) => query(body, scope),
): string {
  reader.expect('WITH');
  const parts: string[] = [];
  let recursive = false;
  do {
    const name = reader.identifier();
    const columns = reader.acceptGroup();
    reader.expect('AS');
    const body = reader.group();
    scope.tableExpressions.add(name.toLowerCase());
    recursive ||= mentions(body, name.toLowerCase());
    const columnList = columns ? ` (${identifierList(columns, scope)})` : '';
    parts.push(`${scope.quote(name)}${columnList} AS (${translate(name.toLowerCase(), body)})`);
  } while (reader.accept(','));
  return `WITH ${recursive ? 'RECURSIVE ' : ''}${parts.join(', ')} `;
}

function mentions(tokens: readonly Token[], name: string): boolean {
  return tokens.some((token) => (isName(token) && token.text.toLowerCase() === name) || mentions(token.children, name));
}

function select(tokens: readonly Token[], scope: Scope): Select {
  const head = new TokenReader(tokens);
  head.expect('SELECT');
  const clauses = splitClauses(head.rest());
  refuseClauses(clauses);
  const list = new TokenReader(clauses.get('') ?? []);
  const distinct = list.acceptOneOf('ALL', 'DISTINCT') === 'DISTINCT' ? 'DISTINCT ' : '';
  const limit = top(list, scope) + offset(clauses, scope);
  const items = splitAtCommas(list.rest());
  if (!items.length) throw list.unexpected();
  const parts = [`SELECT ${distinct}${items.map((item, index) => selectItem(item, index, scope)).join(', ')}`];
  const express = (part: readonly Token[]) => expression(part, scope);
  const clause = (name: string, text: (part: readonly Token[]) => string) => {
    const part = clauses.get(name);
    if (part) parts.push(`${name === 'GROUP' ? 'GROUP BY' : name} ${text(part)}`);
  };
  clause('FROM', (part) => fromClause(part, scope).sql);
  clause('WHERE', express);
  clause('GROUP', express);
  clause('HAVING', express);
  return { body: parts.join(' '), order: orderClause(clauses, express), limit };
}

function refuseClauses(clauses: Clauses): void {
  for (const name of ['OUTPUT', 'VALUES', 'SET', 'USING', 'WHEN', 'INTO']) {
    const refused = clauses.get(name);
    if (refused) throw notSupported(`${name} in this SELECT`, refused[0]?.line);
  }
}

function orderClause(clauses: Clauses, express: (tokens: readonly Token[]) => string): string {
  const keys = clauses.get('ORDER');
  const noOrder = keys?.length === 1 && keys[0]?.kind === 'group';
  return keys && !noOrder ? ` ORDER BY ${orderBy(keys, express)}` : '';
}

/** TOP (n) [WITH TIES] as a limit. */
function top(list: TokenReader, scope: Scope): string {
  if (!list.accept('TOP')) return '';
  const count = expression([list.take()], scope);
  if (list.at('PERCENT')) throw notSupported('TOP PERCENT', list.line);
  return list.accept('WITH', 'TIES') ? ` FETCH FIRST ${count} ROWS WITH TIES` : ` LIMIT ${count}`;
}

function offset(clauses: Clauses, scope: Scope): string {
  const tokens = clauses.get('OFFSET');
  if (!tokens) return '';
  const reader = new TokenReader(tokens);
  const skipped = expression(reader.until('ROW', 'ROWS'), scope);
  reader.take();
  if (!reader.accept('FETCH')) return ` OFFSET ${skipped}`;
  reader.take();
  return ` OFFSET ${skipped} LIMIT ${expression(reader.until('ROW', 'ROWS'), scope)}`;
}

/** One item of a select or OUTPUT list with its column name. */
export function selectItem(tokens: readonly Token[], index: number, scope: Scope): string {
  const [first, second] = tokens;
  const last = tokens.at(-1);
  const before = tokens.at(-2);
  if (isName(first) && isWord(second, '='))
    return `${expression(tokens.slice(2), scope)} AS ${scope.quote(first.text)}`;
  if (last && isWord(before, 'AS')) return `${expression(tokens.slice(0, -2), scope)} AS ${scope.quote(last.text)}`;
  if (last && hasBareAlias(last, before))
    return `${expression(tokens.slice(0, -1), scope)} AS ${scope.quote(last.text)}`;
  const text = expression(tokens, scope);
  if (isWord(last, '*')) return text;
  const column = isName(last) && (tokens.length === 1 || isWord(before, '.'));
  return `${text} AS ${scope.quote(column ? last.text : `${UNNAMED}${index}`)}`;
}

function hasBareAlias(last: Token, before: Token | undefined): boolean {
  if (!before || before.kind === 'operator') return false;
  if (last.kind !== 'name' && last.kind !== 'string' && last.kind !== 'word') return false;
  return (
    !isWord(last, 'NULL', 'END') &&
    !isWord(before, 'COLLATE', 'AND', 'OR', 'NOT', 'LIKE', 'IS', 'IN', 'ESCAPE', 'DISTINCT')
  );
}

/** FOR JSON PATH: one column of text; nothing when there are no rows. */
function forJson(sql: string, options: readonly Token[], statement: readonly Token[]): string {
  const words = options.map((token) => token.upper);
  const line = options[0]?.line;
  if (words[0] !== 'JSON' || words[1] !== 'PATH') throw notSupported(`FOR ${words.slice(0, 2).join(' ')}`, line);
  if (words.includes('ROOT')) throw notSupported('FOR JSON with ROOT', line);
  const nested = statement.some((token, index) => isWord(statement[index - 1], 'AS') && token.text.includes('.'));
  if (nested) throw notSupported('FOR JSON PATH with a nested (dotted) name', line);
  const row = words.includes('INCLUDE_NULL_VALUES') ? 'to_json(q)' : 'json_strip_nulls(to_json(q))';
  const rows = "string_agg(tsql.json_text(j), ',')";
  const value = words.includes('WITHOUT_ARRAY_WRAPPER') ? rows : `'[' || ${rows} || ']'`;
  return `SELECT ${value} AS "${JSON_COLUMN}" FROM (SELECT ${row} AS j FROM (${sql}) q) z HAVING count(*) > 0`;
}
