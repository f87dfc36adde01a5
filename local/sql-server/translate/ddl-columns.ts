import { notSupported } from '../sql-error.ts';
import type { Token } from '../tsql/lexer.ts';
import { TokenReader, isWord, splitAtCommas } from '../tsql/token-reader.ts';
import { parseType, typeText } from '../tsql/types.ts';
import { indexOn, readIndexKind } from './ddl-index.ts';
import { collation, expression, identifierList } from './expressions.ts';
import { literal } from './names.ts';
import { relation } from './relation.ts';
import type { Scope } from './scope.ts';
import { postgresType } from './types.ts';

/** The table a definition belongs to. */
export interface TableName {
  readonly parts: readonly string[];
  readonly relation: string;
}

/** One column or table constraint: its part of CREATE or ALTER TABLE, and what must run afterwards. */
export interface Definition {
  readonly kind: 'column' | 'constraint' | 'none';
  readonly sql: string;
  readonly after: readonly string[];
}

const CONSTRAINT_WORDS = ['PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN'];

/** Translates one item of a table definition. */
export function tableItem(reader: TokenReader, table: TableName, scope: Scope): Definition {
  if (reader.accept('INDEX')) return inlineIndex(reader, table, scope);
  if (reader.accept('PERIOD', 'FOR', 'SYSTEM_TIME')) return period(reader.group(), table, scope);
  const name = constraintName(reader, scope);
  if (reader.accept('DEFAULT')) return defaultFor(reader, table, scope);
  if (name !== '' || isWord(reader.current, ...CONSTRAINT_WORDS)) {
    return { kind: 'constraint', sql: name + constraint(reader, scope), after: [] };
  }
  return column(reader, table, scope);
}

/** `CONSTRAINT name ` or nothing. */
function constraintName(reader: TokenReader, scope: Scope): string {
  return reader.accept('CONSTRAINT') ? `CONSTRAINT ${scope.quote(reader.identifier())} ` : '';
}

function inlineIndex(reader: TokenReader, table: TableName, scope: Scope): Definition {
  const index = reader.identifier();
  const unique = readIndexKind(reader);
  return { kind: 'none', sql: '', after: [indexOn(table.parts, index, unique, reader, scope)] };
}

/** The columns that say from when to when a row was as it is. */
function period(columns: readonly Token[], table: TableName, scope: Scope): Definition {
  const names = splitAtCommas(columns).map((column_) => literal(scope.shorten(new TokenReader(column_).identifier())));
  return {
    kind: 'none',
    sql: '',
    after: [`SELECT tsql.set_period(${[literal(table.relation), ...names].join(', ')})`],
  };
}

/** `DEFAULT value FOR column`, as ALTER TABLE … ADD has it. */
function defaultFor(reader: TokenReader, table: TableName, scope: Scope): Definition {
  const value = expression(reader.until('FOR'), scope);
  reader.expect('FOR');
  const target = scope.quote(reader.identifier());
  return {
    kind: 'none',
    sql: '',
    after: [`ALTER TABLE ${table.relation} ALTER COLUMN ${target} SET DEFAULT ${value}`],
  };
}

function constraint(reader: TokenReader, scope: Scope): string {
  if (reader.accept('PRIMARY', 'KEY')) return `PRIMARY KEY${key(reader, scope)}`;
  if (reader.accept('UNIQUE')) return `UNIQUE NULLS NOT DISTINCT${key(reader, scope)}`;
  if (reader.accept('CHECK')) return `CHECK (${expression(reader.group(), scope)})`;
  const columns = reader.accept('FOREIGN', 'KEY') ? `FOREIGN KEY (${identifierList(reader.group(), scope)}) ` : '';
  reader.expect('REFERENCES');
  const target = relation(reader.name(), scope);
  const keys = reader.acceptGroup();
  const actions: string[] = [];
  while (reader.accept('ON')) actions.push(` ON ${reader.take().upper} ${referentialAction(reader)}`);
  return `${columns}REFERENCES ${target}${keys ? ` (${identifierList(keys, scope)})` : ''}${actions.join('')}`;
}

function referentialAction(reader: TokenReader): string {
  const first = reader.take().upper;
  return first === 'CASCADE' ? first : `${first} ${reader.take().upper}`;
}

/** Key columns if they are given; clustering and storage options change nothing. */
function key(reader: TokenReader, scope: Scope): string {
  reader.acceptOneOf('CLUSTERED', 'NONCLUSTERED');
  const columns = reader.acceptGroup()?.filter((token) => !isWord(token, 'ASC', 'DESC'));
  if (reader.accept('WITH')) reader.group();
  if (isWord(reader.current, 'ON') && !isWord(reader.peek(), 'DELETE', 'UPDATE')) reader.position += 2;
  return columns ? ` (${identifierList(columns, scope)})` : '';
}

function column(reader: TokenReader, table: TableName, scope: Scope): Definition {
  const name = reader.identifier();
  const quoted = scope.quote(name);
  if (reader.accept('AS')) return computedColumn(reader, `${table.relation}.${quoted}`, quoted, scope);
  const type = parseType(reader);
  const rowVersion = type.declared === 'timestamp';
  // SQL Server compresses no values by itself, and sizes are what it would say.
  const parts = [`${quoted} ${postgresType(type)}${/(char|binary)$/.test(type.name) ? ' STORAGE EXTERNAL' : ''}`];
  const chosen = reader.accept('COLLATE') ? collation(reader.identifier()) : 'tsql.ci';
  if (type.name.endsWith('char')) parts.push(`COLLATE ${chosen}`);
  const options: Definition[] = [];
  while (!reader.done) options.push(columnOption(reader, name, table, scope));
  parts.push(...options.map((option) => option.sql).filter((sql) => sql !== ''));
  if (rowVersion) parts.push('NOT NULL');
  return {
    kind: 'column',
    sql: parts.join(' '),
    after: [
      ...options.flatMap((option) => option.after),
      ...(rowVersion
        ? [`SELECT tsql.add_rowversion(${literal(table.relation)}, ${literal(scope.shorten(name))})`]
        : []),
      `COMMENT ON COLUMN ${table.relation}.${quoted} IS ${literal(typeText(type))}`,
    ],
  };
}

/** PostgreSQL wants the type of a computed column, which a CAST tells. */
function computedColumn(reader: TokenReader, path: string, quoted: string, scope: Scope): Definition {
  const { line } = reader;
  const tokens = reader.acceptGroup() ?? [];
  const [cast, group] = tokens;
  const items = tokens.length === 2 && isWord(cast, 'CAST') ? (group?.children ?? []) : [];
  const as = items.findLastIndex((token) => isWord(token, 'AS'));
  if (as < 0) throw notSupported('A computed column that is no CAST', line);
  const type = parseType(new TokenReader(items.slice(as + 1)));
  reader.accept('PERSISTED');
  return {
    kind: 'column',
    sql: `${quoted} ${postgresType(type)} GENERATED ALWAYS AS (${expression(tokens, scope)}) STORED`,
    after: [`COMMENT ON COLUMN ${path} IS ${literal(typeText(type))}`],
  };
}

function columnOption(reader: TokenReader, name: string, table: TableName, scope: Scope): Definition {
  const plain = (sql: string): Definition => ({ kind: 'none', sql, after: [] });
  const { line } = reader;
  if (reader.accept('NOT', 'NULL')) return plain('NOT NULL');
  if (reader.accept('NULL') || reader.accept('ROWGUIDCOL') || reader.accept('NOT', 'FOR', 'REPLICATION'))
    return plain('');
  if (reader.accept('IDENTITY')) return plain(identity(reader));
  if (reader.accept('INDEX')) {
    const index = reader.identifier();
    const unique = readIndexKind(reader);
    return { kind: 'none', sql: '', after: [indexOnColumn(table, index, unique, name, scope)] };
  }
  if (reader.accept('MASKED', 'WITH')) {
    reader.group();
    const values = [table.relation, scope.shorten(name)].map(literal);
    return { kind: 'none', sql: '', after: [`SELECT tsql.mask_column(${values.join(', ')})`] };
  }
  if (reader.accept('GENERATED', 'ALWAYS', 'AS', 'ROW', 'START')) return plain('DEFAULT tsql.sysutcdatetime()');
  if (reader.accept('GENERATED', 'ALWAYS', 'AS', 'ROW', 'END')) return plain("DEFAULT '9999-12-31 23:59:59.999999'");
  if (isWord(reader.current, 'SPARSE', 'MASKED', 'GENERATED', 'ENCRYPTED', 'HIDDEN', 'FILESTREAM')) {
    throw notSupported(`The column option ${reader.current?.text ?? ''}`, line);
  }
  const named = constraintName(reader, scope);
  // PostgreSQL has no names for defaults.
  if (reader.accept('DEFAULT')) return plain(`DEFAULT ${expression(defaultValue(reader), scope)}`);
  return plain(named + constraint(reader, scope));
}

function indexOnColumn(table: TableName, index: string, unique: boolean, column_: string, scope: Scope): string {
  const name = scope.quote(`${table.parts.at(-1) ?? ''}.${index}`);
  return `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${name} ON ${table.relation} (${scope.quote(column_)})`;
}

function identity(reader: TokenReader): string {
  const values =
    reader
      .acceptGroup()
      ?.map((token) => token.text)
      .join('')
      .split(',') ?? [];
  const [seed = '1', step = '1'] = values;
  const lowest = Number(seed) < 1 ? ` MINVALUE ${seed}` : '';
  return `GENERATED ALWAYS AS IDENTITY (START WITH ${seed} INCREMENT BY ${step}${lowest})`;
}

/** A default's value: parentheses, a signed constant, or a function call. */
function defaultValue(reader: TokenReader): readonly Token[] {
  const start = reader.position;
  reader.acceptOneOf('-', '+');
  const first = reader.take();
  if (first.kind === 'word' && reader.current?.kind === 'group') reader.take();
  return reader.tokens.slice(start, reader.position);
}
