/** The table plan in the destination: `mig.ReplicationTable`, whose rows drive the replication pipelines. */
import sql from 'mssql';
import type { Table } from 'mssql';
import type { SqlDatabase } from '../sql/database.ts';
import type { PlannedTable } from './plan.ts';

/** Rows of one bulk insert: enough to be fast, few enough to be held in memory for 100,000 tables. */
const ROWS_PER_INSERT = 1_000;

/**
 * Replaces the plan. Not atomic: until the end, the table holds a part of the new plan. Nothing reads it before the
 * replication pipelines exist, and a repetition starts over.
 * @param written called with each part that was written
 */
export async function replacePlan(
  database: SqlDatabase,
  plan: AsyncIterable<PlannedTable>,
  written: (tables: readonly PlannedTable[]) => void,
): Promise<void> {
  await database.query('DELETE FROM [mig].[ReplicationTable]');
  for await (const part of inParts(plan, ROWS_PER_INSERT)) {
    await database.bulkInsert(controlRows(part));
    written(part);
  }
}

function controlRows(tables: readonly PlannedTable[]): Table {
  const rows = new sql.Table('[mig].[ReplicationTable]');
  // A new one for each column: the library keeps the column's name in it.
  const name = () => sql.NVarChar(128);
  const columns = [
    ['controlId', sql.Int],
    ['sourceSchema', name()],
    ['sourceTable', name()],
    ['destinationTable', name()],
    ['company', name()],
    ['tableName', name()],
    ['appId', sql.NVarChar(36)],
    ['copyMethod', sql.NVarChar(10)],
    ['flow', sql.NVarChar(10)],
    ['groupNumber', sql.Int],
    ['columns', sql.NVarChar(sql.MAX)],
    ['rowCount', sql.BigInt],
    ['byteCount', sql.BigInt],
    ['reason', sql.NVarChar(400)],
    ['problems', sql.NVarChar(sql.MAX)],
    ['syncedVersion', sql.BigInt],
  ] as const;
  for (const [column, type] of columns) rows.columns.add(column, type, { nullable: false });
  for (const table of tables) {
    rows.rows.add(
      table.controlId,
      table.sourceSchema,
      table.sourceTable,
      table.destinationTable,
      table.company,
      table.tableName,
      table.appId,
      table.copyMethod,
      table.flow,
      table.groupNumber,
      JSON.stringify(table.columns),
      table.rowCount,
      table.byteCount,
      table.reason,
      table.problems,
      0,
    );
  }
  return rows;
}

async function* inParts<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let part: T[] = [];
  for await (const item of items) {
    part.push(item);
    if (part.length < size) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
