import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { RestError } from '@azure/core-rest-pipeline';
import type { TableClient } from '@azure/data-tables';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startDataFactory } from '../../../local/data-factory/server.ts';
import type { DataFactory } from '../../../local/data-factory/server.ts';
import { measureFactory, releaseFactory, selectFactory } from '../../../orchestrators/activities/factory.ts';
import { FactoryBook } from '../../../shared/factory/book.ts';
import { DataFactories } from '../../../shared/factory/data-factory.ts';
import type { Services } from '../../../shared/services.ts';
import type { Factory } from '../../../shared/setup/setup.ts';
import { settingsFor } from '../../support/api/http-call.ts';
import { newSetupTable } from '../../support/setup/setup-table.ts';
import { SlowWrites } from '../../support/slow-writes.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const factoryOf = (name: string): Factory => ({
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'migration',
  name,
});
const factories = ['factory-a', 'factory-b', 'factory-c'].map(factoryOf);
/** Resource Manager knows none of that name. */
const lost = factoryOf('factory-lost');
const unused = 'https://unused.example.com';
const clock = { now: () => now };

let tables: Tables;
let dataFactory: DataFactory;
let client: DataFactoryManagementClient;
/** Method and path of each request to Resource Manager, without what all have in common. */
let asked: string[];
/** Status codes of factories that answer nothing else, by name. */
let refused: Map<string, number>;
let now: Date;
let table: TableClient;
let book: FactoryBook;
let services: Services;

beforeAll(async () => {
  tables = await startTables();
  const { tls, verifyToken, getToken, credential } = tables;
  const located = factories.map((factory) => ({ ...factory, location: 'westeurope' }));
  dataFactory = await startDataFactory({ tls, verifyToken, getToken, factories: located });
  client = new DataFactoryManagementClient(credential, factories[0]?.subscriptionId ?? '', {
    endpoint: dataFactory.url,
    retryOptions: { maxRetries: 0 },
  });
  client.pipeline.addPolicy({
    name: 'asked',
    sendRequest(request, next) {
      const path = new URL(request.url).pathname.split('/').slice(8).join('/');
      asked.push(`${request.method} ${path}`);
      const statusCode = refused.get(path.split('/')[0] ?? '');
      if (statusCode === undefined) return next(request);
      return Promise.reject(new RestError('It is not its day.', { statusCode, request }));
    },
  });
});

afterAll(() => dataFactory.stop());

beforeEach(() => {
  asked = [];
  refused = new Map();
  now = new Date();
  table = tables.table();
  book = new FactoryBook(table, clock);
  use(factories);
});

/** What the service is configured for. */
function use(configured: readonly Factory[]): void {
  const settings = settingsFor({ issuer: `${unused}/{tenantId}`, audience: 'api', keysUrl: unused });
  const gateways: Partial<Services> = {
    book,
    clock,
    store: newSetupTable(tables).store,
    factories: new DataFactories(() => client, clock),
    settings: { ...settings, MIGRATION_FACTORIES: [...configured] },
  };
  // The activities of a selection use nothing else.
  services = gateways as Services;
}

const noClient = () => {
  throw new Error('There is no durable client');
};
const subjectOf = (key: string, attempt: number) => ({ tenantId: 'tenant', setupId: `setup-${key}`, key, attempt });

const runSelect = (key: string, attempt = 1, only: Partial<Parameters<typeof selectFactory>[0]> = {}) =>
  selectFactory({ ...subjectOf(key, attempt), ...only }, services, noClient);
const release = (key: string, attempt = 1, entities = 0) =>
  releaseFactory({ ...subjectOf(key, attempt), entities }, services, noClient);
const measure = (factory: Factory) => measureFactory({ factory }, services, noClient);

/** A selection that is not stopped. */
async function select(...of: Parameters<typeof runSelect>) {
  const choice = await runSelect(...of);
  if ('stopped' in choice) throw new Error(`The selection was ${choice.stopped}`);
  return choice;
}

/** Writes down that the factories carry so many entities. */
async function carry(...entities: readonly number[]): Promise<void> {
  for (const [index, factory] of factories.entries()) {
    await book.measured(await book.get(factory), { entities: entities[index] ?? 0, activeRuns: 0 });
  }
}

async function counts(): Promise<number[]> {
  const booked = await Promise.all(factories.map((factory) => book.get(factory)));
  return booked.map(({ reservations }) => reservations);
}

const placesHeld = async () => (await counts()).toSorted((a, b) => a - b);

describe('a selection', () => {
  test('asks two factories whether they answer, and counts nothing that is known', async () => {
    await carry(0, 0, 0);
    const { factory, candidates } = await select('one');
    expect(factories).toContainEqual(factory);
    expect(candidates.map(({ name, score }) => [name, score])).toEqual(factories.map(({ name }) => [name, 100]));
    expect(asked).toHaveLength(2);
    expect(new Set(asked).size).toBe(2);
    for (const request of asked) expect(request).toMatch(/^GET factory-[abc]$/);
  });

  test('takes the emptier of the two', async () => {
    use(factories.slice(0, 2));
    await carry(2_000, 1_000);
    expect((await select('one')).factory?.name).toBe('factory-b');
  });

  test('counts what a factory carries that nobody has counted yet', async () => {
    use(factories.slice(0, 1));
    await select('one');
    const counted = asked.filter((request) => !/^GET factory-a$/.test(request));
    expect(counted).toHaveLength(6);
    expect((await book.get(factories[0] as Factory)).measuredAt).toBeInstanceOf(Date);
  });

  test('of many setups at the same moment loses no place and spreads them', async () => {
    await carry(0, 0, 0);
    const chosen = await Promise.all(Array.from({ length: 20 }, (_, index) => select(`setup${index}`)));
    for (const [index, factory] of factories.entries()) {
      const places = chosen.filter((choice) => choice.factory?.name === factory.name);
      expect((await counts())[index]).toBe(places.length);
      expect(places.length).toBeGreaterThan(2);
    }
    expect((await book.held()).length).toBe(20);
  });

  test('that runs again finds the place that it holds', async () => {
    await carry(0, 0, 0);
    const first = await select('one');
    await select('two');
    expect((await select('one')).factory).toEqual(first.factory);
    expect((await counts()).reduce((sum, count) => sum + count)).toBe(2);
  });

  test('does not count its own place against a factory', async () => {
    await carry(0, 0, 0);
    await select('one');
    const { candidates } = await select('one');
    expect(candidates.map(({ score }) => score)).toEqual([100, 100, 100]);
  });

  test('says why none is chosen when none has room, and asks none', async () => {
    await carry(5_000, 5_000, 4_990);
    const choice = await select('one');
    expect(choice.factory).toBeUndefined();
    expect(choice.candidates.map(({ obstacle }) => obstacle)).toEqual(
      factories.map(() => 'has no room for another setup'),
    );
    expect(asked).toEqual([]);
    expect(await placesHeld()).toEqual([0, 0, 0]);
  });

  test('counts once more what was full a while ago, for somebody may have made room', async () => {
    await carry(5_000, 5_000, 5_000);
    now = new Date(now.getTime() + 61_000);
    expect((await select('one')).factory).toBeDefined();
    use(factories.slice(0, 1));
    await carry(5_000);
    now = new Date(now.getTime() + 61_000);
    refused.set('factory-a', 503);
    expect((await select('two')).factory).toBeUndefined();
  });

  test('asks nobody twice, however often others are faster', async () => {
    const writes = new SlowWrites();
    use(factories.slice(0, 1));
    const slow = new FactoryBook(tables.table(writes), clock);
    services = { ...services, book: slow };
    await slow.measured(await slow.get(factories[0] as Factory), { entities: 0, activeRuns: 0 });
    writes.meanwhile(() => slow.answered(factories[0] as Factory, undefined));
    expect((await select('one')).factory?.name).toBe('factory-a');
    expect(asked).toEqual(['GET factory-a']);
  });

  test('goes where the runtime is that it reuses, if it is there', async () => {
    await carry(0, 1_000, 0);
    const runtime = { name: 'shared-runtime', factory: factories[1] as Factory };
    const without = await select('one', 1, { runtime });
    expect(without.factory).toBeUndefined();
    expect(without.candidates[0]?.obstacle).toBe('does not have the runtime that is to be reused');
    await services.factories.createRuntime(runtime.factory, runtime.name, '');
    expect((await select('one', 1, { runtime })).factory).toEqual(factories[1]);
    await services.factories.deleteRuntime(runtime.factory, runtime.name);
  });
});

describe('a factory that does not answer', () => {
  test('is passed over, and out until it answers', async () => {
    use([factories[0] as Factory, lost]);
    await carry(4_000);
    expect((await select('one')).factory?.name).toBe('factory-a');
    asked = [];
    const { factory, candidates } = await select('two');
    expect(factory?.name).toBe('factory-a');
    expect(candidates[1]).toMatchObject({ name: 'factory-lost', obstacle: 'does not answer' });
    expect(candidates[1]?.reasons[0]).toMatch(/factory-lost' under resource group .* was not found/);
    expect(asked).toEqual(['GET factory-a']);
    await book.answered(factories[0] as Factory, 'It was gone.');
    await measure(factories[0] as Factory);
    expect((await book.get(factories[0] as Factory)).silence).toBeUndefined();
  });

  test('is asked again by the next try of the activity when there is no other one', async () => {
    use(factories.slice(0, 1));
    await carry(0);
    refused.set('factory-a', 503);
    await expect(runSelect('one')).rejects.toThrow(/^factory-a does not answer$/);
    expect((await book.get(factories[0] as Factory)).silence).toBe('It is not its day.');
    expect(await book.held()).toEqual([]);
    refused.clear();
    expect((await select('one')).factory?.name).toBe('factory-a');
  });

  test('because it does not exist is no reason to wait', async () => {
    use([lost]);
    const { factory, candidates } = await select('one');
    expect(factory).toBeUndefined();
    expect(candidates).toMatchObject([{ name: 'factory-lost', eligible: false, obstacle: 'does not answer' }]);
  });

  test('is no reason to wait for it where others only have no room', async () => {
    use([factories[0] as Factory, lost]);
    await carry(5_000);
    const { factory, candidates } = await select('one');
    expect(factory).toBeUndefined();
    expect(candidates.map(({ obstacle }) => obstacle)).toEqual(['has no room for another setup', 'does not answer']);
  });

  test('is left by a replay that would have kept it, if it is gone, and waited for otherwise', async () => {
    const { factory, candidates } = await select('one', 2, { known: lost });
    expect([factory, candidates.length]).toEqual([undefined, 1]);
    await carry(0, 0, 0);
    refused.set('factory-b', 503);
    await expect(runSelect('two', 2, { known: factories[1] as Factory })).rejects.toThrow('factory-b does not answer');
  });

  test('gives up the place that the setup had in it', async () => {
    await carry(0, 0, 0);
    const { factory } = await select('one', 1);
    refused.set(factory?.name ?? '', 503);
    await book.answered(factory as Factory, 'It is not its day.');
    const next = await select('one', 2);
    expect(next.factory).toBeDefined();
    expect(next.factory).not.toEqual(factory);
    expect(await placesHeld()).toEqual([0, 0, 1]);
  });

  test('that answers again takes setups', async () => {
    use(factories.slice(0, 1));
    await carry(0);
    await book.answered(factories[0] as Factory, 'It was gone.');
    expect((await select('one')).factory?.name).toBe('factory-a');
  });

  test('because it is throttled is marked by nobody, and the other one is taken', async () => {
    use(factories.slice(0, 2));
    await carry(0, 4_000);
    refused.set('factory-a', 429);
    expect((await select('one')).factory?.name).toBe('factory-b');
    expect((await book.get(factories[0] as Factory)).silence).toBeUndefined();
  });

  test('because its subscription is throttled is no reason to do without it', async () => {
    await carry(0, 0, 0);
    dataFactory.faults.throttleNext(100);
    await expect(runSelect('one')).rejects.toMatchObject({ statusCode: 429 });
    await expect(measure(factories[0] as Factory)).rejects.toMatchObject({ statusCode: 429 });
    dataFactory.faults.throttleNext(0);
    const silences = await Promise.all(factories.map((factory) => book.get(factory)));
    expect(silences.map(({ silence }) => silence)).toEqual([undefined, undefined, undefined]);
    expect((await select('one')).factory).toBeDefined();
  });
});

describe('a place', () => {
  test('that is given back is free, and only once', async () => {
    use(factories.slice(0, 1));
    await select('one');
    await select('two');
    await Promise.all([release('one'), release('one')]);
    await release('one');
    expect(await placesHeld()).toEqual([0, 0, 1]);
  });

  test('is turned into the entities of its setup', async () => {
    use(factories.slice(0, 1));
    await select('one');
    await Promise.all([release('one', 1, 10), release('one', 1, 10)]);
    expect(await book.get(factories[0] as Factory)).toMatchObject({ reservations: 0, entities: 10 });
  });

  test('is given back by everybody at the same moment', async () => {
    const keys = Array.from({ length: 6 }, (_, index) => `setup${index}`);
    for (const key of keys) await select(key);
    await Promise.all(keys.map((key) => release(key)));
    expect(await placesHeld()).toEqual([0, 0, 0]);
  });

  test('that was never held is given back without a word', async () => {
    await release('nobody');
    expect(await book.held()).toEqual([]);
  });

  test('is not taken on a factory that has changed since it was read', async () => {
    const [one, two] = [subjectOf('one', 1), subjectOf('two', 1)];
    const view = await book.read(factories, one);
    const [first] = view.factories;
    if (first === undefined) throw new Error('There is a factory');
    expect(await book.reserve(first, two, view)).toBe(true);
    expect(await book.reserve(first, one, view)).toBe(false);
    expect((await book.read(factories, one)).held).toBeUndefined();
  });

  test('in another factory is left for the one that is chosen', async () => {
    await carry(0, 0, 0);
    const [first, second] = factories as [Factory, Factory];
    await select('one', 1, { known: first });
    expect((await select('one', 2, { known: second })).factory).toEqual(second);
    expect(await counts()).toEqual([0, 1, 0]);
  });

  test('in another factory is left, whatever others do there at the same moment', async () => {
    const writes = new SlowWrites();
    services = { ...services, book: new FactoryBook(tables.table(writes), clock) };
    ({ book } = services);
    await carry(0, 0, 0);
    const [first, second] = factories as [Factory, Factory];
    await select('one', 1, { known: first });
    writes.meanwhile(() => select('two', 1, { known: first }));
    await select('one', 2, { known: second });
    expect(await counts()).toEqual([1, 1, 0]);
  });

  test('that an attempt gave back is not taken again by a late repetition of it', async () => {
    await select('one');
    await release('one');
    expect(await runSelect('one')).toEqual({ stopped: 'superseded' });
    expect(await placesHeld()).toEqual([0, 0, 0]);
  });

  test('of the next attempt is not taken by a late repetition of the one before', async () => {
    await carry(0, 0, 0);
    await select('one', 1, { known: factories[0] as Factory });
    await release('one', 1);
    await select('one', 2, { known: factories[1] as Factory });
    expect(await runSelect('one', 1)).toEqual({ stopped: 'superseded' });
    expect((await book.held()).map(({ key, attempt }) => [key, attempt])).toEqual([['one', 2]]);
    expect(await counts()).toEqual([0, 1, 0]);
  });

  test('in a factory that is none any more is given back, too', async () => {
    await carry(0, 0, 0);
    const { factory } = await select('one');
    const rowKey = `factory-${[factory?.subscriptionId, factory?.resourceGroup, factory?.name].join('|')}`;
    await table.deleteEntity('factories', rowKey);
    await release('one');
    expect(await book.held()).toEqual([]);
  });

  test('that an attempt gave back is free for the next one', async () => {
    await select('one', 1);
    await release('one', 1);
    expect((await select('one', 2)).factory).toBeDefined();
    expect(await placesHeld()).toEqual([0, 0, 1]);
  });

  test('is taken over by the next attempt, and counted once', async () => {
    const first = await select('one', 1);
    const next = await select('one', 2);
    expect(next.factory).toEqual(first.factory);
    expect(await placesHeld()).toEqual([0, 0, 1]);
  });

  test('of the next attempt is not given back by a late repetition of the one before', async () => {
    await select('one', 1);
    await select('one', 2);
    await release('one', 1);
    expect(await placesHeld()).toEqual([0, 0, 1]);
    await release('one', 2);
    expect(await placesHeld()).toEqual([0, 0, 0]);
  });

  test('that the next attempt takes over while it is given back stays', async () => {
    const writes = new SlowWrites();
    const slow = new FactoryBook(tables.table(writes), clock);
    use(factories.slice(0, 1));
    services = { ...services, book: slow };
    await select('one', 1);
    writes.meanwhile(() => select('one', 2));
    await slow.release({ key: 'one', attempt: 1 }, 0);
    expect((await slow.held()).map(({ key, attempt }) => [key, attempt])).toEqual([['one', 2]]);
    expect((await slow.get(factories[0] as Factory)).reservations).toBe(1);
  });

  test('that an attempt gave back stays so when an earlier attempt is slower', async () => {
    const writes = new SlowWrites();
    const slow = new FactoryBook(tables.table(writes), clock);
    await slow.spend({ key: 'one', attempt: 1 });
    writes.meanwhile(() => slow.spend({ key: 'one', attempt: 3 }));
    await slow.spend({ key: 'one', attempt: 2 });
    expect(await slow.isSpent({ key: 'one', attempt: 3 })).toBe(true);
  });

  test('that an attempt gave back is forgotten with it, but not that of a later one, however slow', async () => {
    const writes = new SlowWrites();
    const slow = new FactoryBook(tables.table(writes), clock);
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

describe('what is measured', () => {
  test('replaces what was believed, and keeps the places', async () => {
    use(factories.slice(0, 1));
    await carry(4_000);
    await select('one');
    expect(await measure(factories[0] as Factory)).toEqual({ measured: true });
    expect(await book.get(factories[0] as Factory)).toMatchObject({ entities: 0, reservations: 1 });
  });

  test('counts what setups bring in meanwhile', async () => {
    const [factory] = factories as [Factory];
    use([factory]);
    await select('one');
    const before = await book.get(factory);
    await release('one', 1, 10);
    await book.measured(before, { entities: 500, activeRuns: 3 });
    expect(await book.get(factory)).toMatchObject({ entities: 510, activeRuns: 3, reservations: 0 });
  });

  test('loses no place that is taken at the same moment', async () => {
    const writes = new SlowWrites();
    const slow = new FactoryBook(tables.table(writes), clock);
    const [factory] = factories as [Factory];
    use([factory]);
    services = { ...services, book: slow };
    await select('one');
    writes.meanwhile(() => select('two'));
    await slow.measured(await slow.get(factory), { entities: 500, activeRuns: 0 });
    expect(await slow.get(factory)).toMatchObject({ entities: 500, reservations: 2 });
  });

  test('twice at the same moment is believed once', async () => {
    const [factory] = factories as [Factory];
    const before = await book.get(factory);
    await book.measured(before, { entities: 500, activeRuns: 0 });
    await book.measured(before, { entities: 500, activeRuns: 0 });
    expect(await book.get(factory)).toMatchObject({ entities: 500 });
  });

  test('says of one that does not answer why', async () => {
    expect(await measure(lost)).toMatchObject({
      measured: false,
      reason: expect.stringContaining('not found') as string,
    });
    expect((await book.get(lost)).silence).toContain('not found');
  });
});
