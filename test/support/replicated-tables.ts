// What planned tables hold on both sides of a replication, and what its log says of them.
import type sql from 'mssql';
import { expect } from 'vitest';
import type { PlannedTable } from '../../shared/plan/plan.ts';
import { quoteName } from '../../shared/sql/quote-name.ts';
import { rows } from './sample-servers.ts';

/** The two databases of a replication. */
export interface Sides {
  readonly source: sql.ConnectionPool;
  readonly destination: sql.ConnectionPool;
}

export const destinationTable = ({ destinationTable: name }: PlannedTable) => `[dbo].${quoteName(name)}`;
export const sourceTable = ({ sourceSchema, sourceTable: name }: PlannedTable) =>
  `${quoteName(sourceSchema)}.${quoteName(name)}`;

/** All rows of a table, each column as text that shows the last digit. */
export async function contentOf(pool: sql.ConnectionPool, table: string, { columns }: PlannedTable): Promise<string[]> {
  const values = columns.map(({ name, carriedAs }) =>
    carriedAs === undefined ? quoteName(name) : `CAST(${quoteName(name)} AS varchar(41)) AS ${quoteName(name)}`,
  );
  const content = await rows(pool, `SELECT ${values.join(', ')} FROM ${table}`);
  return content.map((row) => JSON.stringify(Object.entries(row).map(([name, value]) => [name, textOf(value)]))).sort();
}

/** Bytes as hexadecimal digits: the JSON of a Buffer is one number a byte. */
function textOf(value: unknown): unknown {
  return Buffer.isBuffer(value) ? value.toString('hex') : value;
}

/** What a planned table holds on both sides, where the destination has only what the source has. */
export async function expectEqualSides({ source, destination }: Sides, tables: readonly PlannedTable[]): Promise<void> {
  for (const table of tables) {
    const [there, here] = await Promise.all([
      contentOf(source, sourceTable(table), table),
      contentOf(destination, destinationTable(table), table),
    ]);
    expect({ table: table.sourceTable, rows: here }).toEqual({ table: table.sourceTable, rows: there });
  }
}

/** How many tables took part in a replication, how many succeeded, and which failed why. */
export async function logOf({ destination }: Sides, replicationId: number) {
  const logged = await rows(
    destination,
    'SELECT [controlId], [status], [error] FROM [mig].[ReplicationRun] WHERE [replicationId] = @id ORDER BY [controlId]',
    { id: replicationId },
  );
  const failed = logged
    .filter(({ status }) => status === 'Failed')
    .map(({ controlId, error }) => ({ controlId, error }));
  return { tables: logged.length, succeeded: logged.filter(({ status }) => status === 'Succeeded').length, failed };
}

/** Of how many tables that are planned by their changes a replication has copied rows, or a whole table and why. */
export async function copiedIn({ destination }: Sides, replicationId: number): Promise<Map<unknown, unknown>> {
  const logged = await rows(
    destination,
    `SELECT r.[controlId], CAST(r.[rowsCopied] AS int) AS [rows], r.[fullReason] FROM [mig].[ReplicationRun] AS r
     JOIN [mig].[ReplicationTable] AS t ON t.[controlId] = r.[controlId] AND t.[copyMethod] <> N'Full'
     WHERE r.[replicationId] = @id AND (r.[rowsCopied] <> 0 OR r.[fullReason] IS NOT NULL)`,
    { id: replicationId },
  );
  return new Map(logged.map(({ controlId, rows: count, fullReason }) => [controlId, { rows: count, fullReason }]));
}
