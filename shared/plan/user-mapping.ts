/**
 * The view in which `sql/source/objects.sql` puts users together, as the client's buffer for their mapping has them. A
 * plan is made before the view is there.
 */
import type { CatalogueColumn, CatalogueTable } from './catalogue.ts';

export const userMapping = { schemaName: 'mig', tableName: 'User Mapping Source' } as const;

/** What the view is made of. */
export const userTables: ReadonlySet<string> = new Set(['User', 'User Property']);

/** Columns of the view as `[name, table, column there, bytes it is cut to]`. */
const viewColumns = [
  ['User Security ID', 'User', 'User Security ID', undefined],
  ['Authentication Object ID', 'User Property', 'Authentication Object ID', 160],
  ['Name Identifier', 'User Property', 'Name Identifier', 500],
  ['User ID', 'User', 'User Name', 100],
  ['Authentication Email', 'User', 'Authentication Email', 100],
] as const;

/** The tables of a source, then the view if they have what it is made of. */
export async function* withUserMapping(tables: AsyncIterable<CatalogueTable>): AsyncGenerator<CatalogueTable> {
  const parts = new Map<string, CatalogueTable>();
  for await (const table of tables) {
    if (table.schemaName === 'dbo' && userTables.has(table.tableName)) parts.set(table.tableName, table);
    yield table;
  }
  const columns = viewColumns.flatMap(([columnName, table, source, maxLength], index): CatalogueColumn[] => {
    const column = parts.get(table)?.columns.find((candidate) => candidate.columnName === source);
    if (column === undefined) return [];
    const text = maxLength === undefined ? {} : { typeName: 'nvarchar', maxLength };
    return [{ ...column, ...text, columnName, ordinal: index + 1, keyOrdinal: null }];
  });
  const users = parts.get('User');
  if (users !== undefined && columns.length === viewColumns.length) yield { ...users, ...userMapping, columns };
}
