import type { Token } from '../tsql/lexer.ts';
import { TokenReader, splitAtCommas } from '../tsql/token-reader.ts';
import { identifierList } from './expressions.ts';
import { relation } from './relation.ts';
import type { Scope } from './scope.ts';
import { selectItem } from './select.ts';

/** A change without its OUTPUT, and the tokens of OUTPUT and of its INTO. */
export interface ChangeParts {
  readonly sql: string;
  readonly output: readonly Token[] | undefined;
  readonly into: readonly Token[] | undefined;
}

/** Adds OUTPUT as RETURNING; OUTPUT INTO becomes an INSERT of the returned rows. */
export function outputClause(prefix: string, parts: ChangeParts, scope: Scope): { sql: string; returnsRows: boolean } {
  const { sql, output, into } = parts;
  if (!output) return { sql: prefix + sql, returnsRows: false };
  const items = splitAtCommas(output).map((item, index) => selectItem(item, index, scope));
  const returning = `${prefix}${sql} RETURNING ${items.join(', ')}`;
  if (!into) return { sql: returning, returnsRows: true };
  const reader = new TokenReader(into);
  const table = relation(reader.name(), scope);
  const named = reader.acceptGroup();
  const columns = named ? ` (${identifierList(named, scope)})` : '';
  return {
    sql: `WITH "?output" AS (${returning}) INSERT INTO ${table}${columns} SELECT * FROM "?output"`,
    returnsRows: false,
  };
}
