import { z } from 'zod';
import { json } from '../documents.ts';
import type { Executor } from './activity-context.ts';
import { statementFailure } from './sql-failures.ts';
import { parameterType } from './sql-values.ts';

// https://learn.microsoft.com/azure/data-factory/data-factory-troubleshoot-guide#error-code-2402
const ERROR_CODE = '2402';

// https://learn.microsoft.com/azure/data-factory/transform-data-using-stored-procedure#syntax-details
const properties = z.strictObject({
  storedProcedureName: z.string(),
  storedProcedureParameters: z
    .record(z.string(), z.strictObject({ value: json.default(null), type: z.string().default('String') }))
    .default({}),
});

/** Stored procedure: runs it; neither rows nor output parameters are returned, as in the service. */
export const storedProcedure: Executor = async (context) => {
  const { storedProcedureName, storedProcedureParameters } = context.read(properties, ERROR_CODE);
  try {
    const database = await context.connect(context.linkedServiceName());
    const parameters = Object.entries(storedProcedureParameters).map(([name, { type, value }]) => ({
      name,
      type: parameterType(type, ERROR_CODE),
      value,
    }));
    await database.execute(storedProcedureName, parameters);
    return context.envelope('ExternalActivity');
  } catch (error) {
    throw statementFailure(ERROR_CODE, error);
  }
};
