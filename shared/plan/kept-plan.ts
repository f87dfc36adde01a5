/**
 * A plan as it is kept to be read by people: a line a table, in a blob of the setup. The rows that replications work with are
 * in the environment. Pure.
 */
import { z } from 'zod';
import { clip } from '../clip.ts';
import type { PlannedTable } from './plan.ts';
import { reasonCodes } from './reasons.ts';
import { copyMethods } from './rules.ts';

/** A line is read whole; a table has at most 1,024 columns. */
const LONGEST_PROBLEMS = 8_000;
const MOST_COLUMNS = 100;

/** A plan is compressed in parts, so that a page of it is read without what is before its part. */
export const LINES_OF_A_PART = 1_000;

/** A machine of the tenant can write where plans are kept: what is read there is shown to that tenant, and no more. */
export const keptTableSchema = z.object({
  /** Empty: data of the whole database. */
  company: z.string(),
  tableName: z.string(),
  appId: z.string(),
  sourceTable: z.string(),
  destinationTable: z.string(),
  copyMethod: z.enum(copyMethods),
  reasonCode: z.enum(reasonCodes),
  reason: z.string(),
  /** Columns that do not fit, as code 50011 has them. */
  problems: z.string().optional(),
  /** Columns of the source that are not online; of many, the first. */
  columnsLeftOut: z.array(z.string()).optional(),
  rows: z.number(),
  bytes: z.number(),
  /** With which others it travels: the number of its pack or batch. */
  group: z.object({ flow: z.enum(['Large', 'Small']), number: z.int() }).optional(),
});
export type KeptTable = z.infer<typeof keptTableSchema>;

export function keptTable(table: PlannedTable): KeptTable {
  const { company, tableName, appId, sourceTable, destinationTable, copyMethod, code, reason, flow } = table;
  const { problems, missingOnline } = table;
  const more = missingOnline.length - MOST_COLUMNS;
  const shown = missingOnline.slice(0, MOST_COLUMNS);
  return {
    company,
    tableName,
    appId,
    sourceTable,
    destinationTable,
    copyMethod,
    reasonCode: code,
    reason,
    ...(problems === '' ? {} : { problems: clip(problems, LONGEST_PROBLEMS) }),
    ...(shown.length === 0 ? {} : { columnsLeftOut: more > 0 ? [...shown, `and ${more} more`] : shown }),
    rows: table.rowCount,
    bytes: table.byteCount,
    ...(flow === 'None' ? {} : { group: { flow, number: table.groupNumber } }),
  };
}
