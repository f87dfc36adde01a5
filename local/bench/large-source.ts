/**
 * What the pipeline finds of a source with many companies, and of its environment, which has the tables of one of them: some are
 * missing there, some shorter. All names of companies have a slash, so that one check lists them all.
 */
import { compressedLines } from '../../shared/json-lines.ts';
import { preparationActivities } from '../../shared/factory/preparation-pipeline.ts';
import type { CatalogueTable } from '../../shared/plan/catalogue.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import { company, healthy } from '../../test/support/healthy-databases.ts';
import { baseApplication } from '../../test/support/plan/base-application.ts';

const COLUMNS = [6, 16] as const;

/** What is expected of a table of the source. */
export interface LargeTable {
  readonly name: string;
  readonly company: string;
  readonly rows: number;
  readonly reasonCode: 'ChangesTracked' | '50004' | '50011';
}

/** Makes one up. @param count of companies  @param size of each: its tables */
export function largeSource(count: number, size: number) {
  const { companies: sqlNames, tablesOf } = baseApplication(count, size, COLUMNS);
  const companies = sqlNames.map((name) => company(name.replace(' ', '/'), name));
  const online = sqlNames.slice(0, 1);
  const source = {
    ...healthy.source,
    tableCount: count * size,
    tablePrefixes: sqlNames.map((prefix) => ({ prefix, tables: size })),
  };
  const answers = new Map<string, readonly object[]>([
    [scripts.destinationProbe, [healthy.destination]],
    [scripts.listCompanies, online.map((name) => company(name, name))],
  ]);
  return {
    companies: companies.map(({ name }) => name),
    /** In the order of the catalogue. */
    tables: companies.flatMap(({ name, sqlName }) => [...tablesOf(sqlName)].map(withRows).map(expected(name))),
    /** Of the activities of a run. */
    outputs: new Map<string, object>([
      [preparationActivities.sourceProbe, { firstRow: source }],
      [preparationActivities.storageProbe, { firstRow: healthy.storage }],
      [preparationActivities.destinationProbe, { firstRow: healthy.destination }],
      [preparationActivities.companies, { count, value: companies.map((listed) => ({ ...listed, total: count })) }],
    ]),
    /** Compressed, as they are kept. */
    catalogues: {
      source: () => fileOf(sqlNames, (name) => [...tablesOf(name)].map(withRows)),
      destination: () => fileOf(online, (name) => [...tablesOf(name)].flatMap(asOnline)),
    },
    /** The environment's database, as the app asks it. */
    environment: { query: (script: string) => Promise.resolve(answers.get(script) ?? []) },
  };
}

/** No two tables next to each other have as many. */
function withRows(table: CatalogueTable): CatalogueTable {
  return { ...table, rowCount: 1 + ((table.tableId * 7_919) % 10_007) };
}

function expected(name: string) {
  return ({ tableName, rowCount }: CatalogueTable, index: number): LargeTable => {
    const reasonCode = isMissing(index) ? '50004' : isShorter(index) ? '50011' : 'ChangesTracked';
    return { name: tableName, company: name, rows: rowCount, reasonCode };
  };
}

function asOnline(table: CatalogueTable, index: number): CatalogueTable[] {
  if (isMissing(index)) return [];
  if (!isShorter(index)) return [table];
  return [{ ...table, columns: table.columns.map((column) => ({ ...column, maxLength: half(column) })) }];
}

function isMissing(index: number): boolean {
  return index % 4 === 0;
}

function isShorter(index: number): boolean {
  return index % 5 === 0;
}

function half({ typeName, maxLength }: CatalogueTable['columns'][number]): number {
  return typeName === 'nvarchar' ? maxLength / 2 : maxLength;
}

/** A row a column, as `sql/catalogue.sql` has them. */
function fileOf(companies: readonly string[], tablesOf: (company: string) => readonly CatalogueTable[]): Buffer {
  const rowsOf = ({ columns, ...table }: CatalogueTable) => columns.map((column) => ({ ...table, ...column }));
  return Buffer.concat(companies.map((name) => compressedLines(tablesOf(name).flatMap(rowsOf))));
}
