import { getClient } from 'durable-functions';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { startMeasuring } from '../../../functions/timers/measure-factories.ts';
import { FactoryBook } from '../../../shared/factory/book.ts';
import type { Services } from '../../../shared/services.ts';
import type { Factory } from '../../../shared/setup/setup.ts';
import { contextFor, settingsFor } from '../../support/api/http-call.ts';
import { startRecorder } from '../../support/api/http-services.ts';
import type { StartRecorder } from '../../support/api/http-services.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';

const settings = settingsFor({ issuer: 'https://unused/{tenantId}', audience: 'api', keysUrl: 'https://unused' });

const [factory] = settings.MIGRATION_FACTORIES as [Factory];
const others = ['factory-two', 'factory-three'].map((name) => ({ ...factory, name }));

let durable: StartRecorder;
let book: FactoryBook;

beforeEach(async () => {
  durable = await startRecorder();
  onTestFinished(() => durable.stop());
  let seconds = 0;
  const clock = { now: () => new Date(Date.UTC(2026, 10, 24, 12, 0, (seconds += 1))) };
  book = new FactoryBook(new TablesInMemory().table(), clock);
});

function run(configured: readonly Factory[] = settings.MIGRATION_FACTORIES, metricsEndpoint = ''): Promise<void> {
  const changes = { MIGRATION_FACTORIES: [...configured], MIGRATION_METRICS_ENDPOINT: metricsEndpoint };
  const gateways: Partial<Services> = { book, settings: { ...settings, ...changes } };
  // The timer uses no other gateway.
  return startMeasuring(getClient(contextFor([], durable.url)), gateways as Services);
}

test.each([undefined, 'Completed', 'Failed', 'Terminated'])(
  'factories are counted when the last time is %s',
  async (status) => {
    if (status !== undefined) durable.statuses.set('factories', status);
    await run();
    expect(durable.starts.map(({ path }) => path)).toEqual(['/orchestrators/measureFactories/factories']);
    expect(JSON.parse(durable.starts[0]?.body ?? '')).toEqual({
      factories: settings.MIGRATION_FACTORIES,
      offersMetrics: false,
    });
  },
);

test('the factory that was counted longest ago comes first', async () => {
  const [two, three] = others as [Factory, Factory];
  for (const one of [three, factory]) await book.measured(await book.get(one), { entities: 0, activeRuns: 0 });
  await run([factory, two, three]);
  expect(JSON.parse(durable.starts[0]?.body ?? '')).toMatchObject({ factories: [two, three, factory] });
});

test('Azure Monitor is asked where it is offered', async () => {
  await run(undefined, 'https://{region}.metrics.monitor.azure.com');
  expect(JSON.parse(durable.starts[0]?.body ?? '')).toMatchObject({ offersMetrics: true });
});

test.each(['Pending', 'Running', 'Suspended'])('one count at a time: not while it is %s', async (status) => {
  durable.statuses.set('factories', status);
  await run();
  expect(durable.starts).toEqual([]);
});
