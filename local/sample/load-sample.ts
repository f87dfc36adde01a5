/** The two sample databases of the local stack: what a migration starts from, and the environment that it leads to. */
import { readFileSync } from 'node:fs';
import { splitBatches } from '../sql-server/batches.ts';

/** Names of the databases. A source on Azure SQL takes the same tables. */
export const sampleDatabases = { source: 'BC250', destination: 'tenant01' } as const;

/** How each script begins the batch that makes two thirds of its tables. */
const COMPANY_TABLES = '-- The tables of a company';

/** `Small`: the companies have no tables, so that a setup plans a third of them, and is done sooner. */
export type SampleSize = 'Whole' | 'Small';

/** Fills an empty database. `execute` runs one batch in it; batches run in order, in one session. */
export async function loadSample(
  database: keyof typeof sampleDatabases,
  execute: (batch: string) => Promise<unknown>,
  size: SampleSize = 'Whole',
): Promise<void> {
  for (const batch of splitBatches(scriptOf(database))) {
    if (size === 'Whole' || !batch.startsWith(COMPANY_TABLES)) await execute(batch);
  }
}

/** What the platform does online when a company is created: tables like those of the company that the sample has there. */
export function companyTables(sqlName: string): readonly string[] {
  const tables =
    scriptOf('destination').match(
      /^CREATE (?:TABLE \[dbo\]\.\[CRONUS USA, Inc_\$[^]*?^\);|(?:VIEW|UNIQUE CLUSTERED INDEX)[^]*?;)$/gm,
    ) ?? [];
  return tables.map((statement) => statement.replaceAll('CRONUS USA, Inc_', sqlName));
}

function scriptOf(database: keyof typeof sampleDatabases): string {
  return readFileSync(new URL(`./${database}.sql`, import.meta.url), 'utf8');
}
