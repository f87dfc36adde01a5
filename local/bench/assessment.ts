/**
 * Assesses a database of 20 companies with 500 tables each against one of 500 tables, as the command line does, from a process beside
 * that of the servers, and times the parts of it: `npm run bench:assessment -- [companies] [tables]`.
 */
import { mkdtemp } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sql from 'mssql';
import { z } from 'zod';
import { assessDatabases } from '../../cli/assessment.ts';
import type { Login } from '../../cli/connect.ts';
import { SqlDatabase } from '../../shared/sql/database.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import { baseApplicationDatabases } from '../../test/support/base-application-databases.ts';
import { baseApplication } from '../../test/support/plan/base-application.ts';
import { trustCertificateAuthority } from '../stack/certificates.ts';
import { startChild } from '../stack/process/child-process.ts';

const [COMPANIES, TABLES] = [20, 500];
const COLUMNS = [6, 16] as const;
/** How often the whole is timed; the time in the middle counts. */
const TIMES = 3;
const BOUND_SECONDS = 5;

const [companies = COMPANIES, tables = TABLES] = process.argv.slice(2).map(Number);
const application = baseApplication(companies, tables, COLUMNS);
const content = baseApplicationDatabases(application, () => 3);
const child = await startChild({
  program: fileURLToPath(new URL('assessment/servers.ts', import.meta.url)),
  args: [],
  environment: {},
  directory: await mkdtemp(join(tmpdir(), 'bench-assessment-')),
  ready: /^servers: (.*)$/m,
  log: () => undefined,
});
const servers = z
  .object({ password: z.string(), certificate: z.string(), onprem: z.number(), online: z.number() })
  .parse(JSON.parse(child.match[1] ?? ''));
trustCertificateAuthority(servers.certificate);
const [source, destination] = [await open('onprem', 'BC.250'), await open('online', 'empty')];
const executeAt = (pool: sql.ConnectionPool) => async (batch: string) => void (await pool.request().batch(batch));
await content.fill('source', executeAt(source));
await content.fill('destination', executeAt(destination));
for (const table of content.companyTables(application.companies[0] ?? '')) await executeAt(destination)(table);

const database = new SqlDatabase(source);
const parts: readonly (readonly [what: string, work: () => Promise<unknown>])[] = [
  ['probe of the source', () => database.query(scripts.sourceProbe)],
  ['probe of its storage', () => database.query(scripts.sourceStorageProbe)],
  ['companies', () => database.query(scripts.listCompanies)],
  ['catalogue of the source', () => Array.fromAsync(database.stream(scripts.catalogue))],
];
const assess = () =>
  assessDatabases({
    product: 'DynamicsBC',
    source: login('source', 'onprem', 'BC.250'),
    destination: login('destination', 'online', 'empty'),
  });
console.log(`${companies} companies x ${tables} tables; load average before: ${loadavg()[0]?.toFixed(2)}`);
const figures = [];
for (const [what, work] of parts) figures.push({ what, ...(await timed(work)) });
const wholes = [];
for (let time = 0; time < TIMES; time += 1) wholes.push({ what: 'the whole assessment', ...(await timed(assess)) });
const fingerprint = await timed(() => database.query(scripts.catalogueFingerprint));
console.table([...figures, ...wholes, { what: 'fingerprint of the catalogue, for a setup', ...fingerprint }]);
const seconds = wholes.map((whole) => whole.seconds).sort((one, other) => one - other)[(TIMES - 1) / 2] ?? Infinity;
console.log(
  `${seconds} s in the middle: ${seconds <= BOUND_SECONDS ? 'within' : 'ABOVE'} the bound of ${BOUND_SECONDS} s`,
);
await child.stop();
process.exit(seconds <= BOUND_SECONDS ? 0 : 1);

/** However long a request takes: here it is measured. */
function open(server: 'onprem' | 'online', name: string): Promise<sql.ConnectionPool> {
  const { password } = servers;
  const place = { server: 'localhost', port: servers[server], database: name, user: 'owner', password };
  return new sql.ConnectionPool({ ...place, options: { encrypt: true }, requestTimeout: 0 }).connect();
}

function login(side: Login['side'], server: 'onprem' | 'online', name: string): Login {
  const { password } = servers;
  const connection = { server: `localhost,${servers[server]}`, database: name, userName: 'owner' };
  return { side, connection: { ...connection, encrypt: true, trustServerCertificate: false }, password };
}

/** Time on the clock, and of the processor in this process alone. */
async function timed(work: () => Promise<unknown>) {
  const [begun, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  const rounded = (value: number) => Number(value.toFixed(2));
  return { seconds: rounded((performance.now() - begun) / 1_000), processor: rounded((user + system) / 1_000_000) };
}
