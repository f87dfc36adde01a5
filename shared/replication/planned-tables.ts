/** What a replication run would copy, as the plan in the environment has it. */
import { z } from 'zod';
import { plannedTables } from '../sql/scripts.ts';
import type { SqlDatabase } from '../sql/database.ts';

const plannedTablesSchema = z.object({
  /** `''` for the data of the whole database. */
  company: z.string(),
  copyMethod: z.string(),
  tables: z.int(),
  // SQL's bigint arrives as text.
  rows: z.coerce.number(),
  bytes: z.coerce.number(),
});
/** Tables of a company with the same copy method. */
export type PlannedTables = z.infer<typeof plannedTablesSchema>;

/** Reads what the plan copies. @param retryOf only what that run did not copy */
export async function readPlannedTables(database: SqlDatabase, retryOf = 0): Promise<PlannedTables[]> {
  return z.array(plannedTablesSchema).parse(await database.query(plannedTables, { retryOf }));
}

/** Those of some companies, and of the whole database. @param companies left out: all */
export function chosenTables(planned: readonly PlannedTables[], companies?: readonly string[]): PlannedTables[] {
  return planned.filter(({ company }) => company === '' || companies === undefined || companies.includes(company));
}
