import type { Token } from '../tsql/lexer.ts';
import { isWord } from '../tsql/token-reader.ts';

const CLAUSES = new Set('FROM WHERE GROUP HAVING ORDER OFFSET FOR OPTION INTO OUTPUT VALUES SET USING WHEN'.split(' '));

/** The tokens of each clause of this level, by its keyword; what stands before the first is under ''. */
export type Clauses = ReadonlyMap<string, readonly Token[]>;

/** Splits a statement at its clause keywords; BY is dropped. A repeated keyword keeps its first clause. */
export function splitClauses(tokens: readonly Token[]): Clauses {
  const clauses = new Map<string, Token[]>();
  let current: Token[] = [];
  clauses.set('', current);
  tokens.forEach((token, index) => {
    const before = tokens[index - 1];
    if (CLAUSES.has(token.upper) && !isWord(before, '.', 'WITHIN')) {
      current = [];
      if (!clauses.has(token.upper)) clauses.set(token.upper, current);
    } else if (!(token.upper === 'BY' && isWord(before, 'GROUP', 'ORDER'))) current.push(token);
  });
  return clauses;
}
