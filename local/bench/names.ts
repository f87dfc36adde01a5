/**
 * Sends 100,000 generated names of companies, tables and columns through the SQL endpoint; `npm test` sends 2,000:
 * `npm run bench:names -- [names] [seed]`. Fails when one does not come back as it went, or anything else is executed.
 */
import { misunderstood, sampleNames } from '../../test/support/sql-names.ts';
import { startSampleServers } from '../../test/support/sample-servers.ts';

const NAMES = 100_000;

const [count = NAMES, seed = 1] = process.argv.slice(2).map(Number);
const names = sampleNames(count, seed);
const servers = await startSampleServers();
try {
  await servers.source.query('CREATE TABLE [canary] ([id] int NOT NULL); INSERT INTO [canary] ([id]) VALUES (1);');
  const begun = performance.now();
  const { wrong, statements } = await misunderstood(servers.source, names);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${names.length} names in ${statements} statements in ${seconds} s: ${wrong.length} did not come back`);
  for (const name of wrong) console.error(JSON.stringify(name));
  if (wrong.length > 0) process.exitCode = 1;
} finally {
  await servers.stop();
}
