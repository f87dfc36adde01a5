/** Catalogues of the size and shape of Business Central's base application, made up by number: the same each time. */
import type { CatalogueColumn, CatalogueTable } from '../../../shared/plan/catalogue.ts';
import type { PlanContext } from '../../../shared/plan/plan.ts';
import { app, column, context, text } from './catalogues.ts';

/** The lengths that the platform allows. */
const LONGEST_NAME = 30;
/** The fewest and the most of a table. */
const COLUMNS = [30, 200] as const;
/** Every tenth table is large. */
const [SMALL_BYTES, LARGE_BYTES] = [64 * 1024, 64 * 1024 * 1024];

const collation = 'Latin1_General_100_CI_AS';
const types: readonly ((name: string) => CatalogueColumn)[] = [
  (name) => text(name, 100, { collation }),
  (name) => column(name, { typeName: 'decimal', maxLength: 17, precision: 38, scale: 20 }),
  (name) => column(name),
  (name) => column(name, { typeName: 'datetime', maxLength: 8, precision: 23, scale: 3 }),
  (name) => column(name, { typeName: 'uniqueidentifier', maxLength: 16, precision: 0 }),
  (name) => column(name, { typeName: 'varbinary', maxLength: -1, precision: 0, isNullable: true }),
];

export interface BaseApplication {
  readonly companies: readonly string[];
  /** The tables of one of the companies. */
  readonly tablesOf: (company: string) => Iterable<CatalogueTable>;
  readonly source: () => AsyncGenerator<CatalogueTable>;
  readonly destination: () => AsyncGenerator<CatalogueTable>;
  readonly context: PlanContext;
}

/** @param tables of each company */
export function baseApplication(
  companies: number,
  tables: number,
  [fewest, most]: readonly [number, number] = COLUMNS,
): BaseApplication {
  const names = Array.from({ length: companies }, (_, index) => nameOf('Company', index));
  const tablesOf = function* (company: string): Generator<CatalogueTable> {
    const first = names.indexOf(company) * tables + 1;
    for (let index = 0; index < tables; index += 1) {
      const columns = fewest + ((index * 37) % (most - fewest + 1));
      yield tableOf(company, { tableId: first + index, index, columns });
    }
  };
  return {
    companies: names,
    tablesOf,
    source: () => catalogue(names, tablesOf),
    destination: () => catalogue(names.slice(0, 1), tablesOf),
    context: {
      ...context,
      companies: names.map((name) => ({ name, sqlName: name })),
      onlineCompanies: names.slice(0, 1),
      collation,
    },
  };
}

function tableOf(
  company: string,
  { tableId, index, columns }: { readonly tableId: number; readonly index: number; readonly columns: number },
): CatalogueTable {
  return {
    tableId,
    schemaName: 'dbo',
    tableName: `${company}$${nameOf('Table', index)}$${app}`,
    rowCount: 1_000,
    byteCount: index % 10 === 0 ? LARGE_BYTES : SMALL_BYTES,
    columns: columnsOf(columns),
  };
}

async function* catalogue(companies: readonly string[], tablesOf: BaseApplication['tablesOf']) {
  for (const company of companies) {
    for (const table of tablesOf(company)) yield await Promise.resolve(table);
  }
}

function columnsOf(count: number): CatalogueColumn[] {
  return Array.from({ length: count }, (_, index) => {
    const make = types[index % types.length] ?? column;
    const keyOrdinal = index === 0 ? 1 : null;
    return { ...make(nameOf('Column', index)), ordinal: index + 1, keyOrdinal };
  });
}

/** A name of the full length that its number tells apart. */
function nameOf(what: string, index: number): string {
  return `${what} ${index} `.padEnd(LONGEST_NAME, 'abcdefghijklmnopqrstuvwxyz');
}
