/** Catalogues of the size and shape of Business Central's base application, made up by number: the same each time. */
import type { CatalogueColumn, CatalogueTable } from '../../../shared/plan/catalogue.ts';
import type { PlanContext } from '../../../shared/plan/plan.ts';
import { app, column, context, text } from './catalogues.ts';

/** The lengths that the platform allows. */
const LONGEST_NAME = 30;
const [FEWEST_COLUMNS, MOST_COLUMNS] = [30, 200];
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
  readonly source: () => AsyncGenerator<CatalogueTable>;
  readonly destination: () => AsyncGenerator<CatalogueTable>;
  readonly context: PlanContext;
}

/** @param tables of each company */
export function baseApplication(companies: number, tables: number): BaseApplication {
  const names = Array.from({ length: companies }, (_, index) => nameOf('Company', index, LONGEST_NAME));
  return {
    source: () => catalogue(names, tables),
    destination: () => catalogue(names.slice(0, 1), tables),
    context: {
      ...context,
      companies: names.map((name) => ({ name, sqlName: name })),
      onlineCompanies: names.slice(0, 1),
      collation,
    },
  };
}

async function* catalogue(companies: readonly string[], tables: number): AsyncGenerator<CatalogueTable> {
  let tableId = 0;
  for (const company of companies) {
    for (let index = 0; index < tables; index += 1) {
      tableId += 1;
      yield await Promise.resolve({
        tableId,
        schemaName: 'dbo',
        tableName: `${company}$${nameOf('Table', index, LONGEST_NAME)}$${app}`,
        rowCount: 1_000,
        byteCount: index % 10 === 0 ? LARGE_BYTES : SMALL_BYTES,
        columns: columnsOf(tableId, index),
      });
    }
  }
}

function columnsOf(tableId: number, table: number): CatalogueColumn[] {
  const count = FEWEST_COLUMNS + ((table * 37) % (MOST_COLUMNS - FEWEST_COLUMNS + 1));
  return Array.from({ length: count }, (_, index) => {
    const make = types[index % types.length] ?? column;
    const keyOrdinal = index === 0 ? 1 : null;
    return { ...make(nameOf('Column', index, LONGEST_NAME)), tableId, ordinal: index + 1, keyOrdinal };
  });
}

/** A name of the full length that its number tells apart. */
function nameOf(what: string, index: number, length: number): string {
  return `${what} ${index} `.padEnd(length, 'abcdefghijklmnopqrstuvwxyz');
}
