import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { releaseFactory, reserveFactory } from '../../../orchestrators/activities/factory.ts';
import { FactoryReservations } from '../../../shared/factory/reservations.ts';
import type { Services } from '../../../shared/services.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const factories = ['factory-a', 'factory-b', 'factory-c'].map((name) => ({
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'migration',
  name,
}));
const measurements = factories.map((factory) => ({
  factory,
  load: { reachable: true, entities: 0, activeRuns: 0 } as const,
}));

let tables: Tables;
let reservations: FactoryReservations;
let services: Services;

beforeAll(async () => {
  tables = await startTables();
});

afterAll(() => tables.stop());

beforeEach(() => {
  reservations = new FactoryReservations(tables.table());
  // The activities of a selection use nothing else.
  services = { reservations } as Partial<Services> as Services;
});

const reserve = (key: string) => reserveFactory({ key, measurements }, services);
const release = (key: string) => releaseFactory({ key, factories }, services);

/** Places that are held in each factory, the fewest first. */
async function counts(): Promise<number[]> {
  const read = await Promise.all(factories.map((factory) => reservations.read(factory, 'nobody')));
  return read.map((count) => count.reservations).toSorted((a, b) => a - b);
}

describe('a selection', () => {
  test('of many setups at the same moment spreads them evenly', async () => {
    const chosen = await Promise.all(Array.from({ length: 20 }, (_, index) => reserve(`setup${index}`)));
    expect(chosen.filter(({ factory }) => factory === undefined)).toEqual([]);
    expect(await counts()).toEqual([6, 7, 7]);
    for (const factory of factories) {
      const places = chosen.filter((choice) => choice.factory?.name === factory.name);
      expect((await reservations.read(factory, 'nobody')).reservations).toBe(places.length);
    }
  });

  test('that runs again finds the place that it holds', async () => {
    const first = await reserve('one');
    await reserve('two');
    const again = await reserve('one');
    expect(again.factory).toEqual(first.factory);
    expect(await counts()).toEqual([0, 1, 1]);
  });

  test('does not count its own place against a factory', async () => {
    await reserve('one');
    const { candidates } = await reserve('one');
    expect(candidates.map(({ score }) => score)).toEqual([100, 100, 100]);
  });

  test('says why none is chosen when none has room', async () => {
    const full = factories.map((factory) => ({
      factory,
      load: { reachable: true, entities: 5_000, activeRuns: 0 } as const,
    }));
    const choice = await reserveFactory({ key: 'one', measurements: full }, services);
    expect(choice.factory).toBeUndefined();
    expect(choice.candidates.map(({ reasons }) => reasons.at(-1))).toEqual(
      factories.map(() => 'has no room for another setup'),
    );
    expect(await counts()).toEqual([0, 0, 0]);
  });
});

describe('a place', () => {
  test('that is given back is free, and only once', async () => {
    await reserve('one');
    await reserve('two');
    await Promise.all([release('one'), release('one')]);
    await release('one');
    expect(await counts()).toEqual([0, 0, 1]);
    expect((await reserve('three')).factory?.name).toBe('factory-a');
  });

  test('is given back by everybody at the same moment', async () => {
    const keys = Array.from({ length: 6 }, (_, index) => `setup${index}`);
    for (const key of keys) await reserve(key);
    await Promise.all(keys.map(release));
    expect(await counts()).toEqual([0, 0, 0]);
  });

  test('that was never held is given back without a word', async () => {
    await release('nobody');
    expect(await counts()).toEqual([0, 0, 0]);
  });

  test('is not taken on a count that has changed since it was read', async () => {
    const [factory] = factories;
    if (factory === undefined) throw new Error('There is a factory');
    const read = await reservations.read(factory, 'one');
    expect(await reservations.reserve(factory, 'two', read)).toBe(true);
    expect(await reservations.reserve(factory, 'one', read)).toBe(false);
    expect((await reservations.read(factory, 'one')).own).toBe(false);
  });
});
