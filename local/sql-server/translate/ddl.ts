import { notSupported } from '../sql-error.ts';
import type { Token } from '../tsql/lexer.ts';
import { TokenReader, isWord, splitAtCommas } from '../tsql/token-reader.ts';
import { alterDatabase } from './ddl-database.ts';
import { createIndex, indexName } from './ddl-index.ts';
import { alterTable, createTable } from './ddl-table.ts';
import { identifierList } from './expressions.ts';
import { literal, schemaOf } from './names.ts';
import { changesFunction, relation } from './relation.ts';
import type { Scope } from './scope.ts';

/**
 * Translates a data definition statement; the answers run in order, all or none.
 * `source` is the statement's own text, kept as a view's definition.
 */
export function definitionStatement(tokens: readonly Token[], source: string, scope: Scope): string[] {
  const reader = new TokenReader(tokens);
  const head = reader.take().upper;
  const orAlter = reader.accept('OR', 'ALTER');
  const kind = reader.current?.upper ?? '';
  if (kind === 'VIEW' && head !== 'DROP') return view(reader, orAlter || head === 'ALTER', source, scope);
  switch (head) {
    case 'TRUNCATE':
      reader.expect('TABLE');
      return truncate(relation(reader.name(), scope));
    case 'CREATE':
      return create(reader, scope);
    case 'ALTER':
      return alter(reader, scope);
    case 'DROP':
      return drop(reader, scope);
  }
  throw notSupported(head, reader.line);
}

function truncate(table: string): string[] {
  return [`SELECT tsql.require_truncatable(${literal(table)})`, `TRUNCATE TABLE ${table} RESTART IDENTITY`];
}

function create(reader: TokenReader, scope: Scope): string[] {
  if (reader.accept('TABLE')) return createTable(reader, scope);
  if (reader.accept('SCHEMA')) return [`CREATE SCHEMA ${schema(reader.identifier(), scope)}`];
  if (reader.accept('SEQUENCE')) return [createSequence(reader, scope)];
  if (reader.accept('TRIGGER')) return [createTrigger(reader, scope)];
  if (isWord(reader.current, 'UNIQUE', 'CLUSTERED', 'NONCLUSTERED', 'INDEX')) return createIndex(reader, scope);
  throw notSupported(`CREATE ${reader.current?.text ?? ''}`, reader.line);
}

function alter(reader: TokenReader, scope: Scope): string[] {
  if (reader.accept('TABLE')) return alterTable(reader, scope);
  if (reader.accept('DATABASE')) return alterDatabase(reader, scope);
  throw notSupported(`ALTER ${reader.current?.text ?? ''}`, reader.line);
}

const schema = (name: string, scope: Scope) => scope.quote(schemaOf(scope.session.key, name));

function drop(reader: TokenReader, scope: Scope): string[] {
  const kind = reader.take();
  const ifExists = reader.accept('IF', 'EXISTS') ? 'IF EXISTS ' : '';
  const names = splitAtCommas(reader.rest()).map((part) => new TokenReader(part));
  switch (kind.upper) {
    case 'TABLE':
      return names.flatMap((name) => {
        const table = relation(name.name(), scope);
        return [
          `SELECT tsql.require_unversioned(${literal(table)})`,
          `DROP TABLE ${ifExists}${table}`,
          `DROP FUNCTION IF EXISTS ${changesFunction(table, scope)}`,
        ];
      });
    case 'VIEW':
    case 'SEQUENCE':
      return names.map((name) => `DROP ${kind.upper} ${ifExists}${relation(name.name(), scope)}`);
    case 'SCHEMA':
      return names.flatMap((part) => {
        const name = part.identifier();
        return [`SELECT tsql.require_no_procedures(${literal(name)})`, `DROP SCHEMA ${ifExists}${schema(name, scope)}`];
      });
    case 'TRIGGER':
      return names.map((name) => `SELECT tsql.drop_trigger(${literal(name.name().at(-1) ?? '')})`);
    case 'INDEX':
      return names.map((name) => `DROP INDEX ${ifExists}${indexOnTable(name, scope)}`);
  }
  throw notSupported(`DROP ${kind.text}`, kind.line);
}

/** `index ON schema.table` */
function indexOnTable(reader: TokenReader, scope: Scope): string {
  const index = reader.identifier();
  reader.expect('ON');
  const table = reader.name();
  return `${schema(table.at(-2) ?? 'dbo', scope)}.${scope.quote(indexName(table, index))}`;
}

/** `name ON table AFTER INSERT AS RETURN`: one that does nothing can be made, so that its being there can be seen. */
function createTrigger(reader: TokenReader, scope: Scope): string {
  const name = scope.quote(reader.name().at(-1) ?? '');
  reader.expect('ON');
  const table = relation(reader.name(), scope);
  reader.expect('AFTER');
  const event = reader.take();
  reader.expect('AS');
  if (!reader.accept('RETURN') || !reader.done) throw notSupported('A trigger that does something', event.line);
  return `CREATE TRIGGER ${name} AFTER ${event.upper} ON ${table} EXECUTE FUNCTION tsql.do_nothing()`;
}

function createSequence(reader: TokenReader, scope: Scope): string {
  const name = relation(reader.name(), scope);
  if (reader.accept('AS')) reader.take();
  return `CREATE SEQUENCE ${name} ${reader
    .rest()
    .map((token) => token.text)
    .join(' ')}`;
}

function view(reader: TokenReader, replace: boolean, source: string, scope: Scope): string[] {
  reader.expect('VIEW');
  const name = relation(reader.name(), scope);
  const columns = reader.acceptGroup();
  if (reader.accept('WITH')) {
    const option = reader.take();
    if (option.upper !== 'SCHEMABINDING') throw notSupported(`A view WITH ${option.text}`, option.line);
  }
  reader.expect('AS');
  const list = columns ? ` (${identifierList(columns, scope)})` : '';
  return [
    ...(replace ? [`DROP VIEW IF EXISTS ${name}`] : []),
    `CREATE VIEW ${name}${list} AS ${scope.query(reader.rest())}`,
    `COMMENT ON VIEW ${name} IS ${literal(source)}`,
  ];
}

/** `DROP PROCEDURE [IF EXISTS] a, b` as the procedures' names; undefined for other statements. */
export function droppedProcedures(tokens: readonly Token[]): { names: string[][]; ifExists: boolean } | undefined {
  const reader = new TokenReader(tokens);
  if (!reader.accept('DROP') || reader.acceptOneOf('PROC', 'PROCEDURE') === undefined) return undefined;
  const ifExists = reader.accept('IF', 'EXISTS');
  return { names: splitAtCommas(reader.rest()).map((part) => new TokenReader(part).name()), ifExists };
}

/** The temporary table that CREATE TABLE makes, if it makes one. */
export function createdTemporary(tokens: readonly Token[]): string | undefined {
  const name = isWord(tokens[0], 'CREATE') && isWord(tokens[1], 'TABLE') ? tokens[2]?.text : undefined;
  return name?.startsWith('#') ? name : undefined;
}
