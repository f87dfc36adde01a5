// What services refuse because there is too much of it is counted, as Application Insights gets it.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startServiceBus } from '../../local/service-bus/server.ts';
import type { ServiceBus } from '../../local/service-bus/server.ts';
import { parseTopology } from '../../local/service-bus/topology.ts';
import { booked } from '../../shared/factory/factory-row.ts';
import type { BookedFactory } from '../../shared/factory/factory-row.ts';
import type { Staging } from '../../shared/factory/staging.ts';
import { createServices } from '../../shared/services.ts';
import type { Services } from '../../shared/services.ts';
import { metrics } from '../../shared/telemetry/metrics.ts';
import { settingsFor } from '../support/api/http-call.ts';
import { sharedIdentity, sharedStorage } from '../support/shared-endpoints.ts';
import { recordMetrics } from '../support/telemetry/recorded-metrics.ts';
import type { RecordedMetrics } from '../support/telemetry/recorded-metrics.ts';
import { startUnreliableProxy } from '../support/world/unreliable-proxy.ts';
import type { UnreliableProxy } from '../support/world/unreliable-proxy.ts';

const topologyFile = new URL('../../local/stack/service-bus-topology.json', import.meta.url);
const factory = { subscriptionId: '44444444-4444-4444-8444-444444444444', resourceGroup: 'rg', name: 'factory-one' };
const key = '0123456789ab';
const blob = { folder: 'folder', file: 'file' };

let recorded: RecordedMetrics;
let blobs: UnreliableProxy;
let bus: ServiceBus;
let services: Services;

beforeAll(async () => {
  recorded = await recordMetrics();
  const { tls, identity } = await sharedIdentity();
  for (const [name, value] of Object.entries(identity.settings)) vi.stubEnv(name, value);
  const { origin } = new URL((await sharedStorage()).blobUrl);
  blobs = await startUnreliableProxy(tls, () => origin);
  const topology = parseTopology(JSON.parse(await readFile(topologyFile, 'utf8')));
  bus = await startServiceBus({ tls, verifyToken: identity.verifyToken, topology });
});
afterAll(async () => {
  await Promise.all([blobs.stop(), bus.stop()]);
  await recorded.stop();
});

beforeEach(async () => {
  const { pathname } = new URL((await sharedStorage()).blobUrl);
  const unused = 'https://unused.example.com';
  services = createServices({
    ...settingsFor({ issuer: `${unused}/{tenantId}`, audience: 'api', keysUrl: unused }),
    MIGRATION_STAGING_BLOB_ENDPOINT: `${blobs.url}${pathname}`,
    MIGRATION_SERVICE_BUS_NAMESPACE: bus.fullyQualifiedNamespace,
  });
});

/** What has been counted since the last time, with its dimensions. */
async function counted() {
  const before = recorded.rows.length;
  await recorded.send();
  const rows = recorded.rows.slice(before).filter(({ name }) => name === metrics.throttling.name);
  return rows.map(({ value, customDimensions }) => ({ value, ...customDimensions }));
}

describe('Blob Storage', () => {
  const uses: readonly [string, (staging: Staging) => Promise<unknown>][] = [
    ['opens a container', (staging) => staging.open(key)],
    ['looks for a blob', (staging) => staging.has(key, blob)],
    ['reads one', (staging) => Array.fromAsync(staging.read(key, blob))],
    ['writes one', (staging) => staging.write(key, blob, [Buffer.from('content')])],
    ['lists containers', (staging) => staging.keys()],
    ['removes one', (staging) => staging.remove(key)],
  ];

  test.each([429, 503])('each try that is answered %i counts, whatever was tried', async (status) => {
    let refused = 0;
    blobs.decide = () => {
      refused += 1;
      return { when: 'before', answer: { status } };
    };
    const staging = services.staging.of('westeurope');
    for (const [, use] of uses) await expect(use(staging)).rejects.toMatchObject({ statusCode: status });
    blobs.decide = () => undefined;
    expect(refused).toBeGreaterThanOrEqual(uses.length);
    const dimensions = { 'server.address': 'localhost', 'http.response.status_code': String(status) };
    expect(await counted()).toEqual([{ value: refused, ...dimensions }]);
  });

  test('what is answered counts nothing', async () => {
    const staging = services.staging.of('westeurope');
    for (const [, use] of uses.filter(([name]) => name !== 'reads one')) await use(staging);
    expect(await counted()).toEqual([]);
  });
});

describe('Service Bus', () => {
  const near: BookedFactory = {
    ...booked(factory, undefined),
    measuredAt: new Date(0),
    alerts: { entities: { isNear: true, isTold: false, times: 1 } },
  };

  test.each([
    ['busy', 'ServiceBusy'],
    ['full', 'QuotaExceeded'],
  ] as const)('each send that it refuses counts, when it is %s', async (reason, code) => {
    bus.faults.refuseNext(3, reason);
    // The first meets no open link.
    for (let sends = 0; sends < 3; sends += 1) {
      await expect(services.quotas.announce(near)).rejects.toMatchObject({ code });
    }
    expect(await counted()).toEqual([{ value: 3, 'server.address': 'localhost', 'migration.error.code': code }]);
  });

  test('what fails otherwise counts nothing', async () => {
    const missing = createServices({ ...services.settings, MIGRATION_EVENT_TOPIC: 'missing' });
    await expect(missing.quotas.announce(near)).rejects.toMatchObject({ code: 'MessagingEntityNotFound' });
    expect(await counted()).toEqual([]);
  });
});
