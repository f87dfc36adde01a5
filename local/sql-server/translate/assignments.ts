import { notSupported } from '../sql-error.ts';
import type { Token } from '../tsql/lexer.ts';
import { TokenReader, isName, isWord, splitAtCommas } from '../tsql/token-reader.ts';
import { splitClauses } from './clauses.ts';

/** A SELECT that assigns variables, as the variables and the SELECT that gives their values. */
export interface Assignment {
  readonly variables: readonly string[];
  readonly tokens: readonly Token[];
}

const COMMA: Omit<Token, 'line'> = { kind: 'operator', text: ',', upper: ',', start: 0, end: 0, children: [] };
const GROUP: Omit<Token, 'line' | 'children'> = { kind: 'group', text: '(', upper: '', start: 0, end: 0 };

/** Takes `SELECT @a = x, @b = y …` apart; undefined for other statements. */
export function variableAssignment(tokens: readonly Token[]): Assignment | undefined {
  const start = tokens.findIndex((token) => isWord(token, 'SELECT')) + 1;
  const list = new TokenReader(splitClauses(tokens.slice(start)).get('') ?? []);
  list.acceptOneOf('ALL', 'DISTINCT');
  if (list.accept('TOP')) list.take();
  const before = start + list.position;
  const items = splitAtCommas(list.rest());
  const [name, operator] = items[0] ?? [];
  if (name?.kind !== 'variable' || operator?.kind !== 'operator' || !operator.text.endsWith('=')) return undefined;
  const values = items.map((item) => assignedValue(item));
  const after = start + list.position;
  return {
    variables: items.map((item) => item[0]?.text.toLowerCase() ?? ''),
    tokens: [
      ...tokens.slice(0, before),
      ...values.flatMap((value, index) => (index ? [comma(value), value] : [value])),
      ...tokens.slice(after),
    ],
  };
}

const comma = (near: Token): Token => ({ ...COMMA, line: near.line });

function assignedValue(item: readonly Token[]): Token {
  const [name, operator, ...value] = item;
  const line = name?.line ?? 1;
  if (name?.kind !== 'variable') throw notSupported('A SELECT that both assigns variables and returns data', line);
  if (!isWord(operator, '=')) throw notSupported(`SELECT ${name.text} ${operator?.text ?? ''}`, line);
  return { ...GROUP, line, children: value };
}

/** Removes INTO from a SELECT and answers the new table's name with the rest. */
export function selectInto(tokens: readonly Token[]): { into: string[]; tokens: readonly Token[] } | undefined {
  const at = tokens.findIndex((token) => isWord(token, 'INTO'));
  if (at < 0) return undefined;
  const reader = new TokenReader(tokens, at + 1);
  if (!isName(reader.current)) throw reader.unexpected();
  const into = reader.name();
  return { into, tokens: [...tokens.slice(0, at), ...reader.rest()] };
}
