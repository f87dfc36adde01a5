import { RestError } from '@azure/core-rest-pipeline';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SetupStore } from '../../../shared/setup/store.ts';
import { course, milestone, newSetup } from '../../support/setup/stored-setup.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const setup = newSetup;
const attempt = { tenantId: setup.tenantId, setupId: setup.setupId, attempt: 1 };
const [factorySelected, runtimeCreated] = [milestone('factorySelected'), milestone('runtimeCreated')];
const [proceduresCreated, inventoryCompleted] = [milestone('proceduresCreated'), milestone('inventoryCompleted')];

let tables: Tables;
let store: SetupStore;
let now: Date;

const START = '2026-11-24T10:00:00.000Z';
const clock = { now: () => now };

/** A store on new tables. `policy` sees the calls on the table of the setups. */
function newStore(policy?: PipelinePolicy): SetupStore {
  return new SetupStore(tables.table(policy), tables.table(), clock, 'https://migration.example.com');
}

function passMinutes(minutes: number): void {
  now = new Date(now.getTime() + minutes * 60_000);
}

const eventsOf = async () =>
  (await store.pendingEvents(setup)).map(({ type, sequence }) => [type.split('.')[3], Number(sequence)]);

beforeAll(async () => {
  tables = await startTables();
});

afterAll(() => tables.stop());

beforeEach(() => {
  now = new Date(START);
  store = newStore();
});

describe('a new setup', () => {
  test('is stored as accepted, with its request and its first event', async () => {
    const created = await store.create(setup);
    expect(created).toMatchObject({
      ...setup,
      state: 'Accepted',
      phase: 'FactorySelection',
      attempt: 1,
      sequence: 1,
      createdAt: START,
      lastModifiedAt: START,
    });
    expect(created?.etag).not.toBe('');
    expect(await store.get(setup)).toEqual(created);
    expect(await eventsOf()).toEqual([['accepted', 1]]);
  });

  test('is created once, whoever else creates it at the same moment', async () => {
    const created = await Promise.all(Array.from({ length: 5 }, () => store.create(setup)));
    expect(created.filter((record) => record !== undefined)).toHaveLength(1);
    expect(await eventsOf()).toEqual([['accepted', 1]]);
  });

  test('leaves one that exists as it is', async () => {
    const first = await store.create(setup);
    passMinutes(1);
    expect(await store.create({ ...setup, key: 'ba9876543210' })).toBeUndefined();
    expect(await store.get(setup)).toEqual(first);
  });

  test('is another one in another tenant', async () => {
    const other = { ...setup, tenantId: '22222222-2222-4222-8222-222222222222' };
    await store.create(setup);
    expect(await store.get(other)).toBeUndefined();
    expect(await store.create(other)).toMatchObject({ tenantId: other.tenantId });
    expect(await store.pendingEvents(setup)).toHaveLength(1);
  });
});

describe('a milestone', () => {
  test('moves the setup on, and its event is the next one', async () => {
    await store.create(setup);
    passMinutes(2);
    const moved = await store.record(attempt, factorySelected);
    expect(moved).toMatchObject({ state: 'Running', phase: 'RuntimeRegistration', sequence: 2, createdAt: START });
    expect(moved.lastModifiedAt).toBe('2026-11-24T10:02:00.000Z');
    passMinutes(3);
    const waiting = await store.record(attempt, runtimeCreated);
    expect(waiting).toMatchObject({ state: 'WaitingForRuntime', phase: 'RuntimeRegistration', sequence: 3 });
    expect(waiting.phaseStartedAt).toBe('2026-11-24T10:02:00.000Z');
    expect(await eventsOf()).toEqual([
      ['accepted', 1],
      ['factory-selected', 2],
      ['runtime-created', 3],
    ]);
  });

  test('without an event leaves no gap in the sequence', async () => {
    await store.create(setup);
    await store.record(attempt, factorySelected);
    await store.record(attempt, milestone('runtimeNotNeeded'));
    await store.record(attempt, proceduresCreated);
    expect(await eventsOf()).toEqual([
      ['accepted', 1],
      ['factory-selected', 2],
      ['procedures-created', 3],
    ]);
  });

  test('that was recorded before changes nothing', async () => {
    await store.create(setup);
    const once = await store.record(attempt, factorySelected);
    passMinutes(1);
    expect(await store.record(attempt, factorySelected)).toEqual(once);
    expect(await eventsOf()).toHaveLength(2);
  });

  test('is recorded once by two activities at the same moment', async () => {
    await store.create(setup);
    await Promise.all(Array.from({ length: 4 }, () => store.record(attempt, factorySelected)));
    expect(await store.get(setup)).toMatchObject({ sequence: 2 });
    expect(await eventsOf()).toHaveLength(2);
  });

  test('does not overwrite another one of the same moment', async () => {
    await store.create(setup);
    await store.record(attempt, factorySelected);
    await Promise.all([store.record(attempt, proceduresCreated), store.record(attempt, inventoryCompleted)]);
    const events = await eventsOf();
    expect(events.map(([, sequence]) => sequence)).toEqual([1, 2, 3, 4]);
    expect(new Set(events.map(([type]) => type)).size).toBe(4);
  });

  test('does not overwrite a change that was made after the setup was read', async () => {
    let interferes = false;
    store = newStore({
      name: 'interferes',
      async sendRequest(request, next) {
        if (interferes && request.url.includes('$batch')) {
          interferes = false;
          await store.record(attempt, proceduresCreated);
        }
        return next(request);
      },
    });
    await store.create(setup);
    await store.record(attempt, factorySelected);
    interferes = true;
    expect(await store.record(attempt, milestone('runtimeNotNeeded'))).toMatchObject({ sequence: 3 });
  });

  test.each([
    ['that the state does not lead to', attempt, runtimeCreated],
    ['of an attempt that is not the current one', { ...attempt, attempt: 2 }, factorySelected],
    ['of a setup that is not there', { ...attempt, setupId: 'nobody' }, factorySelected],
  ])('%s is refused and changes nothing', async (_what, of, refused) => {
    const created = await store.create(setup);
    await expect(store.record(of, refused)).rejects.toThrow(Error);
    expect(await store.get(setup)).toEqual(created);
    expect(await store.milestonesOf(attempt)).toHaveLength(1);
  });

  test.each([
    ['Ready', [factorySelected, milestone('ready')]],
    ['Failed', [milestone('failed')]],
  ])('is refused after %s', async (state, before) => {
    await store.create(setup);
    for (const reached of before) await store.record(attempt, reached);
    await expect(store.record(attempt, inventoryCompleted)).rejects.toThrow(`cannot follow ${state}`);
    expect(await store.get(setup)).toMatchObject({ state });
  });

  test('that ends the attempt as failed keeps the reason with the setup', async () => {
    await store.create(setup);
    await store.record(attempt, factorySelected);
    const ended = await store.record(attempt, milestone('failed'));
    expect(ended).toMatchObject({ state: 'Failed', phase: 'RuntimeRegistration', failure: { code: '50001' } });
  });

  test('is read back with its data and its times, oldest first', async () => {
    await store.create(setup);
    passMinutes(2);
    await store.record(attempt, factorySelected);
    await store.record(attempt, runtimeCreated);
    expect(await store.milestonesOf(attempt)).toEqual([
      {
        name: 'accepted',
        attempt: 1,
        startedAt: START,
        at: START,
        data: { product: 'DynamicsBC', sourceKind: 'SqlServer' },
      },
      { name: 'factorySelected', attempt: 1, startedAt: START, at: now.toISOString(), data: factorySelected.data },
      {
        name: 'runtimeCreated',
        attempt: 1,
        startedAt: now.toISOString(),
        at: now.toISOString(),
        data: runtimeCreated.data,
      },
    ]);
  });
});

describe('a change of state and its event', () => {
  test('are one write', async () => {
    const writes: string[] = [];
    store = newStore({
      name: 'writes',
      sendRequest(request, next) {
        if (request.method !== 'GET') writes.push(new URL(request.url).pathname.split('/').at(-1) ?? '');
        return next(request);
      },
    });
    await store.create(setup);
    await store.record(attempt, factorySelected);
    expect(writes).toEqual(['Tables', '$batch', '$batch']);
  });

  test('are not written twice when the answer is lost', async () => {
    let loses = false;
    store = newStore({
      name: 'loses-answers',
      async sendRequest(request, next) {
        const response = await next(request);
        if (!loses || !request.url.includes('$batch')) return response;
        loses = false;
        throw new RestError('The connection was reset', { code: 'ECONNRESET' });
      },
    });
    await store.create(setup);
    loses = true;
    await expect(store.record(attempt, factorySelected)).rejects.toThrow('The connection was reset');
    expect(await store.record(attempt, factorySelected)).toMatchObject({ sequence: 2 });
    expect(await eventsOf()).toHaveLength(2);
  });
});

describe('events', () => {
  test('of a whole setup are pending in their order, with no gap', async () => {
    await store.create(setup);
    for (const reached of course) await store.record(attempt, reached);
    const events = await eventsOf();
    expect(events.map(([, sequence]) => sequence)).toEqual(Array.from({ length: 11 }, (_, index) => index + 1));
    expect([events[0]?.[0], events.at(-1)?.[0]]).toEqual(['accepted', 'ready']);
    expect(await store.get(setup)).toMatchObject({ state: 'Ready', phase: 'Cleanup', sequence: 11 });
  });

  test('stay pending until they are marked', async () => {
    await store.create(setup);
    await store.record(attempt, factorySelected);
    const [first, second] = await store.pendingEvents(setup);
    if (first === undefined || second === undefined) throw new Error('Two events are pending');
    await store.markPublished(setup, first);
    expect(await store.pendingEvents(setup)).toEqual([second]);
    await store.markPublished(setup, first);
    await store.markPublished(setup, second);
    expect(await store.pendingEvents(setup)).toEqual([]);
  });
});

describe('findings', () => {
  beforeEach(() => store.create(setup));

  const many = Array.from({ length: 250 }, (_, index) => ({ id: index, text: `Größe ${index}` }));

  test('come back in their order, also more than one transaction takes', async () => {
    await store.putFindings(attempt, 'company', many);
    expect(await store.findingsOf(attempt, 'company')).toEqual(many);
  });

  test('are replaced when they are put again', async () => {
    await store.putFindings(attempt, 'check', [{ id: 'A-1', status: 'failed' }]);
    await store.putFindings(attempt, 'check', [{ id: 'A-1', status: 'passed' }]);
    expect(await store.findingsOf(attempt, 'check')).toEqual([{ id: 'A-1', status: 'passed' }]);
  });

  test('of another kind, attempt or setup are apart', async () => {
    await store.putFindings(attempt, 'check', [{ id: 'A-1' }]);
    expect(await store.findingsOf(attempt, 'extension')).toEqual([]);
    expect(await store.findingsOf({ ...attempt, attempt: 2 }, 'check')).toEqual([]);
    expect(await store.findingsOf({ ...attempt, setupId: 'first-setup-2' }, 'check')).toEqual([]);
  });
});

describe('setups that need something', () => {
  const key = { tenantId: setup.tenantId, setupId: setup.setupId };

  test('are those that were created and not settled', async () => {
    expect(await store.activeSetups()).toEqual([]);
    await store.create(setup);
    await store.create({ ...setup, setupId: 'other' });
    expect(await store.activeSetups()).toEqual([
      { ...key, since: now },
      { ...key, setupId: 'other', since: now },
    ]);
    await store.settle(setup);
    await store.settle(setup);
    expect((await store.activeSetups()).map(({ setupId }) => setupId)).toEqual(['other']);
  });

  test('include one whose creation did not come to its end', async () => {
    store = newStore({
      name: 'refuses',
      sendRequest(request, next) {
        if (request.url.includes('$batch')) throw new RestError('The request was not sent', { code: 'ENOTFOUND' });
        return next(request);
      },
    });
    await expect(store.create(setup)).rejects.toThrow('The request was not sent');
    expect(await store.get(setup)).toBeUndefined();
    expect((await store.activeSetups()).map(({ setupId }) => setupId)).toEqual(['first-setup']);
  });
});

test('an audit row says who did what, and when', async () => {
  const setups = tables.table();
  store = new SetupStore(setups, tables.table(), clock, 'https://migration.example.com');
  await store.create(setup);
  await store.audit(setup, { actor: 'somebody', action: 'listKeys', requestId: 'request-1' });
  const rows: unknown[] = [];
  for await (const row of setups.listEntities({
    queryOptions: { filter: "RowKey ge 'audit' and RowKey lt 'audit~'" },
  })) {
    rows.push(row);
  }
  expect(rows).toMatchObject([{ at: START, actor: 'somebody', action: 'listKeys', requestId: 'request-1' }]);
});

test('an empty account answers', async () => {
  await expect(store.ping()).resolves.toBeUndefined();
});
