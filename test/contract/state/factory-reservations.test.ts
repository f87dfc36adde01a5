import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { releaseFactory, reserveFactory } from '../../../orchestrators/activities/factory.ts';
import { FactoryReservations } from '../../../shared/factory/reservations.ts';

import type { Services } from '../../../shared/services.ts';
import { newSetupTable } from '../../support/setup/setup-table.ts';
import { SlowWrites } from '../../support/slow-writes.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const factories = ['factory-a', 'factory-b', 'factory-c'].map((name) => ({
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'migration',
  name,
}));
type Measurements = Parameters<typeof reserveFactory>[0]['measurements'];

const measurements: Measurements = factories.map((factory) => ({
  factory,
  load: { reachable: true, entities: 0, activeRuns: 0 },
}));

/** No activity of a selection asks for orchestrations. */
const noClient = () => {
  throw new Error('There is no durable client');
};

let tables: Tables;
let reservations: FactoryReservations;
let services: Services;

beforeAll(async () => {
  tables = await startTables();
});

beforeEach(() => {
  reservations = new FactoryReservations(tables.table());
  // The activities of a selection use nothing else.
  services = { reservations, store: newSetupTable(tables).store } as Partial<Services> as Services;
});

const subjectOf = (key: string, attempt: number) => ({ tenantId: 'tenant', setupId: `setup-${key}`, key, attempt });
const nobody = { key: 'nobody', attempt: 1 };

const runReserve = (key: string, attempt = 1, measured = measurements) =>
  reserveFactory({ ...subjectOf(key, attempt), measurements: measured }, services, noClient);
const release = (key: string, attempt = 1) =>
  releaseFactory({ ...subjectOf(key, attempt), factories }, services, noClient);

/** A selection that is not stopped. */
async function reserve(...of: Parameters<typeof runReserve>) {
  const choice = await runReserve(...of);
  if ('stopped' in choice) throw new Error(`The selection was ${choice.stopped}`);
  return choice;
}

/** Places that are held in each factory, the fewest first. */
async function counts(): Promise<number[]> {
  const read = await Promise.all(factories.map((factory) => reservations.read(factory, nobody)));
  return read.map((count) => count.reservations).toSorted((a, b) => a - b);
}

describe('a selection', () => {
  test('of many setups at the same moment spreads them evenly', async () => {
    const chosen = await Promise.all(Array.from({ length: 20 }, (_, index) => reserve(`setup${index}`)));
    expect(chosen.filter(({ factory }) => factory === undefined)).toEqual([]);
    expect(await counts()).toEqual([6, 7, 7]);
    for (const factory of factories) {
      const places = chosen.filter((choice) => choice.factory?.name === factory.name);
      expect((await reservations.read(factory, nobody)).reservations).toBe(places.length);
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
    const full: Measurements = factories.map((factory) => ({
      factory,
      load: { reachable: true, entities: 5_000, activeRuns: 0 },
    }));
    const choice = await reserve('one', 1, full);
    expect(choice.factory).toBeUndefined();
    expect(choice.candidates.map(({ obstacle }) => obstacle)).toEqual(
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
    await Promise.all(keys.map((key) => release(key)));
    expect(await counts()).toEqual([0, 0, 0]);
  });

  test('that was never held is given back without a word', async () => {
    await release('nobody');
    expect(await counts()).toEqual([0, 0, 0]);
  });

  test('is not taken on a count that has changed since it was read', async () => {
    const [factory] = factories;
    if (factory === undefined) throw new Error('There is a factory');
    const [one, two] = [subjectOf('one', 1), subjectOf('two', 1)];
    const read = await reservations.read(factory, one);
    expect(await reservations.reserve(factory, two, read)).toBe(true);
    expect(await reservations.reserve(factory, one, read)).toBe(false);
    expect((await reservations.read(factory, one)).own).toBe(false);
  });

  test('that an attempt gave back is not taken again by a late repetition of it', async () => {
    await reserve('one');
    await release('one');
    expect(await runReserve('one')).toEqual({ stopped: 'superseded' });
    expect(await counts()).toEqual([0, 0, 0]);
  });

  test('that an attempt gave back is free for the next one', async () => {
    await reserve('one', 1);
    await release('one', 1);
    expect((await reserve('one', 2)).factory).toBeDefined();
    expect(await counts()).toEqual([0, 0, 1]);
  });

  test('is taken over by the next attempt, and counted once', async () => {
    const first = await reserve('one', 1);
    const next = await reserve('one', 2);
    expect(next.factory).toEqual(first.factory);
    expect(await counts()).toEqual([0, 0, 1]);
  });

  test('of the next attempt is not given back by a late repetition of the one before', async () => {
    await reserve('one', 1);
    await reserve('one', 2);
    await release('one', 1);
    expect(await counts()).toEqual([0, 0, 1]);
    await release('one', 2);
    expect(await counts()).toEqual([0, 0, 0]);
  });

  test('that an attempt gave back stays so when an earlier attempt is slower', async () => {
    const writes = new SlowWrites();
    const slow = new FactoryReservations(tables.table(writes));
    await slow.spend({ key: 'one', attempt: 1 });
    writes.meanwhile(() => slow.spend({ key: 'one', attempt: 3 }));
    await slow.spend({ key: 'one', attempt: 2 });
    expect(await slow.isSpent({ key: 'one', attempt: 3 })).toBe(true);
  });

  test('that an attempt gave back is forgotten with it, but not that of a later one, however slow', async () => {
    const writes = new SlowWrites();
    const slow = new FactoryReservations(tables.table(writes));
    await slow.spend({ key: 'one', attempt: 2 });
    await slow.forget({ key: 'one', attempt: 1 });
    expect(await slow.isSpent({ key: 'one', attempt: 2 })).toBe(true);
    writes.meanwhile(() => slow.spend({ key: 'one', attempt: 3 }));
    await slow.forget({ key: 'one', attempt: 2 });
    expect(await slow.isSpent({ key: 'one', attempt: 3 })).toBe(true);
    await slow.forget({ key: 'one', attempt: 3 });
    expect(await slow.isSpent({ key: 'one', attempt: 1 })).toBe(false);
    await slow.forget({ key: 'one', attempt: 3 });
  });
});
