/** The demo's replication: the customer prepares the environment, data is copied, changed at the source, and copied again. */
import { companyTables } from '../sample/load-sample.ts';
import type { Sample } from '../stack/databases.ts';
import type { Stack } from '../stack/stack.ts';
import { queryDatabase } from './inspection.ts';
import type { SetupClient } from './setup-client.ts';

/** The parts of a replication run that the demo shows. */
export interface RunResource {
  readonly runId: string;
  readonly mode: string;
  readonly state: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly counts: { readonly tables: number; readonly succeededTables: number; readonly rows: number };
}

const CUSTOMERS = '[dbo].[CRONUS International Ltd_$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972]';

/** What somebody works at the source meanwhile. */
const work = `
  INSERT INTO ${CUSTOMERS} ([No_], [Name]) VALUES (N'D90000', N'Somebody new');
  UPDATE ${CUSTOMERS} SET [City] = N'Basel' WHERE [No_] = (SELECT MIN([No_]) FROM ${CUSTOMERS});
  DELETE FROM ${CUSTOMERS} WHERE [No_] = (SELECT MAX([No_]) FROM ${CUSTOMERS} WHERE [No_] < N'D90000');`;

/** Creates the companies of the source online, as the customer does with the client. Gives their names. */
export async function createCompanies(client: SetupClient, setupId: string, sample: Sample): Promise<string[]> {
  const { body } = await client.get(setupId, 'companies');
  const names = (body as { value: { name: string }[] }).value.map(({ name }) => name);
  for (const name of names) {
    for (const statement of companyTables(sqlNameOf(name))) await sample.execute('destination', statement);
  }
  return names;
}

/** The platform's rule for characters that a name in SQL must not have. */
function sqlNameOf(company: string): string {
  return company.replaceAll(/[."\\/'%\][]/g, '_');
}

/** Asks for a replication run and follows it to its end. */
export async function replicate(client: SetupClient, setupId: string, mode: 'full' | 'delta'): Promise<RunResource> {
  const answer = await client.send('POST', `migrationSetups/${setupId}/replicationRuns`, { mode });
  if (answer.status !== 202) throw new Error(`It was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  const location = answer.headers.get('operation-location') ?? '';
  const ended = await client.follow(location, 250);
  const run = ended.body as RunResource;
  if (run.state !== 'Succeeded') throw new Error(`The run has ended so: ${JSON.stringify(run)}`);
  return run;
}

/** Inserts, changes and deletes a customer at the source. */
export async function workAtSource(stack: Stack, sample: Sample): Promise<void> {
  await queryDatabase(stack, sample, 'source', work);
}

/** The customers of a company on both sides, which are the same if all went well. */
export async function compareCustomers(stack: Stack, sample: Sample): Promise<{ rows: number; same: boolean }> {
  const query = `SELECT [No_], [Name], [City], [Credit Limit (LCY)] FROM ${CUSTOMERS} ORDER BY [No_]`;
  const [there, here] = await Promise.all([
    queryDatabase(stack, sample, 'source', query),
    queryDatabase(stack, sample, 'destination', query),
  ]);
  return { rows: here.length, same: JSON.stringify(there) === JSON.stringify(here) };
}
