// The local Azure Monitor, through the SDK, over what a local Data Factory holds.
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import type { TokenCredential } from '@azure/identity';
import { MetricsClient } from '@azure/monitor-query-metrics';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startDataFactory } from '../../local/data-factory/server.ts';
import type { DataFactory } from '../../local/data-factory/server.ts';
import { VirtualClock } from '../../local/endpoint/clock.ts';
import { startMonitor } from '../../local/monitor/server.ts';
import type { Monitor } from '../../local/monitor/server.ts';
import { sharedIdentity } from '../support/shared-endpoints.ts';

const SUBSCRIPTION = '00000000-0000-4000-8000-000000000001';
const GROUP = 'migration';
const NAMESPACE = 'Microsoft.DataFactory/factories';
const MINUTE_MS = 60_000;
const AUDIENCE = 'https://metrics.monitor.azure.com';
const factoryOf = (name: string, location = 'westeurope') => ({
  subscriptionId: SUBSCRIPTION,
  resourceGroup: GROUP,
  name,
  location,
});
const idOf = (name: string) => `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}/providers/${NAMESPACE}/${name}`;

let clock: VirtualClock;
let dataFactory: DataFactory;
let monitor: Monitor;
let credential: TokenCredential;

beforeEach(async () => {
  const { tls, identity, credential: app } = await sharedIdentity();
  credential = app;
  clock = new VirtualClock(Date.UTC(2026, 10, 26, 12));
  const { verifyToken, getToken } = identity;
  const many = Array.from({ length: 51 }, (_, index) => factoryOf(`factory-${index}`));
  const factories = [...many, factoryOf('far', 'northeurope')];
  dataFactory = await startDataFactory({ factories, tls, verifyToken, getToken, clock });
  onTestFinished(() => dataFactory.stop());
  const readers = [identity.appIdentity.objectId];
  monitor = await startMonitor({ tls, verifyToken, readers, clock, resources: dataFactory.measured });
  onTestFinished(() => monitor.stop());
});

const clientOf = (scope = `${AUDIENCE}/.default`, by: TokenCredential = credential) =>
  new MetricsClient(`${monitor.url}/westeurope`, by, {
    credentials: { scopes: [scope] },
    retryOptions: { maxRetries: 0 },
  });

function ask(
  names: readonly string[],
  client = clientOf(),
  changes: { interval?: string; aggregation?: string; top?: number } = {},
) {
  return client.queryResources(names.map(idOf), ['ResourceCount'], NAMESPACE, {
    startTime: new Date(clock.now() - 60 * MINUTE_MS),
    endTime: new Date(clock.now()),
    interval: 'PT15M',
    aggregation: 'maximum',
    ...changes,
  });
}

async function maximaOf(name: string): Promise<(number | undefined)[]> {
  const [result] = await ask([name]);
  expect(result).toMatchObject({ resourceId: idOf(name), resourceRegion: 'westeurope', granularity: 'PT15M' });
  const data = result?.metrics[0]?.timeseries[0]?.data ?? [];
  expect(data.map(({ timeStamp }) => (clock.now() - timeStamp.getTime()) / MINUTE_MS)).toEqual([60, 45, 30, 15]);
  return data.map(({ maximum }) => maximum);
}

describe('a batch', () => {
  test('has the most entities that a factory had in each span, as far as it is known', async () => {
    const client = new DataFactoryManagementClient(credential, SUBSCRIPTION, {
      endpoint: dataFactory.url,
      credentialScopes: 'https://management.azure.com/.default',
    });
    const put = (name: string) => client.pipelines.createOrUpdate(GROUP, 'factory-0', name, { activities: [] });
    await put('one');
    await clock.advance(20 * MINUTE_MS);
    await Promise.all([put('two'), put('three')]);
    await clock.advance(2 * MINUTE_MS);
    await client.pipelines.delete(GROUP, 'factory-0', 'two');
    await put('three');
    await client.integrationRuntimes.createOrUpdate(GROUP, 'factory-0', 'runtime', {
      properties: { type: 'SelfHosted' },
    });
    await client.pipelines.delete(GROUP, 'factory-0', 'one');
    await clock.advance(20 * MINUTE_MS);
    monitor.ageMs = 0;
    expect(await maximaOf('factory-0')).toEqual([undefined, 1, 3, 2]);
    monitor.ageMs = 16 * MINUTE_MS;
    expect(await maximaOf('factory-0')).toEqual([undefined, 1, 3, undefined]);
    expect(await maximaOf('factory-1')).toEqual([undefined, 0, 0, undefined]);
  });

  test('is of at most fifty factories', async () => {
    const names = Array.from({ length: 51 }, (_, index) => `factory-${index}`);
    expect(await ask(names.slice(1))).toHaveLength(50);
    await expect(ask(names)).rejects.toMatchObject({ statusCode: 400, code: 'BadRequest' });
  });

  test.each(['far', 'unknown'])('with a factory that the region does not have is refused: %s', async (name) => {
    await expect(ask(['factory-0', name])).rejects.toMatchObject({ statusCode: 400 });
  });

  test.each([{ interval: 'PT7M' }, { aggregation: 'total' }, { top: 1 }])('is refused with %o', async (changes) => {
    await expect(ask(['factory-0'], undefined, changes)).rejects.toMatchObject({ statusCode: 400 });
  });
});

describe('who asks', () => {
  test('needs a token for the metrics, not for Resource Manager', async () => {
    const asked = ask(['factory-0'], clientOf('https://management.azure.com/.default'));
    await expect(asked).rejects.toMatchObject({ statusCode: 401 });
  });

  test('is Monitoring Reader of the subscription', async () => {
    const { identity } = await sharedIdentity();
    const other = identity.addManagedIdentity();
    const stranger: TokenCredential = {
      getToken: async () => ({ token: await other.getToken(AUDIENCE), expiresOnTimestamp: Date.now() + 3_600_000 }),
    };
    const asked = ask(['factory-0'], clientOf(undefined, stranger));
    await expect(asked).rejects.toMatchObject({ statusCode: 403, code: 'AuthorizationFailed' });
  });
});
