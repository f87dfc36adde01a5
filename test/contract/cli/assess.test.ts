import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assess } from '../../../cli/assess.ts';
import type { AssessOptions } from '../../../cli/assess.ts';
import type { Assessment } from '../../../cli/assessment.ts';
import { record } from '../../../cli/record.ts';
import { sampleDatabases } from '../../../local/sample/load-sample.ts';
import { trustCertificateAuthority } from '../../../local/stack/certificates.ts';
import { rows, startLocalServers } from '../../support/sample-servers.ts';
import type { LocalServers } from '../../support/sample-servers.ts';

let servers: LocalServers;
let folder: string;

beforeAll(async () => {
  servers = await startLocalServers();
  folder = await mkdtemp(join(tmpdir(), 'assess-'));
  trustCertificateAuthority(servers.certificate);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
  await servers.stop();
});

const place = (server: 'onprem' | 'online', database: string, user = 'owner') =>
  `Server=localhost,${servers.portOf(server)};Database=${database};User ID=${user}`;
const source = () => place('onprem', sampleDatabases.source);
const destination = () => place('online', sampleDatabases.destination);

/** Runs the command in this process. @returns its exit code, and what it wrote */
async function run(options: Partial<AssessOptions>, passwords = { source: servers.password }) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const env = { BC_SOURCE_PASSWORD: passwords.source, BC_DESTINATION_PASSWORD: servers.password };
  const surroundings = { stdin: {}, stdout, stderr, env };
  const exitCode = await assess({ source: source(), product: 'DynamicsBCLast', ...options }, surroundings);
  stdout.end();
  stderr.end();
  return { exitCode, output: await text(stdout), errors: await text(stderr) };
}

async function assessed(options: Partial<AssessOptions>): Promise<Assessment> {
  return JSON.parse((await run({ ...options, json: '-' })).output) as Assessment;
}

describe('an assessment of both databases', () => {
  test('reports every check and every table, and changes nothing', async () => {
    const before = await schemaOf();
    const { summary, checks, plan, companies } = await assessed({ destination: destination() });
    expect(summary).toMatchObject({ failed: 0, failedChecks: [] });
    expect(checks.find(({ id }) => id === 'EXT-01')).toMatchObject({ status: 'failed', severity: 'warns' });
    expect(companies).toHaveLength(3);
    expect(plan?.summary.byCopyMethod).toEqual({ Delta: 21, Full: 4, Preserve: 2, None: 22 });
    expect(plan?.tables.every(({ reason }) => reason !== '')).toBe(true);
    expect(plan?.sums).toMatchObject({ copied: { tables: 27, rows: 3_077 }, left: { tables: 22, tablesWithRows: 12 } });
    expect(await schemaOf()).toEqual(before);
  });

  test('has as text what failed, with its remedy, and what is left out', async () => {
    const { exitCode, output } = await run({ destination: destination() });
    expect(exitCode).toBe(0);
    expect(output).toContain('EXT-01');
    expect(output).toContain('remedy    Install or update these extensions online');
    expect(output).toMatch(/left out with 2 rows: .*Payment Terms.*50011/);
    expect(output).toContain('Nothing blocks the migration.');
  });

  test('has as one page everything that a customer is told, and nothing that a browser would run or fetch', async () => {
    const html = join(folder, 'report.html');
    await run({ destination: destination(), html });
    const page = await readFile(html, 'utf8');
    expect(page).toContain('CRONUS [LOCAL] &amp; Söhne');
    expect(page).toContain('Legacy Archive 1.0.4.0');
    expect(page).toContain('<td class="long" data-label="Why">Its app is not installed online.</td>');
    expect(page).not.toMatch(/<script|<link|<img|url\(|[^&]& /);
    expect(page).not.toContain(servers.password);
  });

  test('says with its exit code that a check blocks', async () => {
    const { exitCode, output } = await run({ destination: destination(), product: 'DynamicsBC' });
    expect(exitCode).toBe(1);
    expect(output).toMatch(/blocks {2}VER-02/);
  });

  test('plans only the tables of companies that are named', async () => {
    const { plan } = await assessed({ destination: destination(), company: ['CRONUS International Ltd.'] });
    const copied = plan?.tables.filter(({ copyMethod }) => copyMethod !== 'None').map(({ company }) => company);
    expect(new Set(copied)).toEqual(new Set(['', 'CRONUS International Ltd.']));
  });
});

describe('of the checks that are wanted', () => {
  test('only these are evaluated, and the report counts the others', async () => {
    const { exitCode, output } = await run({
      destination: destination(),
      product: 'DynamicsBC',
      skipChecks: ['VER-02', 'EXT-01'],
    });
    expect(exitCode).toBe(0);
    expect(output).toContain(', 2 excluded');
    expect(output).not.toContain('VER-02');
    const { checks } = await assessed({ destination: destination(), checks: ['SRV-01'] });
    expect(checks.filter(({ status }) => status !== 'excluded').map(({ id }) => id)).toEqual(['SRV-01']);
  });

  test.each([
    [{ checks: ['SVR-01'] }, '--checks: value 1 is no check; the nearest are SRV-01'],
    [{ checks: ['SRV-01'], skipChecks: ['SRV-02'] }, '--checks and --skip-checks: give one of them.'],
  ])('%j is a mistake', async (options, message) => {
    expect(await run(options)).toMatchObject({ exitCode: 2, errors: expect.stringContaining(message) as string });
  });
});

test('without a destination the checks that need one are skipped, and nothing is planned', async () => {
  const { checks, plan, summary } = await assessed({});
  expect(checks.find(({ id }) => id === 'VER-02')).toMatchObject({
    status: 'skipped',
    cause: 'It is only known in the database of the environment, which was not measured.',
  });
  expect(checks.find(({ id }) => id === 'SRV-01')).toMatchObject({ status: 'passed' });
  expect(summary.failed).toBe(0);
  expect(plan).toBeUndefined();
});

test('without the companies of the source nothing is planned', async () => {
  const options = { source: place('onprem', sampleDatabases.source, 'reader'), destination: destination() };
  const { checks, plan } = await assessed(options);
  expect(checks.find(({ id }) => id === 'CMP-01')).toMatchObject({ status: 'failed', measured: 'denied' });
  expect(plan).toBeUndefined();
});

test('a login that only reads the environment is no factory that may not write', async () => {
  const { checks, plan } = await assessed({ destination: place('online', sampleDatabases.destination, 'reader') });
  expect(checks.find(({ id }) => id === 'AUT-06')).toMatchObject({
    status: 'skipped',
    cause: 'It is only known in the data factory, which was not measured.',
  });
  expect(plan).toBeDefined();
});

test.each([
  [2, '--source-password-file: /no/such/file cannot be read', { sourcePasswordFile: '/no/such/file' }],
  [4, 'no such file or directory', { html: '/no/such/folder/report.html' }],
])('ends with %i and says why: %s', async (code, message, options) => {
  const { exitCode, errors } = await run(options);
  expect(errors).toContain(message);
  expect(exitCode).toBe(code);
});

test('a server that shows another certificate is trusted by a decision alone', async () => {
  const elsewhere = `${source()};HostNameInCertificate=sql.example.com`;
  expect(await run({ source: elsewhere })).toMatchObject({
    exitCode: 3,
    errors: expect.stringContaining('The certificate of the server is for another name.') as string,
  });
  expect(await run({ source: `${elsewhere};TrustServerCertificate=True` })).toMatchObject({
    exitCode: 2,
    errors: expect.stringContaining('--trust-server-certificate') as string,
  });
  expect(await run({ source: elsewhere, trustServerCertificate: true })).toMatchObject({ exitCode: 0 });
});

describe('an environment that was recorded', () => {
  const file = () => join(folder, 'environment.gz');

  test('is compared with as if it were measured', async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const env = { BC_DESTINATION_PASSWORD: servers.password };
    expect(await record({ destination: destination(), out: file() }, { stdin: {}, stdout, stderr, env })).toBe(0);
    const recorded = await assessed({ catalogue: file() });
    const measured = await assessed({ destination: destination() });
    expect(recorded.plan).toEqual(measured.plan);
    expect(recorded.checks).toEqual(measured.checks);
    expect(recorded.destination?.recordedAt).toMatch(/^20/);
    const lines = gunzipSync(await readFile(file()))
      .toString()
      .split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(2_000);
  });

  test('that is no recording is refused', async () => {
    await writeFile(file(), 'nothing');
    const { exitCode, errors } = await run({ catalogue: file() });
    expect(exitCode).toBe(2);
    expect(errors).toContain(`${file()} is no recording`);
  });
});

describe('a database that cannot be opened', () => {
  test.each([
    ['a wrong password', {}, { source: 'Wrong-Password-1' }, 'The login failed. Check the name and the password'],
    ['a closed port', { source: 'Server=localhost,1;Database=a;User ID=b' }, undefined, 'refuses connections'],
    ['an unknown host', { source: 'Server=no.invalid;Database=a;User ID=b' }, undefined, 'No server has the name'],
  ])('because of %s is named with its cause and its remedy', async (_what, options, passwords, message) => {
    const { exitCode, output, errors } = await run(options, passwords);
    expect(exitCode).toBe(3);
    expect(output).toBe('');
    expect(errors).toContain('The source cannot be opened.');
    expect(errors).toContain(message);
    expect(errors).not.toContain('Wrong-Password-1');
  });
});

test.each([
  [';Password=Secret-1', 'a password must not stand in the arguments'],
  [';ServerSPN=x', '--source: ServerSPN is not supported'],
])('a connection string with %s is refused before anybody is asked for a password', async (more, message) => {
  const { exitCode, errors } = await run({ source: `${source()}${more}`, sourcePasswordFile: '/not/read' });
  expect(exitCode).toBe(2);
  expect(errors).toContain(message);
  expect(errors).not.toContain('Secret-1');
});

describe('the built command', () => {
  // By its name alone, as npx runs it.
  const built = (...args: string[]) =>
    new Promise<{ readonly code: unknown; readonly output: string }>((resolve) => {
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem') };
      execFile('dist/cli.js', args, { env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : error.code, output: stdout + stderr });
      });
    });

  test('reads the password from a file', async () => {
    await writeFile(join(folder, 'authority.pem'), servers.certificate);
    await writeFile(join(folder, 'password'), `${servers.password}\n`);
    const given = ['--product', 'DynamicsBCLast', '--source', source()];
    const { code, output } = await built('assess', ...given, '--source-password-file', join(folder, 'password'));
    expect(output).toContain('Nothing in the source blocks the migration, and no environment was measured.');
    expect(code).toBe(0);
  });

  test('does not ask where nobody can answer', async () => {
    const { code, output } = await built('assess', '--product', 'DynamicsBC', '--source', source());
    expect(output).toBe(
      'There is nobody to ask for the password of the source: give --source-password-file, or set BC_SOURCE_PASSWORD.\n',
    );
    expect(code).toBe(2);
  });

  test('names an option that is missing', async () => {
    const { code, output } = await built('assess', '--product', 'DynamicsBC');
    expect(output).toContain("required option '--source <connection string>' not specified");
    expect(code).toBe(2);
  });
});

/** All objects of both databases. */
function schemaOf() {
  const query = 'SELECT [name], [type], [modify_date] FROM sys.objects ORDER BY [name]';
  return Promise.all([rows(servers.source, query), rows(servers.destination, query)]);
}
