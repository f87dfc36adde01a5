import { z } from 'zod';
import type { TableReference } from './activity-context.ts';
import { ActivityError } from './activity-error.ts';

/** The SQL source of Lookup and Copy. The timeout is accepted without effect: the activity's own timeout holds. */
export const sqlSource = z.strictObject({
  type: z.enum(['SqlServerSource', 'AzureSqlSource']),
  sqlReaderQuery: z.string().optional(),
  queryTimeout: z.string().optional(),
  partitionOption: z.literal('None').optional(),
  isolationLevel: z.literal('ReadCommitted').optional(),
});

/** The statement that reads a source: its query, else the whole table of the dataset. */
export function readSource(
  { sqlReaderQuery }: z.infer<typeof sqlSource>,
  { path }: TableReference,
  errorCode: string,
): string {
  if (sqlReaderQuery !== undefined) return sqlReaderQuery;
  if (path !== undefined) return `SELECT * FROM ${path}`;
  throw new ActivityError(errorCode, 'The source has no query and its dataset has no table.');
}
