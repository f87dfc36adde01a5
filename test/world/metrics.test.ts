/** What the factories carry, counted by the whole app: by Azure Monitor, and by lists where that says nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { factories } from '../support/world/endpoints.ts';
import { startWorld } from '../support/world/world.ts';
import type { World } from '../support/world/world.ts';

const HOUR_MS = 3_600_000;

interface Counted {
  readonly entities: number;
  readonly countedAt: string;
  readonly readingAt?: string;
  readonly silence?: string;
}

let world: World;

beforeAll(async () => {
  world = await startWorld({ samples: ['AzureSql'], size: 'Small' });
});
afterAll(async () => {
  await world.close();
  await world.endpoints.stop();
});

/** Lets hours pass, and has the factories counted in each. @returns for what Data Factory was asked */
async function hours(count: number): Promise<string[]> {
  world.settleEveryMs = HOUR_MS;
  world.endpoints.proxies.dataFactory.passed.length = 0;
  for (let hour = 0; hour < count; hour += 1) {
    await world.advance(HOUR_MS);
    await world.measure();
  }
  return world.endpoints.proxies.dataFactory.passed.map(({ path }) => new URL(path, 'https://any').pathname);
}

async function booked(): Promise<Counted[]> {
  const rows = await Array.fromAsync(world.table('factories').listEntities<Counted>());
  return rows.filter(({ rowKey = '' }) => rowKey.startsWith('factory-'));
}

/** How many entities all factories have, and how many the book knows of. */
async function entities(): Promise<{ true: number; booked: number }> {
  const counts = factories.map((factory) => world.factories.countEntities(factory));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  return { true: sum(await Promise.all(counts)), booked: sum((await booked()).map((row) => row.entities)) };
}

test('Azure Monitor counts what setups bring in and take away, and lists count where it refuses', async () => {
  const [sample] = world.endpoints.databases.samples;
  await world.measure();
  await world.begin('counted', sample);
  await world.until('counted', 'Ready');
  const ready = await entities();
  expect(ready).toEqual({ true: 9, booked: 10 });

  expect((await hours(3)).filter((path) => !path.endsWith('/queryPipelineRuns'))).toEqual([]);
  expect(await entities()).toEqual({ true: 9, booked: 9 });
  for (const { countedAt, readingAt } of await booked()) expect(countedAt).toBe(readingAt);

  await world.delete('counted');
  await world.until('counted', 'Deleted');
  expect(await entities()).toEqual({ true: 0, booked: 9 });
  expect((await hours(2)).filter((path) => path.endsWith('/pipelines'))).toEqual([]);
  expect(await entities()).toEqual({ true: 0, booked: 0 });

  world.endpoints.proxies.monitor.decide = () => ({ when: 'before', answer: { status: 403 } });
  expect((await hours(8)).filter((path) => path.endsWith('/pipelines'))).toHaveLength(factories.length);
  for (const { silence, countedAt, readingAt = '' } of await booked()) {
    expect(silence).toBeUndefined();
    expect(new Date(countedAt).getTime()).toBeGreaterThan(new Date(readingAt).getTime());
  }
});
