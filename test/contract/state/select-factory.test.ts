import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SlowWrites } from '../../support/slow-writes.ts';
import { factories, lost, SelectionWorld } from '../../support/selection-world.ts';

let world: SelectionWorld;

beforeAll(async () => {
  world = await SelectionWorld.start();
});
afterAll(() => world.dataFactory.stop());
beforeEach(() => world.begin());

describe('a selection', () => {
  test('asks two factories whether they answer, and counts nothing that is known', async () => {
    await world.carry(0, 0, 0);
    const { factory, candidates } = await world.select('one');
    expect(factories).toContainEqual(factory);
    expect(candidates.map(({ name, score }) => [name, score])).toEqual(factories.map(({ name }) => [name, 100]));
    expect(world.asked).toHaveLength(2);
    expect(new Set(world.asked).size).toBe(2);
    for (const request of world.asked) expect(request).toMatch(/^GET factory-[abc]$/);
  });

  test('takes the emptier of the two', async () => {
    world.use(factories[0], factories[1]);
    await world.carry(2_000, 1_000);
    expect((await world.select('one')).factory?.name).toBe('factory-b');
  });

  test('counts what a factory carries that nobody has counted yet', async () => {
    world.use(factories[0]);
    await world.select('one');
    const counted = world.asked.filter((request) => !/^GET factory-a$/.test(request));
    expect(counted).toHaveLength(6);
    expect((await world.book.get(factories[0])).measuredAt).toBeInstanceOf(Date);
  });

  test('of many setups at the same moment loses no place and spreads them', async () => {
    await world.carry(0, 0, 0);
    const chosen = await Promise.all(Array.from({ length: 20 }, (_, index) => world.select(`setup${index}`)));
    for (const [index, factory] of factories.entries()) {
      const places = chosen.filter((choice) => choice.factory?.name === factory.name);
      expect((await world.counts())[index]).toBe(places.length);
      expect(places.length).toBeGreaterThan(2);
    }
    expect((await world.book.held()).length).toBe(20);
  });

  test('that runs again finds the place that it holds', async () => {
    await world.carry(0, 0, 0);
    const first = await world.select('one');
    await world.select('two');
    expect((await world.select('one')).factory).toEqual(first.factory);
    expect((await world.counts()).reduce((sum, count) => sum + count)).toBe(2);
  });

  test('does not count its own place against a factory', async () => {
    await world.carry(0, 0, 0);
    await world.select('one');
    const { candidates } = await world.select('one');
    expect(candidates.map(({ score }) => score)).toEqual([100, 100, 100]);
  });

  test('says why none is chosen when none has room, and asks none', async () => {
    await world.carry(5_000, 5_000, 4_990);
    const choice = await world.select('one');
    expect(choice.factory).toBeUndefined();
    expect(choice.candidates.map(({ obstacle }) => obstacle)).toEqual(
      factories.map(() => 'has no room for another setup'),
    );
    expect(world.asked).toEqual([]);
    expect(await world.placesHeld()).toEqual([0, 0, 0]);
  });

  test('takes none of another region, and says where each is', async () => {
    const regions = ['westeurope', 'northeurope', undefined];
    world.use(...factories.map((factory, index) => ({ ...factory, region: regions[index] })));
    await world.carry(0, 0, 4_000);
    for (const key of ['one', 'two', 'three', 'four']) {
      const { factory } = await world.select(key, 1, { region: 'northeurope' });
      expect(['factory-b', 'factory-c']).toContain(factory?.name);
    }
    world.use({ ...factories[0], region: 'westeurope' });
    world.asked = [];
    expect(await world.select('five', 1, { region: 'northeurope' })).toEqual({
      candidates: [
        expect.objectContaining({
          name: 'factory-a',
          eligible: false,
          obstacle: 'is in region westeurope, the environment in region northeurope',
        }),
      ],
    });
    expect(world.asked).toEqual([]);
  });

  test('counts once more what was full a while ago, for somebody may have made room', async () => {
    await world.carry(5_000, 5_000, 5_000);
    world.now = new Date(world.now.getTime() + 61_000);
    expect((await world.select('one')).factory).toBeDefined();
    world.use(factories[0]);
    await world.carry(5_000);
    world.now = new Date(world.now.getTime() + 61_000);
    world.refused.set('factory-a', 503);
    expect((await world.select('two')).factory).toBeUndefined();
  });

  test('asks nobody twice, however often others are faster', async () => {
    const writes = new SlowWrites();
    world.begin(writes);
    world.use(factories[0]);
    const { book: slow } = world;
    await slow.measured(await slow.get(factories[0]), { entities: 0, activeRuns: 0 });
    writes.meanwhile(() => slow.answered(factories[0], undefined));
    expect((await world.select('one')).factory?.name).toBe('factory-a');
    expect(world.asked).toEqual(['GET factory-a']);
  });

  test('goes where the runtime is that it reuses, if it is there', async () => {
    await world.carry(0, 1_000, 0);
    const runtime = { name: 'shared-runtime', factory: factories[1] };
    const without = await world.select('one', 1, { runtime });
    expect(without.factory).toBeUndefined();
    expect(without.candidates[0]?.obstacle).toBe('does not have the runtime that is to be reused');
    await world.services.factories.createRuntime(runtime.factory, runtime.name, '');
    expect((await world.select('one', 1, { runtime })).factory).toEqual(factories[1]);
    await world.services.factories.deleteRuntime(runtime.factory, runtime.name);
  });
});

describe('a factory that does not answer', () => {
  test('is passed over, and out until it answers', async () => {
    world.use(factories[0], lost);
    await world.carry(4_000);
    expect((await world.select('one')).factory?.name).toBe('factory-a');
    world.asked = [];
    const { factory, candidates } = await world.select('two');
    expect(factory?.name).toBe('factory-a');
    expect(candidates[1]).toMatchObject({ name: 'factory-lost', obstacle: 'does not answer' });
    expect(candidates[1]?.reasons[0]).toMatch(/factory-lost' under resource group .* was not found/);
    expect(world.asked).toEqual(['GET factory-a']);
    await world.book.answered(factories[0], 'It was gone.');
    await world.measure(factories[0]);
    expect((await world.book.get(factories[0])).silence).toBeUndefined();
  });

  test('is asked again by the next try of the activity when there is no other one', async () => {
    world.use(factories[0]);
    await world.carry(0);
    world.refused.set('factory-a', 503);
    await expect(world.runSelect('one')).rejects.toThrow(/^factory-a does not answer$/);
    expect((await world.book.get(factories[0])).silence).toBe('It is not its day.');
    expect(await world.book.held()).toEqual([]);
    world.refused.clear();
    expect((await world.select('one')).factory?.name).toBe('factory-a');
  });

  test('because it does not exist is no reason to wait', async () => {
    world.use(lost);
    const { factory, candidates } = await world.select('one');
    expect(factory).toBeUndefined();
    expect(candidates).toMatchObject([{ name: 'factory-lost', eligible: false, obstacle: 'does not answer' }]);
  });

  test('is no reason to wait for it where others only have no room', async () => {
    world.use(factories[0], lost);
    await world.carry(5_000);
    const { factory, candidates } = await world.select('one');
    expect(factory).toBeUndefined();
    expect(candidates.map(({ obstacle }) => obstacle)).toEqual(['has no room for another setup', 'does not answer']);
  });

  test('is left by a replay that would have kept it, if it is gone, and waited for otherwise', async () => {
    const { factory, candidates } = await world.select('one', 2, { known: lost });
    expect([factory, candidates.length]).toEqual([undefined, 1]);
    await world.carry(0, 0, 0);
    world.refused.set('factory-b', 503);
    await expect(world.runSelect('two', 2, { known: factories[1] })).rejects.toThrow('factory-b does not answer');
  });

  test('gives up the place that the setup had in it', async () => {
    await world.carry(0, 0, 0);
    const { factory } = await world.select('one', 1);
    world.refused.set(factory?.name ?? '', 503);
    await world.book.answered(factory ?? lost, 'It is not its day.');
    const next = await world.select('one', 2);
    expect(next.factory).toBeDefined();
    expect(next.factory).not.toEqual(factory);
    expect(await world.placesHeld()).toEqual([0, 0, 1]);
  });

  test('that answers again takes setups', async () => {
    world.use(factories[0]);
    await world.carry(0);
    await world.book.answered(factories[0], 'It was gone.');
    expect((await world.select('one')).factory?.name).toBe('factory-a');
  });

  test('because it is throttled is marked by nobody, and the other one is taken', async () => {
    world.use(factories[0], factories[1]);
    await world.carry(0, 4_000);
    world.refused.set('factory-a', 429);
    expect((await world.select('one')).factory?.name).toBe('factory-b');
    expect((await world.book.get(factories[0])).silence).toBeUndefined();
  });

  test('because its subscription is throttled is no reason to do without it', async () => {
    await world.carry(0, 0, 0);
    world.dataFactory.faults.throttleNext(100);
    await expect(world.runSelect('one')).rejects.toMatchObject({ statusCode: 429 });
    await expect(world.measure(factories[0])).rejects.toMatchObject({ statusCode: 429 });
    world.dataFactory.faults.throttleNext(0);
    const silences = await Promise.all(factories.map((factory) => world.book.get(factory)));
    expect(silences.map(({ silence }) => silence)).toEqual([undefined, undefined, undefined]);
    expect((await world.select('one')).factory).toBeDefined();
  });
});
