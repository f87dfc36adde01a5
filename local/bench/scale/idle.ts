/** What the back end of the real host costs while nothing happens, and what counting the factories adds to it. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { MEASURING_INSTANCE } from '../../../shared/factory/measuring.ts';
import { EventType } from '../../host/durable/history.ts';
import { factories, startEndpoints } from '../../../test/support/world/endpoints.ts';
import type { Endpoints } from '../../../test/support/world/endpoints.ts';
import { World } from '../../../test/support/world/world.ts';
import { rounded } from './figure.ts';
import type { Figure } from './figure.ts';

const FACTORIES = 100;
/** The timer `startMeasuring`. */
const RUNS_AN_HOUR = 6;
const HOUR_MS = 3_600_000;
/** So that what is counted every six hours is counted. */
const HOURS = 6;

const secondsSchema = z
  .string()
  .regex(/^\d\d:\d\d:\d\d$/)
  .transform((text) => {
    const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
    return (hours * 60 + minutes) * 60 + seconds;
  });
// https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-bindings#durable-functions-2-0-host-json
const hostSchema = z.object({
  extensions: z.object({
    durableTask: z.object({
      storageProvider: z.object({
        partitionCount: z.int().default(4),
        maxQueuePollingInterval: secondsSchema.default(30),
      }),
    }),
  }),
});

/**
 * Storage operations of the real host in an idle hour, fitted to four measurements of it, which it meets within 0.5 %: 11,724
 * with 4 partitions and 2 s between two polls of a queue, 4,680 with 10 s, 3,520 with 30 s, 5,520 with 1 partition and 2 s.
 * A queue for each partition, and one of the activities, are polled; leases are renewed for each partition.
 */
function idleOperations(partitions: number, pollSeconds: number): number {
  return 1_691 + 307 * partitions + (3_522 * (partitions + 1)) / pollSeconds;
}

/** Computes the one from host.json, and has the factories counted for the other. */
export async function measureIdle(): Promise<Figure[]> {
  const { extensions } = hostSchema.parse(JSON.parse(await readFile('host.json', 'utf8')));
  const { partitionCount, maxQueuePollingInterval } = extensions.durableTask.storageProvider;
  return [
    {
      name: 'storage operations of an idle hour, by host.json',
      value: rounded(idleOperations(partitionCount, maxQueuePollingInterval)),
      bound: 4_700,
    },
    ...(await measureCounting()),
  ];
}

async function measureCounting(): Promise<Figure[]> {
  const [first] = factories;
  if (first === undefined) throw new Error('There is a factory');
  const located = Array.from({ length: FACTORIES }, (_, index) => ({ ...first, name: `counted-${index}` }));
  const endpoints = await startEndpoints(['SqlServer'], 'Small', located);
  try {
    const byMetric = await countFor(endpoints, {});
    const byLists = await countFor(endpoints, { MIGRATION_METRICS_ENDPOINT: '' });
    return [
      {
        name: `storage operations of an hour of counting ${FACTORIES} factories`,
        value: RUNS_AN_HOUR * byMetric.operations,
        bound: RUNS_AN_HOUR * FACTORIES * 12,
      },
      { name: 'requests to Azure Monitor an hour for that', value: RUNS_AN_HOUR * byMetric.asked, bound: 12 },
      { name: 'requests to Resource Manager a second beside them', value: perSecond(byMetric), bound: 0.17 },
      { name: 'the same where Azure Monitor is not asked, empty factories', value: perSecond(byLists), bound: 2.5 },
    ];
  } finally {
    await endpoints.stop();
  }
}

/** What one time costs when the book knows all factories, and how many requests list entities in an hour. */
interface Counting {
  readonly operations: number;
  /** Of Azure Monitor. */
  readonly asked: number;
  readonly runs: number;
  readonly listsAnHour: number;
}

async function countFor(endpoints: Endpoints, settings: Record<string, string>): Promise<Counting> {
  const { dataFactory, monitor, tables } = endpoints.proxies;
  const world = await World.open(endpoints, { settings });
  world.settleEveryMs = HOUR_MS;
  // The first times make the table and the rows, and the marks without which Monitor is not believed.
  await world.measure();
  await world.advance(HOUR_MS);
  await world.measure();
  let lists = 0;
  for (let hour = 0; hour < HOURS; hour += 1) {
    await world.advance(HOUR_MS);
    for (const { passed } of [dataFactory, monitor, tables]) passed.length = 0;
    await world.measure();
    lists += dataFactory.passed.filter(({ method }) => method === 'GET').length;
  }
  const events = world.hub.histories().find(({ id }) => id === MEASURING_INSTANCE)?.events ?? [];
  const count = (kind: keyof typeof EventType) => events.filter((event) => event.EventType === EventType[kind]).length;
  // Each message is put and deleted; each batch reads the history, writes to it, and changes the instance.
  const messages = 1 + 2 * count('TaskScheduled');
  const operations = 2 * messages + 3 * count('OrchestratorStarted') + tables.passed.length;
  await world.close();
  const runs = dataFactory.passed.filter(({ method }) => method === 'POST').length;
  return { operations, asked: monitor.passed.length, runs, listsAnHour: lists / HOURS };
}

function perSecond({ runs, listsAnHour }: Counting): number {
  return rounded((RUNS_AN_HOUR * runs + listsAnHour) / 3_600, 2);
}
