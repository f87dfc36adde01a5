import { notSupported } from '../sql-error.ts';
import type { Token } from '../tsql/lexer.ts';
import { TokenReader, splitAtCommas } from '../tsql/token-reader.ts';
import { expression } from './expressions.ts';
import type { Scope } from './scope.ts';

/** One assignment of an UPDATE. */
export interface SetItem {
  readonly column: string;
  readonly value: string;
  /** The value is the same for every row: a literal, a variable, NULL or DEFAULT. */
  readonly constant: boolean;
}

const CONSTANTS = new Set(['string', 'number', 'binary', 'variable', 'word']);

/** What follows SET; `target` is how the changed table is called where values are computed. */
export function setClause(tokens: readonly Token[], target: string, scope: Scope): SetItem[] {
  return splitAtCommas(tokens).map((part) => {
    const reader = new TokenReader(part);
    if (reader.current?.kind === 'variable') throw notSupported('An UPDATE that assigns a variable', reader.line);
    const column = scope.quote(reader.name().at(-1) ?? '');
    const operator = reader.take();
    if (!/^[-+*/%&|^]?=$/.test(operator.text)) throw notSupported(`SET … ${operator.text}`, operator.line);
    const rest = reader.rest();
    const value = expression(rest, scope);
    if (operator.text !== '=') {
      return { column, value: `${target}.${column} ${operator.text.charAt(0)} (${value})`, constant: false };
    }
    const [only] = rest;
    const plainWord = only?.kind !== 'word' || only.upper === 'NULL' || only.upper === 'DEFAULT';
    return {
      column,
      value,
      constant: rest.length === 1 && only !== undefined && CONSTANTS.has(only.kind) && plainWord,
    };
  });
}
