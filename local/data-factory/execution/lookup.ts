import { z } from 'zod';
import { reference } from '../documents.ts';
import type { JsonObject } from '../json.ts';
import type { Executor } from './activity-context.ts';
import { ActivityError } from './activity-error.ts';
import { dataFailure } from './sql-failures.ts';
import { readSource, sqlSource } from './sql-source.ts';

// https://learn.microsoft.com/azure/data-factory/control-flow-lookup-activity#supported-capabilities
const MAXIMUM_ROWS = 5_000;
const MAXIMUM_BYTES = 4 * 1024 * 1024;

const ERROR_CODE = '2100';
// https://learn.microsoft.com/azure/data-factory/data-factory-troubleshoot-guide#error-code-2001
const OUTPUT_TOO_LONG = '2001';

const properties = z.strictObject({ source: sqlSource, dataset: reference, firstRowOnly: z.boolean().default(true) });

/** Lookup: rows of one result set, without the columns that are NULL. More than 5,000 rows are cut off silently, more than 4 MB fail. */
export const lookup: Executor = async (context) => {
  const { source, dataset, firstRowOnly } = context.read(properties, ERROR_CODE);
  try {
    const table = context.table(dataset);
    const database = await context.connect(table.linkedService);
    const { resultSets } = await database.query(readSource(source, table, ERROR_CODE));
    const [rows, ...others] = resultSets;
    if (rows === undefined || others.length > 0) {
      throw new ActivityError(ERROR_CODE, `A Lookup needs one result set; the query returned ${resultSets.length}.`);
    }
    return { ...shape(rows, firstRowOnly), ...context.envelope('PipelineActivity') };
  } catch (error) {
    throw dataFailure(ERROR_CODE, 'Source', error);
  }
};

function shape(rows: readonly JsonObject[], firstRowOnly: boolean): JsonObject {
  const value = rows.slice(0, firstRowOnly ? 1 : MAXIMUM_ROWS).map(withoutNulls);
  if (Buffer.byteLength(JSON.stringify(value)) > MAXIMUM_BYTES) {
    const text = 'The length of execution output is over limit (around 4MB currently).';
    throw new ActivityError(OUTPUT_TOO_LONG, text);
  }
  const [firstRow] = value;
  if (!firstRowOnly) return { count: value.length, value };
  return firstRow === undefined ? {} : { firstRow };
}

function withoutNulls(row: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}
