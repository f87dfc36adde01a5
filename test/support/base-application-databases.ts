// A generated base application as two databases: the tables that its catalogue lists, at the source with rows.
import { planColumns } from '../../shared/plan/columns.ts';
import type { CatalogueTable } from '../../shared/plan/catalogue.ts';
import { quoteName } from '../../shared/sql/quote-name.ts';
import type { BaseApplication } from './plan/base-application.ts';
import type { WorldContent } from './replication-databases.ts';

/** Values of the row `[n]`, by type. */
const values: Readonly<Record<string, string>> = {
  nvarchar: "CONCAT(N'Row ', [n])",
  decimal: '[n] * 1234567.25',
  int: '[n]',
  datetime: "DATEADD(day, [n], '2024-01-01')",
  uniqueidentifier: 'NEWID()',
  varbinary: 'CASE WHEN [n] % 10 = 0 THEN 0x89504E470D0A1A0A END',
};

/** @param rowsOf gives the number of rows of a table from its place among those of its company */
export function baseApplicationDatabases(
  { companies, tablesOf }: BaseApplication,
  rowsOf: (place: number) => number,
): WorldContent {
  return {
    async fill(side, execute) {
      const list = companies.map((name) => `(N'${name}')`).join(', ');
      await execute(
        'CREATE TABLE [dbo].[Company] ([Name] nvarchar(30) NOT NULL CONSTRAINT [Company$Key1] PRIMARY KEY CLUSTERED)',
      );
      await execute(`INSERT INTO [dbo].[Company] ([Name]) VALUES ${list}`);
      if (side === 'destination') return;
      for (const company of companies) {
        for (const [place, table] of [...tablesOf(company)].entries()) {
          await execute(creation('dbo', table));
          await execute(insertion(table, rowsOf(place)));
        }
      }
    },
    companyTables: (company) => [...tablesOf(company)].map((table) => creation('dbo', table)),
  };
}

/** Makes a table. */
export function creation(schema: string, { tableName, columns }: CatalogueTable): string {
  const list = planColumns(columns, columns).columns.map(
    ({ name, type, isKey }) => `${quoteName(name)} ${type}${isKey ? ' NOT' : ''} NULL`,
  );
  const key = columns.filter(({ keyOrdinal }) => keyOrdinal !== null).map(({ columnName }) => quoteName(columnName));
  const constraint = `CONSTRAINT ${quoteName(`${tableName}$Key1`)} PRIMARY KEY CLUSTERED (${key.join(', ')})`;
  return `CREATE TABLE ${quoteName(schema)}.${quoteName(tableName)} (${list.join(', ')}, ${constraint})`;
}

/** Inserts the rows from number 1 on. */
function insertion({ schemaName, tableName, columns }: CatalogueTable, count: number): string {
  const names = columns.map(({ columnName }) => quoteName(columnName));
  const numbers = Array.from({ length: count }, (_, index) => `(${index + 1})`);
  return `INSERT INTO ${quoteName(schemaName)}.${quoteName(tableName)} (${names.join(', ')})
    SELECT ${columns.map(({ typeName }) => values[typeName] ?? 'NULL').join(', ')}
    FROM (VALUES ${numbers.join(', ')}) AS [number] ([n])`;
}
