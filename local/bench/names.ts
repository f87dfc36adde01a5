/**
 * Sends 100,000 generated names of companies, tables and columns through the SQL endpoint; `npm test` sends 2,000:
 * `npm run bench:names -- [names] [seed]`. Fails when one does not come back as it went, or anything else is executed.
 */
import { misunderstood, sampleNames } from '../../test/support/sql-names.ts';
import { startTestServers } from '../../test/support/sql-server.ts';

const NAMES = 100_000;

const [count = NAMES, seed = 1] = process.argv.slice(2).map(Number);
const names = sampleNames(count, seed);
const servers = await startTestServers();
const pool = await servers.connect('source');
try {
  await pool.query('CREATE TABLE [canary] ([id] int NOT NULL); INSERT INTO [canary] ([id]) VALUES (1);');
  const begun = performance.now();
  const { wrong, statements } = await misunderstood(pool, names);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${names.length} names in ${statements} statements in ${seconds} s: ${wrong.length} did not come back`);
  for (const name of wrong) console.error(JSON.stringify(name));
  if (wrong.length > 0) process.exitCode = 1;
} finally {
  await pool.close();
  await servers.stop();
}
