/** What PUTs take that come in numbers: CPU of the app, whatever its factories hold, and time until they are answered. */
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import pMap from 'p-map';
import type { Stack } from '../../stack/stack.ts';
import { quantile, rounded } from './figure.ts';
import type { Figure } from './figure.ts';
import { cpuOf, environmentsOf, timesOf, withHost } from './host.ts';
import type { OneHost } from './host.ts';

const PUTS = 200;
/** Before what is measured: what is compiled, connected and counted once. */
const FIRST_PUTS = 40;
const EVERY_MS = 50;
const PIPELINES = 3_000;
/** About as long as one that a setup has in its factory. */
const PIPELINE = {
  activities: [{ name: 'Wait', type: 'Wait' as const, waitTimeInSeconds: 1, description: 'x'.repeat(5_000) }],
};
/** Two measurements of one thing differ by so much. */
const NOISE = 1.25;

/** Sends PUTs to hosts that are new: at a steady pace with nothing and with much in the factories, and all at once. */
export async function measurePuts(): Promise<Figure[]> {
  const empty = await withHost({}, (host) => putsOf(host, EVERY_MS));
  const full = await withHost({}, async (host) => {
    await fillFactories(host.stack);
    return putsOf(host, EVERY_MS);
  });
  const atOnce = await withHost({}, (host) => putsOf(host, 0));
  const refused = [empty, full, atOnce].reduce((sum, puts) => sum + puts.refused, 0);
  return [
    {
      name: `CPU of a PUT with ${PIPELINES} pipelines in the factories, beside that with none`,
      value: rounded(full.cpuMs / empty.cpuMs, 2),
      bound: NOISE,
    },
    { name: 'PUT, 20 a second, p50 ms', value: rounded(quantile(full.times, 0.5)), bound: 100 },
    { name: 'PUT, 20 a second, p99 ms', value: rounded(quantile(full.times, 0.99)), bound: 1_000 },
    { name: `${PUTS} PUTs at once, the last answer, ms`, value: rounded(Math.max(...atOnce.times)), bound: 4_000 },
    { name: 'PUTs refused', value: refused, bound: 0 },
  ];
}

interface Puts {
  readonly times: number[];
  readonly refused: number;
  /** Until the last was answered. */
  readonly cpuMs: number;
}

async function putsOf(host: OneHost, everyMs: number): Promise<Puts> {
  const { client, pid } = host;
  const names = (kind: string, count: number) => Array.from({ length: count }, (_, index) => `${kind}-${index}`);
  const [first, ids] = [names('first', FIRST_PUTS), names('put', PUTS)];
  const firstBodies = await environmentsOf(host, first);
  const bodies = await environmentsOf(host, ids);
  await timesOf(FIRST_PUTS, EVERY_MS, async (index) => {
    await client.put(first[index] ?? '', firstBodies[index]);
  });
  let refused = 0;
  const before = await cpuOf(pid);
  const times = await timesOf(PUTS, everyMs, async (index) => {
    const { status } = await client.put(ids[index] ?? '', bodies[index]);
    if (status !== 201) refused += 1;
  });
  return { times, refused, cpuMs: (await cpuOf(pid)) - before };
}

async function fillFactories({ dataFactory, identity, settings }: Stack): Promise<void> {
  const factories = JSON.parse(settings['MIGRATION_FACTORIES'] ?? '[]') as Factory[];
  const credential = {
    getToken: async () => ({
      token: await identity.getToken('https://management.azure.com'),
      expiresOnTimestamp: Date.now() + 3_600_000,
    }),
  };
  for (const { subscriptionId, resourceGroup, name } of factories) {
    const client = new DataFactoryManagementClient(credential, subscriptionId, { endpoint: dataFactory.url });
    const names = Array.from({ length: PIPELINES / factories.length }, (_, index) => `pipeline-${index}`);
    await pMap(names, (one) => client.pipelines.createOrUpdate(resourceGroup, name, one, PIPELINE), {
      concurrency: 16,
    });
  }
}

interface Factory {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
}
