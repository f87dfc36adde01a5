// The book of factories, corrected by Azure Monitor.
import { MetricsClient } from '@azure/monitor-query-metrics';
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startDataFactory } from '../../../local/data-factory/server.ts';
import type { DataFactory } from '../../../local/data-factory/server.ts';
import { VirtualClock } from '../../../local/endpoint/clock.ts';
import { startMonitor } from '../../../local/monitor/server.ts';
import type { Monitor } from '../../../local/monitor/server.ts';
import { correctEntities, measureFactory } from '../../../orchestrators/activities/factory.ts';
import { FactoryBook } from '../../../shared/factory/book.ts';
import { DataFactories } from '../../../shared/factory/data-factory.ts';
import { EntityMetrics } from '../../../shared/factory/entity-metrics.ts';
import type { Services } from '../../../shared/services.ts';
import type { Factory } from '../../../shared/setup/setup.ts';
import { noClient } from '../../support/no-client.ts';
import { SlowWrites } from '../../support/slow-writes.ts';
import { sharedIdentity } from '../../support/shared-endpoints.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';
import { startUnreliableProxy } from '../../support/world/unreliable-proxy.ts';
import type { UnreliableProxy } from '../../support/world/unreliable-proxy.ts';

const SUBSCRIPTION = '00000000-0000-4000-8000-000000000001';
const factoryOf = (name: string, region?: string): Factory => ({
  subscriptionId: SUBSCRIPTION,
  resourceGroup: 'migration',
  name,
  ...(region === undefined ? {} : { region }),
});
const [west, north, anywhere] = [
  factoryOf('factory-west', 'westeurope'),
  factoryOf('factory-north', 'northeurope'),
  factoryOf('factory-anywhere'),
];
const factories = [west, north, anywhere];
const HOUR_MS = 3_600_000;
const unused = { getClient: noClient, head: noClient, stopped: noClient };

let clock: VirtualClock;
let dataFactory: DataFactory;
let monitor: Monitor;
let proxy: UnreliableProxy;
let book: FactoryBook;
let writes: SlowWrites;
let services: Services;
/** Lists of pipelines that Data Factory was asked for. */
let lists: number;

beforeEach(async () => {
  const { tls, identity, credential } = await sharedIdentity();
  const { verifyToken, getToken } = identity;
  clock = new VirtualClock(Date.UTC(2026, 10, 26, 12, 5));
  const located = factories.map((factory) => ({ location: 'westeurope', ...factory, ...locationOf(factory) }));
  dataFactory = await startDataFactory({ factories: located, tls, verifyToken, getToken, clock });
  onTestFinished(() => dataFactory.stop());
  const readers = [identity.appIdentity.objectId];
  monitor = await startMonitor({ tls, verifyToken, readers, clock, resources: dataFactory.measured });
  onTestFinished(() => monitor.stop());
  proxy = await startUnreliableProxy(tls, () => monitor.url);
  onTestFinished(() => proxy.stop());
  const time = { now: () => new Date(clock.now()) };
  writes = new SlowWrites();
  const table = new TablesInMemory().table();
  table.pipeline.addPolicy(writes);
  book = new FactoryBook(table, time);
  const client = new DataFactoryManagementClient(credential, SUBSCRIPTION, {
    endpoint: dataFactory.url,
    retryOptions: { maxRetries: 0 },
  });
  lists = 0;
  client.pipeline.addPolicy({
    name: 'lists',
    sendRequest: (request, next) => {
      if (request.method === 'GET' && new URL(request.url).pathname.endsWith('/pipelines')) lists += 1;
      return next(request);
    },
  });
  const metricsOf = (endpoint: string) =>
    new MetricsClient(endpoint, credential, {
      credentials: { scopes: ['https://metrics.monitor.azure.com/.default'] },
      retryOptions: { maxRetries: 0 },
    });
  const gateways: Partial<Services> = {
    book,
    clock: time,
    factories: new DataFactories(() => client, time),
    entityMetrics: new EntityMetrics(`${proxy.url}/{region}`, metricsOf, time),
    quotas: { announce: () => Promise.resolve() } as unknown as Services['quotas'],
  };
  // The activities use nothing else.
  services = gateways as Services;
});

function locationOf({ region }: Factory) {
  return region === undefined ? {} : { location: region };
}

/** As the orchestration does. @returns what Monitor said */
async function measure() {
  const said = await correctEntities({ factories }, services, unused);
  if ('stopped' in said) throw new Error(`The activity was ${said.stopped}`);
  for (const factory of factories) {
    expect(await measureFactory({ factory }, services, unused)).toEqual({ measured: true });
  }
  return said;
}

/** Others than setups make so many entities. */
async function fill({ resourceGroup, name }: Factory, count: number): Promise<void> {
  const { credential } = await sharedIdentity();
  const client = new DataFactoryManagementClient(credential, SUBSCRIPTION, { endpoint: dataFactory.url });
  for (let n = 0; n < count; n += 1) {
    await client.pipelines.createOrUpdate(resourceGroup, name, `other_${crypto.randomUUID()}`, { activities: [] });
  }
}

/** A setup takes a place in a factory, and is ready at once. */
async function bringIn(factory: Factory, entities: number): Promise<void> {
  const holder = { key: crypto.randomUUID(), attempt: 1 };
  const view = await book.read([factory], holder);
  for (const known of view.factories) await book.reserve(known, holder, view);
  await book.release(holder, entities);
}

/** Lets the marks come that a reading needs. */
async function begin(): Promise<void> {
  await measure();
  await clock.advance(HOUR_MS);
  await measure();
}

describe('a factory that has a region', () => {
  test('is counted by Azure Monitor, and has no lists any more', async () => {
    await fill(west, 3);
    await begin();
    lists = 0;
    await fill(west, 2);
    for (let hours = 0; hours < 12; hours += 1) {
      await clock.advance(HOUR_MS);
      expect(await measure()).toEqual({ corrected: 2, problems: [] });
    }
    const known = await book.get(west);
    expect(known).toMatchObject({ entities: 5, silence: undefined });
    expect(known.countedAt).toEqual(known.readingAt);
    // The one without a region, twice in twelve hours.
    expect(lists).toBe(2);
    expect(proxy.passed.map(({ path }) => path.split('?')[0])).toContain(
      `/northeurope/subscriptions/${SUBSCRIPTION}/metrics:getBatch`,
    );
  });

  test('keeps what setups have brought in since', async () => {
    await begin();
    monitor.ageMs = HOUR_MS;
    await clock.advance(HOUR_MS);
    await bringIn(west, 10);
    await measure();
    await clock.advance(HOUR_MS / 4);
    await bringIn(west, 7);
    expect((await measure()).corrected).toBeGreaterThan(0);
    expect(await book.get(west)).toMatchObject({ entities: 17 });
  });

  test('loses nothing of a setup that is ready at the same moment', async () => {
    await begin();
    await clock.advance(HOUR_MS);
    writes.meanwhile(() => bringIn(west, 10));
    await measure();
    const readingAt = new Date(Date.UTC(2026, 10, 26, 14));
    const expected = { entities: 10, arrived: 10, reservations: 0, countedAt: readingAt, readingAt };
    expect(await book.get(west)).toMatchObject(expected);
  });
});

describe('as before, by lists, a factory is counted', () => {
  test('that has no region', async () => {
    await fill(anywhere, 2);
    await begin();
    expect(await book.get(anywhere)).toMatchObject({ entities: 2, readingAt: undefined });
  });

  test('when the metrics are behind by more than three hours', async () => {
    await begin();
    lists = 0;
    monitor.ageMs = 4 * HOUR_MS;
    await clock.advance(7 * HOUR_MS);
    expect(await measure()).toEqual({ corrected: 0, problems: [] });
    expect(lists).toBe(3);
    expect((await book.get(west)).countedAt).toEqual(new Date(clock.now()));
  });

  test.each([
    ['refuses', { status: 403, message: 'You are no Monitoring Reader.' }],
    ['is asked too often', { status: 429, headers: { 'retry-after': '60' } }],
    ['breaks the connection', 'cut' as const],
  ])('when Azure Monitor %s, which is no reason to call it silent', async (_how, answer) => {
    await begin();
    lists = 0;
    proxy.decide = ({ path }) => (path.startsWith('/westeurope') ? { when: 'before', answer } : undefined);
    await clock.advance(7 * HOUR_MS);
    const { corrected, problems } = await measure();
    expect(corrected).toBe(1);
    expect(problems).toHaveLength(1);
    // North is counted by Monitor.
    expect(lists).toBe(2);
    expect(await book.get(west)).toMatchObject({ silence: undefined, countedAt: new Date(clock.now()) });
  });
});

test('where all factories are in one region, its endpoint is that of all', async () => {
  const asked: string[] = [];
  const client = { queryResources: () => Promise.resolve([]) } as unknown as MetricsClient;
  const clientOf = (endpoint: string) => {
    asked.push(endpoint);
    return client;
  };
  const time = { now: () => new Date(clock.now()) };
  await new EntityMetrics('https://westeurope.example.com', clientOf, time).read([anywhere, west]);
  await new EntityMetrics('', clientOf, time).read([anywhere, west]);
  expect(asked).toEqual(['https://westeurope.example.com']);
});
