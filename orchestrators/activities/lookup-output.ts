/** https://learn.microsoft.com/azure/data-factory/control-flow-lookup-activity#use-the-lookup-activity-result */
import { z } from 'zod';

/** The row of a Lookup that gives the first one only. */
export function firstRowOf<Row>(output: unknown, row: z.ZodType<Row>): Row {
  return z.object({ firstRow: row }).parse(output).firstRow;
}

/** The rows of a Lookup. */
export function rowsOf<Row>(output: unknown, row: z.ZodType<Row>): Row[] {
  return z.object({ value: z.array(row) }).parse(output).value;
}
