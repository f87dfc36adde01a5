import { notSupported } from '../sql-error.ts';
import type { Token } from '../tsql/lexer.ts';
import { TokenReader, splitAtCommas } from '../tsql/token-reader.ts';
import type { TableName } from './ddl-columns.ts';
import { literal } from './names.ts';
import { relation } from './relation.ts';
import type { Scope } from './scope.ts';

/** What follows the columns in CREATE TABLE; where a table lies and whether it is compressed changes nothing. */
export function tableOptions(reader: TokenReader, table: TableName, scope: Scope): string[] {
  while (reader.acceptOneOf('ON', 'TEXTIMAGE_ON') !== undefined) reader.identifier();
  if (reader.done) return [];
  reader.expect('WITH');
  const options = splitAtCommas(reader.group());
  const durability = options.some(isSchemaOnly) ? 1 : 0;
  return options.flatMap((tokens) => option(tokens, durability, table, scope));
}

const isSchemaOnly = ([name, , value]: readonly Token[]): boolean =>
  name?.upper === 'DURABILITY' && value?.upper === 'SCHEMA_ONLY';

function option(tokens: readonly Token[], durability: number, table: TableName, scope: Scope): string[] {
  const reader = new TokenReader(tokens);
  switch (reader.current?.upper ?? '') {
    case 'SYSTEM_VERSIONING':
      return versioning(reader, table, scope);
    case 'MEMORY_OPTIMIZED':
      return tokens.at(-1)?.upper === 'ON'
        ? [`SELECT tsql.optimize_for_memory(${literal(table.relation)}, ${durability}::int2)`]
        : [];
    case 'DURABILITY':
    case 'DATA_COMPRESSION':
      return [];
  }
  throw notSupported(`CREATE TABLE … WITH (${reader.current?.text ?? ''})`, reader.line);
}

/** `SYSTEM_VERSIONING = OFF`, or `= ON (HISTORY_TABLE = schema.table)` with a history that is not there yet. */
export function versioning(reader: TokenReader, table: TableName, scope: Scope): string[] {
  if (!reader.accept('SYSTEM_VERSIONING', '=')) {
    throw notSupported(`ALTER TABLE … SET (${reader.current?.text ?? ''})`, reader.line);
  }
  if (reader.accept('OFF')) return [`SELECT tsql.stop_versioning(${literal(table.relation)})`];
  reader.expect('ON');
  const settings = new TokenReader(reader.acceptGroup() ?? []);
  if (!settings.accept('HISTORY_TABLE', '='))
    throw notSupported('SYSTEM_VERSIONING without a HISTORY_TABLE', reader.line);
  const history = relation(settings.name(), scope);
  if (!settings.done) throw notSupported(`SYSTEM_VERSIONING (… ${settings.peek()?.text ?? ''})`, settings.line);
  return [`SELECT tsql.start_versioning(${literal(table.relation)}, ${literal(history)})`];
}
