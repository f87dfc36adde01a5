import { notSupported } from '../sql-error.ts';
import { TokenReader, splitAtCommas } from '../tsql/token-reader.ts';
import { parseType, typeText } from '../tsql/types.ts';
import { type TableName, tableItem } from './ddl-columns.ts';
import { collation } from './expressions.ts';
import { tableOptions, versioning } from './ddl-table-options.ts';
import { literal } from './names.ts';
import { changesFunction, relation } from './relation.ts';
import type { Scope } from './scope.ts';
import { postgresType } from './types.ts';

/** CREATE TABLE from the table's name on. */
export function createTable(reader: TokenReader, scope: Scope): string[] {
  const parts = reader.name();
  const table = { parts, relation: relation(parts, scope) };
  return [...tableDefinition(table, reader.group(), scope), ...tableOptions(reader, table, scope)];
}

/** The statements that make a table from its column and constraint list. */
export function tableDefinition(table: TableName, tokens: TokenReader['tokens'], scope: Scope): string[] {
  const items = splitAtCommas(tokens).map((part) => tableItem(new TokenReader(part), table, scope));
  const inside = items.map((item) => item.sql).filter((sql) => sql !== '');
  return [`CREATE TABLE ${table.relation} (${inside.join(', ')})`, ...items.flatMap((item) => item.after)];
}

/** ALTER TABLE from the table's name on. */
export function alterTable(reader: TokenReader, scope: Scope): string[] {
  const parts = reader.name();
  const table: TableName = { parts, relation: relation(parts, scope) };
  const unchecked = reader.accept('WITH', 'NOCHECK');
  reader.accept('WITH', 'CHECK');
  if (reader.accept('ADD')) return addItems(reader, table, unchecked, scope);
  if (reader.accept('DROP')) return dropItems(reader, table, scope);
  if (reader.accept('ALTER', 'COLUMN')) return alterColumn(reader, table, scope);
  if (reader.accept('ENABLE', 'CHANGE_TRACKING')) {
    const columns = reader.accept('WITH') && reader.group().some((token) => token.upper === 'ON');
    const changes = changesFunction(table.relation, scope);
    return [`SELECT tsql.enable_change_tracking(${literal(table.relation)}, ${literal(changes)}, ${columns})`];
  }
  if (reader.accept('DISABLE', 'CHANGE_TRACKING')) {
    return [
      `SELECT tsql.disable_change_tracking(${literal(table.relation)})`,
      `DROP FUNCTION ${changesFunction(table.relation, scope)}`,
    ];
  }
  if (reader.accept('SET')) return versioning(new TokenReader(reader.group()), table, scope);
  throw notSupported(`ALTER TABLE … ${reader.current?.text ?? ''}`, reader.line);
}

function addItems(reader: TokenReader, table: TableName, unchecked: boolean, scope: Scope): string[] {
  return splitAtCommas(reader.rest()).flatMap((part) => {
    const item = tableItem(new TokenReader(part), table, scope);
    const word = item.kind === 'column' ? 'COLUMN ' : '';
    const later = unchecked && item.kind === 'constraint' ? ' NOT VALID' : '';
    return item.sql === ''
      ? item.after
      : [`ALTER TABLE ${table.relation} ADD ${word}${item.sql}${later}`, ...item.after];
  });
}

function dropItems(reader: TokenReader, table: TableName, scope: Scope): string[] {
  let kind = 'CONSTRAINT';
  return splitAtCommas(reader.rest()).map((part) => {
    const item = new TokenReader(part);
    kind = item.acceptOneOf('COLUMN', 'CONSTRAINT') ?? kind;
    const ifExists = item.accept('IF', 'EXISTS') ? 'IF EXISTS ' : '';
    return `ALTER TABLE ${table.relation} DROP ${kind} ${ifExists}${scope.quote(item.identifier())}`;
  });
}

function alterColumn(reader: TokenReader, table: TableName, scope: Scope): string[] {
  const column = scope.quote(reader.identifier());
  const type = parseType(reader);
  const chosen = reader.accept('COLLATE') ? collation(reader.identifier()) : 'tsql.ci';
  const nullable = !reader.accept('NOT', 'NULL');
  reader.accept('NULL');
  if (!reader.done) throw notSupported(`ALTER COLUMN … ${reader.current?.text ?? ''}`, reader.line);
  const target = postgresType(type) + (type.name.endsWith('char') ? ` COLLATE ${chosen}` : '');
  return [
    `ALTER TABLE ${table.relation} ALTER COLUMN ${column} TYPE ${target} USING ${column}::${postgresType(type)}`,
    `ALTER TABLE ${table.relation} ALTER COLUMN ${column} ${nullable ? 'DROP' : 'SET'} NOT NULL`,
    `COMMENT ON COLUMN ${table.relation}.${column} IS ${literal(typeText(type))}`,
  ];
}
