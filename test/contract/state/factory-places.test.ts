import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SlowWrites } from '../../support/slow-writes.ts';
import { factories, lost, SelectionWorld, subjectOf } from '../../support/selection-world.ts';

let world: SelectionWorld;

beforeAll(async () => {
  world = await SelectionWorld.start();
});
afterAll(() => world.dataFactory.stop());
beforeEach(() => world.begin());

describe('a place', () => {
  test('that is given back is free, and only once', async () => {
    world.use(factories[0]);
    await world.select('one');
    await world.select('two');
    await Promise.all([world.release('one'), world.release('one')]);
    await world.release('one');
    expect(await world.placesHeld()).toEqual([0, 0, 1]);
  });

  test('is turned into the entities of its setup', async () => {
    world.use(factories[0]);
    await world.select('one');
    await Promise.all([world.release('one', 1, 10), world.release('one', 1, 10)]);
    expect(await world.book.get(factories[0])).toMatchObject({ reservations: 0, entities: 10 });
  });

  test('is given back by everybody at the same moment', async () => {
    const keys = Array.from({ length: 6 }, (_, index) => `setup${index}`);
    for (const key of keys) await world.select(key);
    await Promise.all(keys.map((key) => world.release(key)));
    expect(await world.placesHeld()).toEqual([0, 0, 0]);
  });

  test('that was never held is given back without a word', async () => {
    await world.release('nobody');
    expect(await world.book.held()).toEqual([]);
  });

  test('is not taken on a factory that has changed since it was read', async () => {
    const [one, two] = [subjectOf('one', 1), subjectOf('two', 1)];
    const view = await world.book.read(factories, one);
    const [first] = view.factories;
    if (first === undefined) throw new Error('There is a factory');
    expect(await world.book.reserve(first, two, view)).toBe(true);
    expect(await world.book.reserve(first, one, view)).toBe(false);
    expect((await world.book.read(factories, one)).held).toBeUndefined();
  });

  test('in another factory is left for the one that is chosen', async () => {
    await world.carry(0, 0, 0);
    const [first, second] = factories;
    await world.select('one', 1, { known: first });
    expect((await world.select('one', 2, { known: second })).factory).toEqual(second);
    expect(await world.counts()).toEqual([0, 1, 0]);
  });

  test('in another factory is left, whatever others do there at the same moment', async () => {
    const writes = new SlowWrites();
    world.begin(writes);
    await world.carry(0, 0, 0);
    const [first, second] = factories;
    await world.select('one', 1, { known: first });
    writes.meanwhile(() => world.select('two', 1, { known: first }));
    await world.select('one', 2, { known: second });
    expect(await world.counts()).toEqual([1, 1, 0]);
  });

  test('that an attempt gave back is not taken again by a late repetition of it', async () => {
    await world.select('one');
    await world.release('one');
    expect(await world.runSelect('one')).toEqual({ stopped: 'superseded' });
    expect(await world.placesHeld()).toEqual([0, 0, 0]);
  });

  test('of the next attempt is not taken by a late repetition of the one before', async () => {
    await world.carry(0, 0, 0);
    await world.select('one', 1, { known: factories[0] });
    await world.release('one', 1);
    await world.select('one', 2, { known: factories[1] });
    expect(await world.runSelect('one', 1)).toEqual({ stopped: 'superseded' });
    expect((await world.book.held()).map(({ key, attempt }) => [key, attempt])).toEqual([['one', 2]]);
    expect(await world.counts()).toEqual([0, 1, 0]);
  });

  describe('in a factory that is none any more', () => {
    const writes = new SlowWrites();
    beforeEach(async () => {
      world.begin(writes);
      await world.carry(0, 0, 0);
      const [{ subscriptionId, resourceGroup, name }] = factories;
      await world.select('one', 1, { known: factories[0] });
      await world.table.deleteEntity('factories', `factory-${subscriptionId}|${resourceGroup}|${name}`);
    });
    const held = async () => (await world.book.held()).map(({ attempt }) => attempt);

    test('is given back, too', async () => {
      await world.release('one');
      expect(await held()).toEqual([]);
    });

    test('stays with the attempt that takes it over while it is given back', async () => {
      writes.meanwhile(() => world.select('one', 2));
      await world.book.release({ key: 'one', attempt: 1 }, 0);
      expect(await held()).toEqual([2]);
    });

    test('stays with the latest of two attempts that take it over', async () => {
      writes.meanwhile(() => world.select('one', 3, { known: factories[1] }));
      expect(await world.runSelect('one', 2, { known: factories[2] })).toEqual({ stopped: 'superseded' });
      expect(await held()).toEqual([3]);
    });
  });

  test('that an attempt gave back is free for the next one', async () => {
    await world.select('one', 1);
    await world.release('one', 1);
    expect((await world.select('one', 2)).factory).toBeDefined();
    expect(await world.placesHeld()).toEqual([0, 0, 1]);
  });

  test('is taken over by the next attempt, and counted once', async () => {
    const first = await world.select('one', 1);
    const next = await world.select('one', 2);
    expect(next.factory).toEqual(first.factory);
    expect(await world.placesHeld()).toEqual([0, 0, 1]);
  });

  test('of the next attempt is not given back by a late repetition of the one before', async () => {
    await world.select('one', 1);
    await world.select('one', 2);
    await world.release('one', 1);
    expect(await world.placesHeld()).toEqual([0, 0, 1]);
    await world.release('one', 2);
    expect(await world.placesHeld()).toEqual([0, 0, 0]);
  });

  test('that the next attempt takes over while it is given back stays', async () => {
    const writes = new SlowWrites();
    world.begin(writes);
    const { book: slow } = world;
    world.use(factories[0]);
    await world.select('one', 1);
    writes.meanwhile(() => world.select('one', 2));
    await slow.release({ key: 'one', attempt: 1 }, 0);
    expect((await slow.held()).map(({ key, attempt }) => [key, attempt])).toEqual([['one', 2]]);
    expect((await slow.get(factories[0])).reservations).toBe(1);
  });

  test('that an attempt gave back stays so when an earlier attempt is slower', async () => {
    const writes = new SlowWrites();
    world.begin(writes);
    const { book: slow } = world;
    await slow.release({ key: 'one', attempt: 1 }, 0);
    writes.meanwhile(() => slow.release({ key: 'one', attempt: 3 }, 0));
    await slow.release({ key: 'one', attempt: 2 }, 0);
    expect(await world.hasGivenBack('one', 3)).toBe(true);
  });

  test('that an attempt gave back is forgotten with it, but not that of a later one, however slow', async () => {
    const writes = new SlowWrites();
    world.begin(writes);
    const { book: slow } = world;
    await slow.release({ key: 'one', attempt: 2 }, 0);
    await slow.forget({ key: 'one', attempt: 1 });
    expect(await world.hasGivenBack('one', 2)).toBe(true);
    writes.meanwhile(() => slow.release({ key: 'one', attempt: 3 }, 0));
    await slow.forget({ key: 'one', attempt: 2 });
    expect(await world.hasGivenBack('one', 3)).toBe(true);
    await slow.forget({ key: 'one', attempt: 3 });
    expect(await world.hasGivenBack('one', 1)).toBe(false);
    await slow.forget({ key: 'one', attempt: 3 });
  });
});

describe('what is measured', () => {
  test('replaces what was believed, and keeps the places', async () => {
    world.use(factories[0]);
    await world.carry(4_000);
    await world.select('one');
    world.now = new Date(world.now.getTime() + 600_000);
    expect(await world.measure(factories[0])).toEqual({ measured: true });
    expect(await world.book.get(factories[0])).toMatchObject({ entities: 0, reservations: 1, countedAt: world.now });
  });

  test('asks for runs alone while its count of entities is young enough', async () => {
    const [factory] = factories;
    world.use(factory);
    await world.carry(100);
    const countedAt = world.now;
    world.asked.length = 0;
    world.now = new Date(world.now.getTime() + 3_600_000);
    expect(await world.measure(factory)).toEqual({ measured: true });
    expect(world.asked).toEqual([`POST ${factory.name}/queryPipelineRuns`]);
    expect(await world.book.get(factory)).toMatchObject({ entities: 100, measuredAt: world.now, countedAt });
    world.now = new Date(world.now.getTime() + 5 * 3_600_000);
    await world.measure(factory);
    expect(world.asked).toHaveLength(7);
    expect(await world.book.get(factory)).toMatchObject({ entities: 0, countedAt: world.now });
  });

  test('counts what setups bring in meanwhile', async () => {
    const [factory] = factories;
    world.use(factory);
    await world.select('one');
    const before = await world.book.get(factory);
    await world.release('one', 1, 10);
    await world.book.measured(before, { entities: 500, activeRuns: 3 });
    expect(await world.book.get(factory)).toMatchObject({ entities: 510, activeRuns: 3, reservations: 0 });
  });

  test('loses no place that is taken at the same moment', async () => {
    const writes = new SlowWrites();
    world.begin(writes);
    const { book: slow } = world;
    const [factory] = factories;
    world.use(factory);
    await world.select('one');
    writes.meanwhile(() => world.select('two'));
    await slow.measured(await slow.get(factory), { entities: 500, activeRuns: 0 });
    expect(await slow.get(factory)).toMatchObject({ entities: 500, reservations: 2 });
  });

  test('twice at the same moment is believed once', async () => {
    const [factory] = factories;
    const before = await world.book.get(factory);
    await world.book.measured(before, { entities: 500, activeRuns: 0 });
    await world.book.measured(before, { entities: 500, activeRuns: 0 });
    expect(await world.book.get(factory)).toMatchObject({ entities: 500 });
  });

  test('says of one that does not answer why', async () => {
    expect(await world.measure(lost)).toMatchObject({
      measured: false,
      reason: expect.stringContaining('not found') as string,
    });
    expect((await world.book.get(lost)).silence).toContain('not found');
  });
});
