import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as realTime } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createToHandler } from '../../functions/http/adapter.ts';
import { routes } from '../../functions/routes.ts';
import { startIdentity } from '../../local/identity/server.ts';
import type { Identity } from '../../local/identity/server.ts';
import { createCertificateAuthority, trustCertificateAuthority } from '../../local/stack/certificates.ts';
import type { Settings } from '../../shared/config.ts';
import { messageOf } from '../../shared/error-message.ts';
import { createServices } from '../../shared/services.ts';
import type { Services } from '../../shared/services.ts';
import { callHandler, settingsFor } from '../support/api/http-call.ts';
import { startTokenIssuer } from '../support/api/token-issuer.ts';
import { newSetup } from '../support/setup/stored-setup.ts';
import { startSilentEndpoint } from '../support/silent-endpoint.ts';
import type { SilentEndpoint } from '../support/silent-endpoint.ts';

const factory = { subscriptionId: '44444444-4444-4444-8444-444444444444', resourceGroup: 'rg', name: 'factory-one' };
const key = '0123456789ab';
const blob = { folder: 'plan', file: 'attempt-1.json.gz' };

let identity: Identity;
let web: SilentEndpoint;
let sql: SilentEndpoint;
let stalling: Server;
let services: Services;
/** The same at services that begin an answer. */
let breakingOff: Services;

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  trustCertificateAuthority(authority.certificate);
  const tls = await authority.issue();
  identity = await startIdentity({ tls, tenantId: newSetup.tenantId });
  for (const [name, value] of Object.entries(identity.settings)) vi.stubEnv(name, value);
  [web, sql] = await Promise.all([startSilentEndpoint(tls), startSilentEndpoint()]);
  stalling = createServer(tls, stall).listen(0);
  await once(stalling, 'listening');
  const issuer = await startTokenIssuer();
  const settings = settingsFor(issuer);
  services = servicesAt(web.port, settings);
  breakingOff = servicesAt((stalling.address() as AddressInfo).port, settings);
  await issuer.stop();
});

afterAll(async () => {
  stalling.closeAllConnections();
  stalling.close();
  await Promise.all([web.stop(), sql.stop(), identity.stop()]);
});

function servicesAt(port: number, settings: Settings): Services {
  const url = `https://localhost:${port}`;
  return createServices({
    ...settings,
    MIGRATION_STATE_TABLE_ENDPOINT: `${url}/devstoreaccount1`,
    MIGRATION_SERVICE_BUS_NAMESPACE: `localhost:${port}`,
    MIGRATION_KEY_VAULT_URL: url,
    MIGRATION_RESOURCE_MANAGER_URL: url,
    MIGRATION_METRICS_ENDPOINT: url,
    MIGRATION_STAGING_BLOB_ENDPOINT: `${url}/devstoreaccount1`,
  });
}

/** Begins an answer, compressed as that of a service is where it may be, and as a plan is; and says no more. */
function stall(request: IncomingMessage, response: ServerResponse): void {
  const isCompressed = String(request.headers['accept-encoding']).includes('gzip');
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': 1_000_000,
    etag: '"1"',
    ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
  });
  const lines = Array.from({ length: 1_000 }, () => `"${randomUUID()}"\n`);
  response.write(gzipSync(lines.join('')).subarray(0, 5_000));
}

const blobs = (of = services) => of.staging.of('westeurope');

/** How work fails, and after how many milliseconds by its timers: they run a hundred times faster than the wall's clock. */
async function failureOf(work: Promise<unknown>): Promise<{ message: string; time: number }> {
  const messages: string[] = [];
  void work.then(
    () => messages.push('it was answered'),
    (error: unknown) => messages.push(messageOf(error)),
  );
  for (let time = 0; ; time += 200) {
    const [message] = messages;
    if (message !== undefined) return { message, time };
    await vi.advanceTimersByTimeAsync(200);
    await realTime(2);
  }
}

describe('a service that accepts and says nothing is given up', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each<[string, number, () => Promise<unknown>]>([
    ['the tables after three tries', 36_000, () => services.store.get(newSetup)],
    ['the vault after three tries', 36_000, () => services.secrets.get('mig-0123456789ab-01234567')],
    ['Resource Manager', 21_000, () => services.factories.put(factory, 'datasets', 'mig_x_source', { properties: {} })],
    ['Resource Manager, asked', 21_000, () => services.factories.runtimeStatus(factory, 'shir-x')],
    ['Resource Manager, which starts a run', 21_000, () => services.factories.createRun(factory, 'mig_x', {})],
    [
      'Azure Monitor, which says why',
      11_000,
      async () => {
        const { problems } = await services.entityMetrics.read([factory]);
        throw new Error(problems.join());
      },
    ],
    ['the blobs, where a container is opened', 11_000, () => blobs().open(key)],
    ['the blobs, where one is looked for', 11_000, () => blobs().has(key, blob)],
    ['the blobs, where one is read', 11_000, () => Array.fromAsync(blobs().read(key, blob))],
    ['the blobs, where one is written', 11_000, () => blobs().write(key, blob, [Buffer.alloc(2_000_000)])],
    ['the blobs, where containers are listed', 11_000, () => blobs().keys()],
    ['the blobs, where a container is removed', 11_000, () => blobs().remove(key)],
    [
      'a database',
      16_000,
      () =>
        services.databases.use({ ...newSetup.destination, server: `localhost,${sql.port}` }, (database) =>
          database.query('SELECT 1'),
        ),
    ],
  ])('%s', async (_what, longest, work) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { message, time } = await failureOf(work());
    expect(message).toMatch(/did not answer within|Failed to connect to localhost:\d+ in/);
    expect(time).toBeLessThanOrEqual(longest);
  });
});

describe('a service that begins an answer and says no more is given up', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each<[string, number, () => Promise<unknown>]>([
    ['the tables after three tries', 36_000, () => breakingOff.store.get(newSetup)],
    ['the vault after three tries', 36_000, () => breakingOff.secrets.get('mig-0123456789ab-01234567')],
    ['Resource Manager', 21_000, () => breakingOff.factories.put(factory, 'datasets', 'mig_x', { properties: {} })],
    ['Resource Manager, asked', 21_000, () => breakingOff.factories.runtimeStatus(factory, 'shir-x')],
    ['the blobs, where a container is opened', 11_000, () => blobs(breakingOff).open(key)],
    ['the blobs, where one is read', 11_000, () => Array.fromAsync(blobs(breakingOff).read(key, blob))],
    ['the blobs, where containers are listed', 11_000, () => blobs(breakingOff).keys()],
  ])('%s', async (_what, longest, work) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { message, time } = await failureOf(work());
    expect(message).toMatch(/did not answer within|The rest did not come/);
    expect(time).toBeLessThanOrEqual(longest);
  });
});

test('an identity endpoint that says nothing is given up', async () => {
  vi.stubEnv('IDENTITY_ENDPOINT', `http://localhost:${sql.port}/msi/token`);
  const alone = createServices(services.settings);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { time } = await failureOf(alone.store.get(newSetup));
  expect(time).toBeLessThanOrEqual(120_000);
});

test('health names the store that says nothing, within five seconds', async () => {
  const route = routes.find(({ name }) => name === 'getHealth');
  if (route === undefined) throw new Error('There is no route getHealth');
  const begun = Date.now();
  const answer = await callHandler(createToHandler(services)(route), {});
  expect(Date.now() - begun).toBeLessThan(5_000);
  expect(answer).toMatchObject({ status: 503, body: { dependencies: { stateStore: 'Unhealthy' } } });
});
