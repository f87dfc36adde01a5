import { notSupported } from '../sql-error.ts';
import type { Token } from '../tsql/lexer.ts';
import { TokenReader, isWord, splitAtCommas } from '../tsql/token-reader.ts';
import { functionCall } from './functions.ts';
import { literal } from './names.ts';
import { relation } from './relation.ts';
import type { Scope } from './scope.ts';

/** Words that pass through to PostgreSQL as they are. */
const KEYWORDS = new Set(
  'AND OR NOT NULL IS IN BETWEEN WHEN THEN ELSE DISTINCT ASC DESC ALL ANY SOME EXISTS DEFAULT UNION EXCEPT INTERSECT'.split(
    ' ',
  ),
);

const OPERATORS: Readonly<Record<string, string>> = { '!=': '<>', '!<': '>=', '!>': '<=', '^': '#' };
const LIKE_ENDS = ['AND', 'OR', 'ESCAPE', 'THEN', 'ELSE', 'WHEN', ','];

/** A scalar or boolean expression, or a list of them. Throws for what has no translation. */
export function expression(tokens: readonly Token[], scope: Scope): string {
  const reader = new TokenReader(tokens);
  const parts: string[] = [];
  while (!reader.done) parts.push(term(reader, scope, parts));
  return parts.join(' ');
}

function term(reader: TokenReader, scope: Scope, before: string[]): string {
  const token = reader.current;
  switch (token?.kind) {
    case 'group':
      return inParentheses(reader.group(), scope);
    case 'case':
      return `CASE ${expression(reader.take().children, scope)} END`;
    case 'string':
      return literal(reader.take().text);
    case 'number':
      return reader.take().text;
    case 'binary':
      return `'\\x${reader.take().text.slice(2)}'::bytea`;
    case 'variable':
      return scope.session.value(reader.take().text.toLowerCase(), token.line);
    case 'operator':
      if (token.upper === '::') throw notSupported('The operator ::', token.line);
      reader.take();
      return OPERATORS[token.upper] ?? token.upper;
    case 'word':
      return word(reader, scope, before);
    case 'name':
    case undefined:
      return reference(reader, scope);
  }
}

function inParentheses(tokens: readonly Token[], scope: Scope): string {
  const query =
    isWord(tokens[0], 'SELECT', 'WITH') || tokens.some((token) => isWord(token, 'UNION', 'EXCEPT', 'INTERSECT'));
  return query ? `(${scope.query(tokens)})` : `(${expression(tokens, scope)})`;
}

function word(reader: TokenReader, scope: Scope, before: string[]): string {
  const token = reader.current;
  if (!token || isWord(reader.peek(), '.')) return reference(reader, scope);
  const { upper, line } = token;
  if (KEYWORDS.has(upper)) return reader.take().upper;
  if (upper === 'LIKE') return like(reader, scope, before);
  if (reader.peek()?.kind === 'group') return functionCall(reader, scope, (tokens) => expression(tokens, scope));
  if (reader.accept('COLLATE')) return `COLLATE ${collation(reader.identifier())}`;
  if (reader.accept('CURRENT_TIMESTAMP')) return 'tsql.getdate()';
  if (reader.accept('$ACTION')) return 'merge_action()';
  if (reader.at('AT', 'TIME', 'ZONE')) throw notSupported('AT TIME ZONE', line);
  if (reader.accept('NEXT', 'VALUE', 'FOR')) return `nextval(${literal(relation(reader.name(), scope))})`;
  return reference(reader, scope);
}

/** PostgreSQL's collation for a T-SQL collation, by its sensitivity to case; accents always count. */
export function collation(name: string): string {
  if (/_BIN2?$/i.test(name)) return '"C"';
  return /_CS_/i.test(name) ? '"unicode"' : 'tsql.ci';
}

/** LIKE; T-SQL has no escape character unless one is named, and knows `[a-z]`. */
function like(reader: TokenReader, scope: Scope, before: string[]): string {
  reader.expect('LIKE');
  const negated = before.at(-1) === 'NOT';
  const tokens = reader.until(...LIKE_ENDS);
  const pattern = expression(tokens, scope);
  const escape = reader.accept('ESCAPE') ? expression(reader.until(...LIKE_ENDS), scope) : "''";
  if (negated) before.pop();
  return `OPERATOR(tsql.${negated ? '!~~@' : '~~@'}) tsql.like_regex(${pattern}, ${escape})`;
}

/** A column, perhaps qualified, or `t.*`. */
function reference(reader: TokenReader, scope: Scope): string {
  const { line } = reader;
  const parts = [reader.identifier()];
  while (reader.accept('.')) {
    if (reader.at('*')) return `${[...qualifier(parts, scope)].join('.')}.${reader.take().text}`;
    parts.push(reader.identifier());
  }
  if (reader.current?.kind === 'group') throw notSupported(`The function ${parts.join('.')}`, line);
  const column = scope.quote(parts.pop() ?? '');
  return parts.length ? [...qualifier(parts, scope), column].join('.') : column;
}

/** `inserted` and `deleted` are PostgreSQL's `new` and `old`. */
function qualifier(parts: readonly string[], scope: Scope): string[] {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    if (/^inserted$/i.test(only)) return ['new'];
    return [/^deleted$/i.test(only) ? 'old' : scope.quote(only)];
  }
  return [relation(parts, scope)];
}

/** `[a], t.[b]` as PostgreSQL identifiers without their qualifiers. */
export function identifierList(tokens: readonly Token[], scope: Scope): string {
  return splitAtCommas(tokens)
    .map((part) => scope.quote(part.at(-1)?.text ?? ''))
    .join(', ');
}
