import { z } from 'zod';
import { json } from '../documents.ts';
import type { JsonObject } from '../json.ts';
import type { Executor } from './activity-context.ts';
import { statementFailure } from './sql-failures.ts';
import { parameterType } from './sql-values.ts';

const ERROR_CODE = '2011';

// https://learn.microsoft.com/azure/data-factory/transform-data-using-script#type-properties
const properties = z.strictObject({
  scripts: z
    .array(
      z.strictObject({
        type: z.enum(['Query', 'NonQuery']),
        text: z.string(),
        parameters: z
          .array(
            z.strictObject({
              name: z.string(),
              type: z.string(),
              value: json.default(null),
              direction: z.literal('Input').optional(),
              size: z.number().optional(),
            }),
          )
          .default([]),
      }),
    )
    .min(1),
  // Accepted without effect: the activity's own timeout holds.
  scriptBlockExecutionTimeout: z.string().optional(),
});

/** Script: runs batches one after the other on one connection; result sets of Query batches are returned. */
export const script: Executor = async (context) => {
  const { scripts } = context.read(properties, ERROR_CODE);
  try {
    const database = await context.connect(context.linkedServiceName());
    const resultSets: JsonObject[] = [];
    let recordsAffected = 0;
    for (const { type, text, parameters } of scripts) {
      const typed = parameters.map(({ name, type: typeName, value }) => ({
        name,
        type: parameterType(typeName, ERROR_CODE),
        value,
      }));
      const result = await database.query(text, typed);
      if (type === 'NonQuery') recordsAffected += result.recordsAffected;
      else resultSets.push(...result.resultSets.map((rows) => ({ rowCount: rows.length, rows })));
    }
    return {
      resultSetCount: resultSets.length,
      recordsAffected,
      resultSets,
      outputParameters: {},
      outputLogs: '',
      outputLogsLocation: '',
      outputTruncated: false,
      ...context.envelope('ExternalActivity'),
    };
  } catch (error) {
    throw statementFailure(ERROR_CODE, error);
  }
};
