import type { Token } from '../tsql/lexer.ts';
import { TokenReader, isWord, splitAtCommas } from '../tsql/token-reader.ts';

type Express = (tokens: readonly Token[]) => string;

/** What follows ORDER BY. In T-SQL NULL is the lowest value. */
export function orderBy(tokens: readonly Token[], express: Express): string {
  return splitAtCommas(tokens)
    .map((part) => {
      const last = part.at(-1);
      const descending = isWord(last, 'DESC');
      const key = descending || isWord(last, 'ASC') ? part.slice(0, -1) : part;
      const constant = key.length === 1 && (key[0]?.kind === 'string' || key[0]?.kind === 'variable');
      const text = constant ? `(SELECT ${express(key)})` : express(key);
      return `${text} ${descending ? 'DESC NULLS LAST' : 'NULLS FIRST'}`;
    })
    .join(', ');
}

/** What stands in the parentheses of OVER. */
export function windowOf(tokens: readonly Token[], express: Express): string {
  const reader = new TokenReader(tokens);
  const parts: string[] = [];
  if (reader.accept('PARTITION', 'BY')) {
    const keys = splitAtCommas(reader.until('ORDER', 'ROWS', 'RANGE'));
    parts.push(`PARTITION BY ${keys.map((key) => express(key)).join(', ')}`);
  }
  if (reader.accept('ORDER', 'BY')) {
    const keys = reader.until('ROWS', 'RANGE');
    // ORDER BY (SELECT NULL) is T-SQL's way to ask for no order.
    if (!(keys.length === 1 && keys[0]?.kind === 'group')) parts.push(`ORDER BY ${orderBy(keys, express)}`);
  }
  if (!reader.done)
    parts.push(
      reader
        .rest()
        .map((token) => token.text)
        .join(' '),
    );
  return parts.join(' ');
}
