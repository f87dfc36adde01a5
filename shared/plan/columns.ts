/** Which columns of a table are copied, and whether the two definitions fit together. */
import { quoteName } from '../sql/quote-name.ts';
import type { CatalogueColumn } from './catalogue.ts';

/**
 * A column that is copied. `type` is what T-SQL calls it online; `carriedAs` is the type in which it travels and is
 * staged, where that is another.
 */
export interface PlannedColumn {
  readonly ordinal: number;
  readonly name: string;
  /** At the source, where it is another one there. */
  readonly sourceName?: string;
  readonly type: string;
  readonly isKey: boolean;
  readonly carriedAs?: string;
  /** Of text in the key, by which rows are found online: that of the column there. */
  readonly collation?: string;
}

/** The outcome for all columns of a table. */
export interface ColumnPlan {
  readonly columns: readonly PlannedColumn[];
  /** Columns of the source that do not exist online; their data is not migrated. */
  readonly missingOnline: readonly string[];
  /**
   * What does not fit, as the code 50011 has it, `''` when all fits: `[a] PK,|[b] T,L,` where PK is a key column of
   * one side only, T another type, L a shorter one online.
   */
  readonly problems: string;
}

/**
 * Plans the columns. Row versions and computed columns are left out: the server fills them. Names match regardless of
 * case. Columns that exist on one side only are no problem unless they belong to the key. A buffer (`isBuffer`) may have a
 * longer key, whose further columns the source must have.
 */
export function planColumns(
  source: readonly CatalogueColumn[],
  online: readonly CatalogueColumn[],
  isBuffer = false,
): ColumnPlan {
  const writable = source.filter(isWritable);
  const onlineByName = new Map(online.filter(isWritable).map((column) => [keyOf(column), column]));
  const sourceNames = new Set(writable.map(keyOf));
  const hasKey = source.some(({ keyOrdinal }) => keyOrdinal !== null);
  const problems: string[] = [];
  const columns: PlannedColumn[] = [];
  const missingOnline: string[] = [];

  for (const column of writable) {
    const target = onlineByName.get(keyOf(column));
    const found = flaws(column, target, hasKey, isBuffer);
    if (found.length > 0) problems.push(describe(column, found));
    if (!target) missingOnline.push(column.columnName);
    else columns.push(plannedColumn(columns.length + 1, column, target));
  }
  for (const target of onlineByName.values()) {
    if (target.keyOrdinal !== null && !sourceNames.has(keyOf(target))) problems.push(describe(target, ['PK']));
  }
  return { columns, missingOnline, problems: problems.join('|') };
}

/**
 * Plans the fields of a table that later versions keep for another app: as `<field>$<app>` in the companion table.
 * @param companion columns of that table
 * @returns undefined if it has none of the fields
 */
export function planMovedFields(
  source: readonly CatalogueColumn[],
  companion: readonly CatalogueColumn[],
  app: string,
): ColumnPlan | undefined {
  const suffix = `$${app}`;
  const fields = companion
    .filter(({ columnName }) => columnName.toLowerCase().endsWith(suffix))
    .map((column) => ({ ...column, columnName: column.columnName.slice(0, -suffix.length) }));
  const names = new Set(fields.map(keyOf));
  const moved = source.filter((column) => column.keyOrdinal !== null || names.has(keyOf(column)));
  if (moved.every(({ keyOrdinal }) => keyOrdinal !== null)) return undefined;
  const keys = companion.filter(({ keyOrdinal }) => keyOrdinal !== null);
  const plan = planColumns(moved, [...keys, ...fields]);
  const columns = plan.columns.map((column) =>
    column.isKey ? column : { ...column, name: column.name + suffix, sourceName: column.name },
  );
  return { ...plan, columns };
}

function isWritable({ isComputed, isRowVersion }: CatalogueColumn): boolean {
  return !isComputed && !isRowVersion;
}

function keyOf({ columnName }: CatalogueColumn): string {
  return columnName.toLowerCase();
}

function plannedColumn(ordinal: number, column: CatalogueColumn, target: CatalogueColumn): PlannedColumn {
  const isKey = column.keyOrdinal !== null;
  return {
    ordinal,
    name: target.columnName,
    type: typeText(target),
    isKey,
    ...(isTooPrecise(target) ? { carriedAs: PRECISE_TEXT } : {}),
    ...(isKey && target.collation !== null ? { collation: target.collation } : {}),
  };
}

// https://learn.microsoft.com/azure/data-factory/connector-azure-sql-database#data-type-mapping-for-azure-sql-database
const CARRIED_DIGITS = 28;
/** 38 digits with sign, point and leading zero. */
const PRECISE_TEXT = 'varchar(41)';

/** Whether a decimal has more digits than a copy carries. As text it loses none. */
function isTooPrecise(column: CatalogueColumn): boolean {
  return modernType(column) === 'decimal' && column.precision > CARRIED_DIGITS;
}

type Flaw = 'PK' | 'T' | 'L';

function flaws(
  column: CatalogueColumn,
  target: CatalogueColumn | undefined,
  hasKey: boolean,
  isBuffer: boolean,
): Flaw[] {
  const isKey = column.keyOrdinal !== null;
  if (!target) return isKey ? ['PK'] : [];
  const isKeyOnline = target.keyOrdinal !== null;
  const keysDiffer = isBuffer ? isKey && !isKeyOnline : isKey !== isKeyOnline;
  return [
    ...(hasKey && keysDiffer ? (['PK'] as const) : []),
    ...(hasSameType(column, target) ? [] : (['T'] as const)),
    ...(isShorter(target, column) ? (['L'] as const) : []),
  ];
}

function describe({ columnName }: CatalogueColumn, found: readonly Flaw[]): string {
  return `${quoteName(columnName)} ${found.map((flaw) => `${flaw},`).join('')}`;
}

/** Names of one and the same type: of old, as Business Central still uses them, and those of today. */
const modernNames: ReadonlyMap<string, string> = new Map([
  ['image', 'varbinary'],
  ['ntext', 'nvarchar'],
  ['text', 'varchar'],
  ['numeric', 'decimal'],
]);

function modernType({ typeName }: CatalogueColumn): string {
  return modernNames.get(typeName) ?? typeName;
}

/** The types of SQL Server. Only their names go into statements: those of types that somebody has defined are free text. */
const systemTypes = new Set(
  (
    'bigint binary bit char date datetime datetime2 datetimeoffset decimal float geography geometry hierarchyid int money nchar ' +
    'nvarchar real smalldatetime smallint smallmoney sql_variant time tinyint uniqueidentifier varbinary varchar xml'
  ).split(' '),
);

function hasSameType(column: CatalogueColumn, target: CatalogueColumn): boolean {
  const type = modernType(target);
  return type === modernType(column) && systemTypes.has(type);
}

const largeTypes = new Set(['image', 'ntext', 'text']);

/** In bytes; types without a length of their own have a fixed one. */
function lengthOf({ typeName, maxLength }: CatalogueColumn): number {
  return maxLength === -1 || largeTypes.has(typeName) ? Infinity : maxLength;
}

function isShorter(target: CatalogueColumn, column: CatalogueColumn): boolean {
  if (modernType(target) !== modernType(column)) return false;
  const { precision, scale } = column;
  return (
    lengthOf(target) < lengthOf(column) || target.scale < scale || target.precision - target.scale < precision - scale
  );
}

function typeText(column: CatalogueColumn): string {
  const { precision, scale } = column;
  const type = modernType(column);
  switch (type) {
    case 'nvarchar':
    case 'nchar':
      return `${type}(${lengthText(lengthOf(column) / 2)})`;
    case 'varchar':
    case 'char':
    case 'varbinary':
    case 'binary':
      return `${type}(${lengthText(lengthOf(column))})`;
    case 'decimal':
      return `${type}(${precision}, ${scale})`;
    case 'datetime2':
    case 'datetimeoffset':
    case 'time':
      return `${type}(${scale})`;
    default:
      return type;
  }
}

function lengthText(length: number): string {
  return length === Infinity ? 'max' : String(length);
}
