import { z } from 'zod';
import { json } from '../documents.ts';
import type { TableReference } from './activity-context.ts';
import { ActivityError } from './activity-error.ts';
import type { SqlRead } from './database.ts';
import { parameterType } from './sql-values.ts';

/** The SQL source of Lookup and Copy. The timeout is accepted without effect: the activity's own timeout holds. */
export const sqlSource = z.strictObject({
  type: z.enum(['SqlServerSource', 'AzureSqlSource']),
  sqlReaderQuery: z.string().optional(),
  queryTimeout: z.string().optional(),
  partitionOption: z.literal('None').optional(),
  isolationLevel: z.literal('ReadCommitted').optional(),
});
type SqlSource = z.infer<typeof sqlSource>;

/** The SQL source of Copy, which may also be a stored procedure. */
export const sqlCopySource = sqlSource.extend({
  sqlReaderStoredProcedureName: z.string().optional(),
  storedProcedureParameters: z
    .record(z.string(), z.strictObject({ value: json.default(null), type: z.string().default('String') }))
    .optional(),
});

/** The statement that reads a source: its query, else the whole table of the dataset. */
export function readSource({ sqlReaderQuery }: SqlSource, { path }: TableReference, errorCode: string): string {
  if (sqlReaderQuery !== undefined) return sqlReaderQuery;
  if (path !== undefined) return `SELECT * FROM ${path}`;
  throw new ActivityError(errorCode, 'The source has no query and its dataset has no table.');
}

/** What a Copy reads: the result of a procedure, else what `readSource` says. */
export function readCopySource(
  source: z.infer<typeof sqlCopySource>,
  table: TableReference,
  errorCode: string,
): SqlRead {
  const { sqlReaderQuery, sqlReaderStoredProcedureName: procedure, storedProcedureParameters = {} } = source;
  if (procedure === undefined) return { text: readSource(source, table, errorCode) };
  if (sqlReaderQuery !== undefined) throw new ActivityError(errorCode, 'The source has a query and a procedure.');
  const parameters = Object.entries(storedProcedureParameters).map(([name, { type, value }]) => ({
    name,
    type: parameterType(type, errorCode),
    value,
  }));
  return { procedure, parameters };
}
