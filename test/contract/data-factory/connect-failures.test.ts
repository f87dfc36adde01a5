import type { LinkedServiceUnion } from '@azure/arm-datafactory';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AZURE_SQL, SQL_SERVER } from '../../../local/sql-server/profiles.ts';
import type { ServerOptions } from '../../../local/sql-server/options.ts';
import { startSqlServer } from '../../../local/sql-server/server.ts';
import type { SqlServers } from '../../../local/sql-server/server.ts';
import { createCertificateAuthority, trustCertificateAuthority } from '../../../local/stack/certificates.ts';
import { runFailure } from '../../../shared/factory/run-failure.ts';
import { script } from '../fixtures/data-factory-activities.ts';
import { FACTORY, GROUP, putPipeline, runEnd, startDataFactoryFixture } from '../fixtures/data-factory.ts';
import type { DataFactoryFixture } from '../fixtures/data-factory.ts';
import { startSilentEndpoint } from '../../support/silent-endpoint.ts';
import type { SilentEndpoint } from '../../support/silent-endpoint.ts';

const password = 'Right-Password-1';
const database = { name: 'onprem', compatibilityLevel: 150, collation: 'SQL_Latin1_General_CP1_CI_AS' };
const login = { name: 'reader', password, databases: { onprem: [] } };
const refused = (['disabled', 'locked', 'expired', 'mustChange'] as const).map((reason) => {
  return { ...login, name: reason, refused: reason };
});
const common = { acceptsTokens: false, databases: [database, { ...database, name: 'others' }] };
const server: ServerOptions = { ...common, name: 'server', profile: SQL_SERVER, logins: [login, ...refused] };
const closed: ServerOptions = { ...common, name: 'closed', profile: AZURE_SQL, logins: [login], closed: true };

let fixture: DataFactoryFixture;
let trusted: SqlServers;
let untrusted: SqlServers;
/** Takes connections and says nothing more, each with another certificate; one agrees on no encryption either. */
let silent: Readonly<Record<'deaf' | 'hasty' | 'expired' | 'notYet' | 'outdated', SilentEndpoint>>;

beforeAll(async () => {
  fixture = await startDataFactoryFixture();
  const { tls, identity } = fixture;
  const { verifyToken } = identity;
  const authority = await createCertificateAuthority();
  const stranger = await authority.issue();
  const timely = await createCertificateAuthority();
  trustCertificateAuthority(timely.certificate);
  const [deaf, hasty, expired, notYet, outdated] = await Promise.all([
    startSilentEndpoint(),
    startSilentEndpoint(undefined, (socket) => socket.end()),
    startSilentEndpoint(await timely.issue({ from: inDays(-2), until: inDays(-1) })),
    startSilentEndpoint(await timely.issue({ from: inDays(1), until: inDays(2) })),
    startSilentEndpoint({ ...(await timely.issue()), maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }),
  ]);
  silent = { deaf, hasty, expired, notYet, outdated };
  [trusted, untrusted] = await Promise.all([
    startSqlServer({ tls, verifyToken, servers: [server, closed] }),
    startSqlServer({ tls: stranger, verifyToken, servers: [server] }),
  ]);
});

afterAll(async () => {
  await fixture.stop();
  await Promise.all([trusted, untrusted, ...Object.values(silent)].map((one) => one.stop()));
});

function inDays(days: number): Date {
  return new Date(Date.now() + days * 24 * 60 * 60 * 1000);
}

/** With the encryption before everything else, so that the certificate is seen at once. */
const strictly = (name: keyof typeof silent) => ({ encrypt: 'strict', server: `localhost,${silent[name].port}` });
/** The factory's own, in place of a login. */
const ofIdentity = { authenticationType: 'SystemAssignedManagedIdentity', userName: undefined, password: undefined };
const portOf = (servers: SqlServers, name = 'server') => `localhost,${servers.servers[name]?.port}`;

/** How a linked service differs from one that works, each time with the code that a setup fails with. */
const faults: readonly (readonly [code: string, what: string, number: number, differs: () => object])[] = [
  ['HostNotFound', 'a host that nobody knows', 11_001, () => ({ server: 'no-such-host.invalid' })],
  ['InstanceNotFound', 'an instance that the server does not have', -1, () => ({ server: 'localhost\\NONE' })],
  ['1225', 'a port that is closed', 1_225, () => ({ server: 'localhost,1' })],
  ['FirewallRefused', 'a firewall that is closed', 40_615, () => ({ server: portOf(trusted, 'closed') })],
  ['CertificateNotTrusted', 'a strange certificate', -2_146_893_019, () => ({ server: portOf(untrusted) })],
  [
    'CertificateNameWrong',
    'a certificate of another name',
    -2_146_893_022,
    () => ({ hostNameInCertificate: 'sql.example.com' }),
  ],
  ['CertificateExpired', 'a certificate that has expired', -2_146_893_016, () => strictly('expired')],
  ['CertificateExpired', 'a certificate that is not valid yet', -2_146_893_016, () => strictly('notYet')],
  [
    'ServerUnreachable',
    'a server that takes the connection and says nothing',
    -2,
    () => ({ server: `localhost,${silent.deaf.port}`, connectTimeout: 1 }),
  ],
  ['18456', 'a wrong password', 18_456, () => ({ password: { type: 'SecureString', value: 'Wrong-Password-1' } })],
  ['LoginDisabled', 'a login that is disabled', 18_470, () => ({ userName: 'disabled' })],
  ['LoginLocked', 'a login that is locked', 18_486, () => ({ userName: 'locked' })],
  ['PasswordExpired', 'a password that has expired', 18_487, () => ({ userName: 'expired' })],
  ['PasswordExpired', 'a password that must be changed', 18_488, () => ({ userName: 'mustChange' })],
  ['DatabaseNotFound', 'a database that is not there', 4_060, () => ({ database: 'absent' })],
  ['DatabaseNotFound', 'a database without a user for the login', 4_060, () => ({ database: 'others' })],
  ['IdentityRefused', 'an identity that the server does not let in', 18_456, () => ofIdentity],
  ['0', 'a server that ends the connection', 10_054, () => ({ server: `localhost,${silent.hasty.port}` })],
  ['0', 'a server with no version of TLS in common', -2_146_893_007, () => strictly('outdated')],
];

/** How a run ends whose activity opens a database. */
async function endOf(activity: string, differs: object) {
  const { client } = fixture;
  const name = `linked_${crypto.randomUUID().replaceAll('-', '_')}`;
  const right = {
    server: portOf(trusted),
    database: 'onprem',
    encrypt: 'mandatory',
    authenticationType: 'SQL',
    userName: 'reader',
    password: { type: 'SecureString', value: password },
  };
  const properties = { type: 'SqlServer', typeProperties: { ...right, ...differs } };
  await client.linkedServices.createOrUpdate(GROUP, FACTORY, name, { properties: properties as LinkedServiceUnion });
  const pipeline = await putPipeline(fixture, { activities: [{ ...script(name, 'SELECT 1 AS one'), name: activity }] });
  const { runId } = await client.pipelines.createRun(GROUP, FACTORY, pipeline);
  const { status = '', message = '' } = await runEnd(fixture, runId);
  return { status, message };
}

test('a database that can be opened is', async () => {
  expect(await endOf('SourceProbe', {})).toMatchObject({ status: 'Succeeded' });
});

test.concurrent.each(faults)('%s: %s', async (code, _what, number, differs) => {
  const { status, message } = await endOf('DestinationProbe', differs());
  const failure = runFailure('assess', status, message);
  const address = code === 'FirewallRefused' ? ', from the address 127.0.0.1' : '';
  expect(failure).toEqual({
    code,
    cause: `Stage assess could not open the destination database: SQL error ${number}${address}.`,
    remedy: expect.stringContaining('replay the setup') as string,
  });
});
