/** The table plan in the destination: `mig.ReplicationTable`, whose rows drive the replication pipelines. */
import { randomUUID } from 'node:crypto';
import sql from 'mssql';
import type { Table } from 'mssql';
import { z } from 'zod';
import type { SqlDatabase } from '../sql/database.ts';
import * as scripts from '../sql/scripts.ts';
import type { PlannedTable } from './plan.ts';

/** Rows of one bulk insert: enough to be fast, few enough to be held in memory for 100,000 tables. */
const ROWS_PER_INSERT = 1_000;

/** Whose plan it is: the setup by its mark, and the attempt. */
export interface PlanOwner {
  readonly setupKey: string;
  readonly attempt: number;
  /** The replication run that plans again before it begins; left out: the attempt itself plans. */
  readonly replicationId?: number;
}

/** How the writing of a plan is followed. */
export interface PlanProgress {
  /** Whether the attempt still is the setup's latest; asked before each part, because a large plan takes minutes. */
  readonly stillCurrent: () => Promise<boolean>;
  /** Called with each part that was written. */
  readonly written: (tables: readonly PlannedTable[]) => void;
}

/**
 * Replaces the plan as a whole: parts are collected in `mig.PlanPart`, and one transaction puts them in its place.
 * `superseded` when the owner no longer holds the claim, has marked the environment as ready or begun to replicate: then the
 * present plan stays as it is. A run that ends early leaves its parts; the next plan removes them. Throws what a repetition mends.
 */
export async function replacePlan(
  database: SqlDatabase,
  { setupKey, attempt, replicationId = 0 }: PlanOwner,
  plan: AsyncIterable<PlannedTable>,
  { stillCurrent, written }: PlanProgress,
): Promise<'replaced' | 'superseded'> {
  const planId = randomUUID();
  const owner = { setupKey, attempt, replicationId };
  const isOpen = async () => {
    const [row] = await database.query(scripts.planIsOpen, owner);
    return openSchema.parse(row).isOpen && (await stillCurrent());
  };
  let tables = 0;
  if (!(await isOpen())) return 'superseded';
  for await (const part of inParts(plan, ROWS_PER_INSERT)) {
    if (!(await isOpen())) return 'superseded';
    await database.bulkInsert(planRows(planId, part));
    tables += part.length;
    written(part);
  }
  if (!(await stillCurrent())) return 'superseded';
  const [row] = await database.query(scripts.replacePlan, { ...owner, planId, tables });
  return replacedSchema.parse(row).outcome;
}

const openSchema = z.object({ isOpen: z.boolean() });
const replacedSchema = z.object({ outcome: z.enum(['replaced', 'superseded']) });

function planRows(planId: string, tables: readonly PlannedTable[]): Table {
  const rows = new sql.Table('[mig].[PlanPart]');
  // A new one for each column: the library keeps the column's name in it.
  const name = () => sql.NVarChar(128);
  const columns = [
    ['planId', sql.UniqueIdentifier],
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
  ] as const;
  for (const [column, type] of columns) rows.columns.add(column, type, { nullable: false });
  for (const table of tables) {
    rows.rows.add(
      planId,
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
