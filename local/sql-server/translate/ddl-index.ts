import { notSupported } from '../sql-error.ts';
import type { Token } from '../tsql/lexer.ts';
import { type TokenReader, isWord, splitAtCommas } from '../tsql/token-reader.ts';
import { expression, identifierList } from './expressions.ts';
import { literal } from './names.ts';
import { relation } from './relation.ts';
import type { Scope } from './scope.ts';

/** In T-SQL an index belongs to its table's name space, in PostgreSQL to the schema's. */
export function indexName(table: readonly string[], index: string): string {
  return `${table.at(-1) ?? ''}.${index}`;
}

/** Key columns with their direction. */
function keyColumns(tokens: readonly Token[], scope: Scope): string {
  return splitAtCommas(tokens)
    .map(([column, direction]) => scope.quote(column?.text ?? '') + (isWord(direction, 'DESC') ? ' DESC' : ''))
    .join(', ');
}

/** CREATE INDEX, from its first word after CREATE. The index of a view is noted only. */
export function createIndex(reader: TokenReader, scope: Scope): string[] {
  const clustered = reader.at('UNIQUE', 'CLUSTERED');
  const unique = readIndexKind(reader);
  reader.expect('INDEX');
  const index = reader.identifier();
  reader.expect('ON');
  const table = reader.name();
  const statement = indexOn(table, index, unique, reader, scope);
  const values = [relation(table, scope), index, statement].map(literal);
  return [`SELECT tsql.create_index(${values.join(', ')}, ${clustered})`];
}

/** UNIQUE CLUSTERED and so on; answers whether it is unique. */
export function readIndexKind(reader: TokenReader): boolean {
  const unique = reader.accept('UNIQUE');
  reader.acceptOneOf('CLUSTERED', 'NONCLUSTERED');
  if (reader.at('COLUMNSTORE')) throw notSupported('A columnstore index', reader.line);
  return unique;
}

/** An index from its key columns on; storage options are read and change nothing. */
export function indexOn(
  table: readonly string[],
  index: string,
  unique: boolean,
  reader: TokenReader,
  scope: Scope,
): string {
  const keys = keyColumns(reader.group(), scope);
  const included = reader.accept('INCLUDE') ? ` INCLUDE (${identifierList(reader.group(), scope)})` : '';
  const filter = reader.accept('WHERE') ? ` WHERE ${expression(reader.until('WITH', 'ON'), scope)}` : '';
  const name = scope.quote(indexName(table, index));
  const nulls = unique ? ' NULLS NOT DISTINCT' : '';
  return `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${name} ON ${relation(table, scope)} (${keys})${included}${nulls}${filter}`;
}
