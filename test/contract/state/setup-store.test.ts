import { RestError } from '@azure/core-rest-pipeline';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { firstAttempt as attempt, newSetupTable, recorded, START } from '../../support/setup/setup-table.ts';
import type { SetupTable } from '../../support/setup/setup-table.ts';
import { audit, course, milestone, newSetup as setup } from '../../support/setup/stored-setup.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const [factorySelected, runtimeCreated] = [milestone('factorySelected'), milestone('runtimeCreated')];
const [proceduresCreated, inventoryCompleted] = [milestone('proceduresCreated'), milestone('inventoryCompleted')];

let tables: Tables;
let setups: SetupTable;
let store: SetupTable['store'];

const eventsOf = async () =>
  (await store.pendingEvents(setup)).map(({ type, sequence }) => [type.split('.')[3], Number(sequence)]);

beforeAll(async () => {
  tables = await startTables();
});

beforeEach(() => {
  setups = newSetupTable(tables);
  ({ store } = setups);
});

describe('a new setup', () => {
  test('is stored as accepted, with its request and its first event', async () => {
    const created = await store.create(setup, audit);
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
    const created = await Promise.all(Array.from({ length: 5 }, () => store.create(setup, audit)));
    expect(created.filter((record) => record !== undefined)).toHaveLength(1);
    expect(await eventsOf()).toEqual([['accepted', 1]]);
  });

  test('leaves one that exists as it is', async () => {
    const first = await store.create(setup, audit);
    setups.passSeconds(60);
    expect(await store.create({ ...setup, key: 'ba9876543210' }, audit)).toBeUndefined();
    expect(await store.get(setup)).toEqual(first);
  });

  test('is another one in another tenant', async () => {
    const other = { ...setup, tenantId: '22222222-2222-4222-8222-222222222222' };
    await store.create(setup, audit);
    expect(await store.get(other)).toBeUndefined();
    expect(await store.create(other, audit)).toMatchObject({ tenantId: other.tenantId });
    expect(await store.pendingEvents(setup)).toHaveLength(1);
  });
});

describe('a milestone', () => {
  test('moves the setup on, and its event is the next one', async () => {
    await store.create(setup, audit);
    setups.passSeconds(120);
    const moved = recorded(await store.record(attempt, factorySelected));
    expect(moved).toMatchObject({ state: 'Running', phase: 'RuntimeRegistration', sequence: 2, createdAt: START });
    expect(moved.lastModifiedAt).toBe('2026-11-24T10:02:00.000Z');
    setups.passSeconds(180);
    const waiting = recorded(await store.record(attempt, runtimeCreated));
    expect(waiting).toMatchObject({ state: 'WaitingForRuntime', phase: 'RuntimeRegistration', sequence: 3 });
    expect(waiting.phaseStartedAt).toBe('2026-11-24T10:02:00.000Z');
    expect(await eventsOf()).toEqual([
      ['accepted', 1],
      ['factory-selected', 2],
      ['runtime-created', 3],
    ]);
  });

  test('without an event leaves no gap in the sequence', async () => {
    await store.create(setup, audit);
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
    await store.create(setup, audit);
    const once = await store.record(attempt, factorySelected);
    setups.passSeconds(60);
    expect(await store.record(attempt, factorySelected)).toEqual({ ...once, events: undefined });
    expect(await eventsOf()).toHaveLength(2);
  });

  test('of a phase that the attempt has left is not recorded any more', async () => {
    await store.create(setup, audit);
    await store.record(attempt, factorySelected);
    await store.record(attempt, milestone('checksCompleted'));
    const { sequence } = await store.require(attempt);
    const counts = {
      passed: 1,
      nothingToDo: 0,
      warned: 0,
      failed: 1,
      skipped: 0,
      excluded: 0,
      failedChecks: ['NET-01'],
    };
    const late = recorded(await store.record(attempt, { name: 'checksFailed', data: counts }));
    expect(late).toMatchObject({ phase: 'Installation', sequence });
    expect((await store.milestonesOf(attempt)).map(({ name }) => name)).not.toContain('checksFailed');
    expect(recorded(await store.record(attempt, runtimeCreated))).toMatchObject({ state: 'Running', sequence });
  });

  test('is recorded once by two activities at the same moment', async () => {
    await store.create(setup, audit);
    await Promise.all(Array.from({ length: 4 }, () => store.record(attempt, factorySelected)));
    expect(await store.get(setup)).toMatchObject({ sequence: 2 });
    expect(await eventsOf()).toHaveLength(2);
  });

  test('does not overwrite another one of the same moment', async () => {
    await store.create(setup, audit);
    await store.record(attempt, factorySelected);
    await Promise.all([store.record(attempt, proceduresCreated), store.record(attempt, inventoryCompleted)]);
    const events = await eventsOf();
    expect(events.map(([, sequence]) => sequence)).toEqual([1, 2, 3, 4]);
    expect(new Set(events.map(([type]) => type)).size).toBe(4);
  });

  test('does not overwrite a change that was made after the setup was read', async () => {
    let interferes = false;
    ({ store } = newSetupTable(tables, {
      name: 'interferes',
      async sendRequest(request, next) {
        if (interferes && request.url.includes('$batch')) {
          interferes = false;
          await store.record(attempt, proceduresCreated);
        }
        return next(request);
      },
    }));
    await store.create(setup, audit);
    await store.record(attempt, factorySelected);
    interferes = true;
    expect(recorded(await store.record(attempt, milestone('runtimeNotNeeded')))).toMatchObject({ sequence: 3 });
  });

  test.each([
    ['that the state does not lead to', attempt, runtimeCreated],
    ['of a setup that is not there', { ...attempt, setupId: 'nobody' }, factorySelected],
  ])('%s is refused and changes nothing', async (_what, of, refused) => {
    const created = await store.create(setup, audit);
    await expect(store.record(of, refused)).rejects.toThrow(Error);
    expect(await store.get(setup)).toEqual(created);
    expect(await store.milestonesOf(attempt)).toHaveLength(1);
  });

  test.each([0, 2])('of attempt %i, which is not the current one, is superseded and changes nothing', async (other) => {
    const created = await store.create(setup, audit);
    const refused = await store.record({ ...attempt, attempt: other }, factorySelected);
    expect(refused).toEqual({ kind: 'stopped', reason: 'superseded' });
    expect(await store.get(setup)).toEqual(created);
  });

  test.each([
    ['Ready', [factorySelected, milestone('ready')]],
    ['Failed', [milestone('failed')]],
    ['Canceled', [milestone('cancelRequested'), milestone('canceled')]],
  ])('is superseded after %s', async (state, milestones) => {
    await store.create(setup, audit);
    for (const reached of milestones) await store.record(attempt, reached);
    const before = await store.get(setup);
    const refused = await store.record(attempt, inventoryCompleted);
    expect(refused).toEqual({ kind: 'stopped', reason: 'superseded' });
    expect(before).toMatchObject({ state });
    expect(await store.get(setup)).toEqual(before);
  });

  test('that ends the attempt as failed keeps the reason with the setup', async () => {
    await store.create(setup, audit);
    await store.record(attempt, factorySelected);
    const ended = recorded(await store.record(attempt, milestone('failed')));
    expect(ended).toMatchObject({ state: 'Failed', phase: 'RuntimeRegistration', failure: { code: '50001' } });
  });

  test('is read back with its data and its times, oldest first', async () => {
    await store.create(setup, audit);
    setups.passSeconds(120);
    await store.record(attempt, factorySelected);
    await store.record(attempt, runtimeCreated);
    const at = setups.clock.now().toISOString();
    expect(await store.milestonesOf(attempt)).toEqual([
      {
        name: 'accepted',
        attempt: 1,
        origin: 1,
        startedAt: START,
        at: START,
        data: { product: 'DynamicsBC', sourceKind: 'SqlServer', from: 'FactorySelection' },
      },
      { name: 'factorySelected', attempt: 1, origin: 1, startedAt: START, at, data: factorySelected.data },
      {
        name: 'runtimeCreated',
        attempt: 1,
        origin: 1,
        startedAt: at,
        at,
        data: runtimeCreated.data,
      },
    ]);
  });
});

describe('a change of state and its event', () => {
  test('are one write', async () => {
    const writes: string[] = [];
    ({ store } = newSetupTable(tables, {
      name: 'writes',
      sendRequest(request, next) {
        const name = new URL(request.url).pathname.split('/').at(-1) ?? '';
        if (request.method !== 'GET') writes.push(`${request.method} ${name}`);
        return next(request);
      },
    }));
    await store.create(setup, audit);
    await store.record(attempt, factorySelected);
    const [table, key, begun, moved, ...changes] = writes;
    expect([table, key]).toEqual(['POST Tables', expect.stringContaining(encodeURIComponent(`key|${setup.key}`))]);
    expect([begun, moved]).toEqual(['POST $batch', expect.stringMatching(/^DELETE .*!audit-/)]);
    expect(changes).toEqual(['POST $batch']);
  });

  test('are not written twice when the answer is lost', async () => {
    let loses = false;
    ({ store } = newSetupTable(tables, {
      name: 'loses-answers',
      async sendRequest(request, next) {
        const response = await next(request);
        if (!loses || !request.url.includes('$batch')) return response;
        loses = false;
        throw new RestError('The connection was reset', { code: 'ECONNRESET' });
      },
    }));
    await store.create(setup, audit);
    loses = true;
    await expect(store.record(attempt, factorySelected)).rejects.toThrow('The connection was reset');
    expect(recorded(await store.record(attempt, factorySelected))).toMatchObject({ sequence: 2 });
    expect(await eventsOf()).toHaveLength(2);
  });
});

describe('events', () => {
  test('of a whole setup are pending in their order, with no gap', async () => {
    await store.create(setup, audit);
    for (const reached of course) await store.record(attempt, reached);
    const events = await eventsOf();
    expect(events.map(([, sequence]) => sequence)).toEqual(Array.from({ length: 11 }, (_, index) => index + 1));
    expect([events[0]?.[0], events.at(-1)?.[0]]).toEqual(['accepted', 'ready']);
    expect(await store.get(setup)).toMatchObject({ state: 'Ready', phase: 'Cleanup', sequence: 11 });
  });

  test('stay pending until they are marked', async () => {
    await store.create(setup, audit);
    await store.record(attempt, factorySelected);
    const [first, second] = await store.pendingEvents(setup);
    if (first === undefined || second === undefined) throw new Error('Two events are pending');
    await store.markPublished(setup, [first]);
    expect(await store.pendingEvents(setup)).toEqual([second]);
    await store.markPublished(setup, [first]);
    await store.markPublished(setup, [second]);
    expect(await store.pendingEvents(setup)).toEqual([]);
  });
});

test('two changes of one request in one millisecond are both written down', async () => {
  const created = await store.create(setup, audit);
  if (created === undefined) throw new Error('The setup is new');
  const canceling = await store.requestCancel(created, audit);
  await store.requestDelete(canceling ?? created, { removeRuntime: false, removeSource: false }, audit);
  const { tenantId, setupId } = setup;
  const results = ['Canceling', 'attempt 1', 'waits for the cancellation'];
  const audits = await setups.audits();
  expect(audits.map(({ result }) => result).sort()).toEqual(results);
  expect(audits).toMatchObject(results.map(() => ({ at: START, tenantId, setupId, ...audit })));
  expect(await setups.rows('!audit-')).toEqual([]);
});

test('an empty account answers', async () => {
  await expect(store.ping()).resolves.toBeUndefined();
});
