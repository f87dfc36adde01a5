/** Everything that a database holds, so that two moments can be compared. */
import type sql from 'mssql';
import { quoteName } from '../../../shared/sql/quote-name.ts';
import { rows } from '../sample-servers.ts';

/** What is no row of a table. Not the users, of whom the local endpoint makes one for each identity that logs in. */
const parts = {
  settings: 'SELECT * FROM sys.databases WHERE [name] = DB_NAME()',
  tracking: 'SELECT * FROM sys.change_tracking_databases',
  trackedTables: 'SELECT [object_id] FROM sys.change_tracking_tables ORDER BY 1',
  schemas: 'SELECT [name] FROM sys.schemas ORDER BY 1',
  objects: 'SELECT [schema_id], [name], [type] FROM sys.objects ORDER BY 1, 2',
  columns:
    'SELECT [object_id], [column_id], [name], [user_type_id], [max_length], [is_nullable] FROM sys.columns ORDER BY 1, 2',
  indexes: 'SELECT [object_id], [index_id], [name] FROM sys.indexes ORDER BY 1, 2',
} as const;

/** Settings, schema and all rows, each under its name. */
export async function pictureOf(pool: sql.ConnectionPool): Promise<Readonly<Record<string, readonly string[]>>> {
  const picture: Record<string, string[]> = {};
  const texts = async (query: string) => (await rows(pool, query)).map((row) => JSON.stringify(row));
  for (const [name, query] of Object.entries(parts)) picture[name] = await texts(query);
  const tables = await rows(pool, 'SELECT SCHEMA_NAME([schema_id]) AS [schema], [name] FROM sys.tables ORDER BY 1, 2');
  for (const { schema, name } of tables) {
    const table = `${quoteName(String(schema))}.${quoteName(String(name))}`;
    picture[table] = (await texts(`SELECT * FROM ${table}`)).toSorted();
  }
  return picture;
}
