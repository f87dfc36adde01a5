import { beforeEach, describe, expect, test } from 'vitest';
import { phases } from '../../../shared/setup/states.ts';
import type { MilestoneName, Phase } from '../../../shared/setup/states.ts';
import { firstAttempt as attempt, newSetupTable, recorded } from '../../support/setup/setup-table.ts';
import type { SetupTable } from '../../support/setup/setup-table.ts';
import { audit, course, milestone } from '../../support/setup/stored-setup.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';

const tables = new TablesInMemory();

const superseded = { kind: 'stopped', reason: 'superseded' };
const canceled = { kind: 'stopped', reason: 'canceled' };
const second = { ...attempt, attempt: 2 };
/** Everything but the end of the last phase, so that the attempt can still fail. */
const almostReady = [...course.slice(0, -1), milestone('failed')];

let setups: SetupTable;
let store: SetupTable['store'];

beforeEach(() => {
  setups = newSetupTable(tables);
  ({ store } = setups);
});

/** Everything that is stored of the setup. */
const everything = () => setups.rows('');

describe('the opening of an attempt', () => {
  test('lets one run work, and lets it say so again', async () => {
    await setups.createAt([]);
    const opened = recorded(await store.open(attempt, 'run-1'));
    expect(opened).toMatchObject({ state: 'Running', openedBy: 'run-1', sequence: 1 });
    expect(recorded(await store.open(attempt, 'run-1'))).toEqual(opened);
  });

  test('supersedes every other run, also of the same moment', async () => {
    await setups.createAt([]);
    const results = await Promise.all(['run-1', 'run-2', 'run-3'].map((token) => store.open(attempt, token)));
    expect(results.filter(({ kind }) => kind === 'recorded')).toHaveLength(1);
    expect(results.filter(({ kind }) => kind === 'stopped')).toEqual([superseded, superseded]);
  });

  test('goes on for its run while the attempt works', async () => {
    await setups.createAt([]);
    await store.open(attempt, 'run-1');
    await store.record(attempt, milestone('factorySelected'));
    await store.record(attempt, milestone('runtimeCreated'));
    expect(recorded(await store.open(attempt, 'run-1'))).toMatchObject({ state: 'WaitingForRuntime' });
    expect(await store.open(attempt, 'run-2')).toEqual(superseded);
  });

  test('of an attempt that was canceled before it began leaves it canceling', async () => {
    await store.requestCancel(await setups.createAt([]), { ...audit, requestId: 'request-2' });
    expect(recorded(await store.open(attempt, 'run-1'))).toMatchObject({ state: 'Canceling', openedBy: 'run-1' });
  });

  test.each([
    ['of an attempt that is not there yet', () => store.open(second, 'run-1')],
    [
      'of the attempt before',
      async () => {
        await store.record(attempt, milestone('failed'));
        await setups.replay(await store.require(attempt), 'FactorySelection');
        return store.open(attempt, 'run-1');
      },
    ],
    [
      'after a cleanup has begun',
      async () => {
        await store.beginCleanup(await store.require(attempt), 1);
        return store.open(attempt, 'run-1');
      },
    ],
    [
      'by the run that had it, after a cleanup has begun',
      async () => {
        await store.open(attempt, 'run-1');
        await store.beginCleanup(await store.require(attempt), 1);
        return store.open(attempt, 'run-1');
      },
    ],
    [
      'of an attempt that has ended unopened',
      async () => {
        await store.record(attempt, milestone('failed'));
        return store.open(attempt, 'run-1');
      },
    ],
  ])('%s is superseded', async (_what, open) => {
    await setups.createAt([]);
    expect(await open()).toEqual(superseded);
  });
});

describe('a milestone', () => {
  test('on the way is canceled once somebody wants the end, and changes nothing', async () => {
    const running = await setups.createAt([milestone('factorySelected')]);
    await store.requestCancel(running, { ...audit, requestId: 'request-2' });
    const before = await everything();
    for (const name of ['runtimeCreated', 'checksCompleted', 'ready'] as const) {
      expect(await store.record(attempt, milestone(name))).toEqual(canceled);
    }
    expect(await everything()).toEqual(before);
  });

  test('that was recorded before the wish to end is canceled, too: the attempt learns of it', async () => {
    const running = await setups.createAt([milestone('factorySelected')]);
    await store.requestCancel(running, { ...audit, requestId: 'request-2' });
    expect(await store.record(attempt, milestone('factorySelected'))).toEqual(canceled);
  });

  test.each([
    ['canceled', 'Canceled'],
    ['failed', 'Failed'],
  ] as const)('%s ends an attempt that is canceling', async (name, state) => {
    const running = await setups.createAt([milestone('factorySelected')]);
    await store.requestCancel(running, { ...audit, requestId: 'request-2' });
    expect(recorded(await store.record(attempt, milestone(name)))).toMatchObject({ state });
  });

  test('belongs to the cleanup alone once one has begun', async () => {
    await store.beginCleanup(await setups.createAt([milestone('factorySelected')]), 2);
    const before = await everything();
    expect(await store.record(attempt, milestone('runtimeCreated'))).toEqual(superseded);
    expect(await store.record(attempt, milestone('failed'))).toEqual(superseded);
    expect(await store.record({ ...attempt, cleanup: 1 }, milestone('failed'))).toEqual(superseded);
    expect(await everything()).toEqual(before);
    const ended = recorded(await store.record({ ...attempt, cleanup: 2 }, milestone('failed')));
    expect(ended).toMatchObject({ state: 'Failed', failure: { code: '50001' } });
    expect(recorded(await store.record({ ...attempt, cleanup: 2 }, milestone('failed')))).toEqual(ended);
  });

  test('that was taken over is not announced again, beside one that is the attempt’s own', async () => {
    await setups.replay(await setups.createAt(almostReady), 'Inventory');
    const { sequence } = await store.require(second);
    await store.record(second, milestone('checksCompleted'));
    expect(await store.require(second)).toMatchObject({ sequence });
    await store.record(second, milestone('proceduresCreated'));
    await store.record(second, milestone('inventoryCompleted'));
    const reached = await store.milestonesOf(second);
    const originOf = (wanted: string) => reached.find(({ name }) => name === wanted)?.origin;
    expect(['checksCompleted', 'proceduresCreated', 'inventoryCompleted'].map(originOf)).toEqual([1, 1, 2]);
    expect(await store.require(second)).toMatchObject({ sequence: sequence + 1 });
  });

  test('after a phase to which the attempt was moved back is its own', async () => {
    const failed = await setups.createAt(almostReady);
    setups.passSeconds(60);
    await setups.replay(failed, 'Installation');
    await store.open(second, 'run-2');
    await store.moveBack(second, 'RuntimeRegistration');
    const own = recorded(await store.record(second, milestone('runtimeCreated')));
    const origins = (await store.milestonesOf(second)).map(({ name, origin }) => [name, origin]);
    expect(origins).toEqual([
      ['factorySelected', 1],
      ['accepted', 2],
      ['runtimeCreated', 2],
    ]);
    const { attempt: number, sequence } = own;
    expect((await store.pendingEvents(attempt)).at(-1)?.id).toMatch(new RegExp(`:${number}:${sequence}$`));
  });
});

/** What the next attempt takes over, by the phase at which it begins. */
const takenOver: Readonly<Record<Phase, readonly MilestoneName[]>> = {
  FactorySelection: [],
  RuntimeRegistration: ['factorySelected'],
  Assessment: ['factorySelected', 'runtimeCreated', 'runtimeOnline'],
  Installation: ['factorySelected', 'runtimeCreated', 'runtimeOnline', 'checksCompleted'],
  Inventory: ['factorySelected', 'runtimeCreated', 'runtimeOnline', 'checksCompleted', 'proceduresCreated'],
  TablePlan: [
    'factorySelected',
    'runtimeCreated',
    'runtimeOnline',
    'checksCompleted',
    'proceduresCreated',
    'inventoryCompleted',
  ],
  ReplicationPipeline: [
    'factorySelected',
    'runtimeCreated',
    'runtimeOnline',
    'checksCompleted',
    'proceduresCreated',
    'inventoryCompleted',
    'tablesPlanned',
  ],
  Ready: [
    'factorySelected',
    'runtimeCreated',
    'runtimeOnline',
    'checksCompleted',
    'proceduresCreated',
    'inventoryCompleted',
    'tablesPlanned',
    'replicationPipelineCreated',
  ],
  Cleanup: [
    'factorySelected',
    'runtimeCreated',
    'runtimeOnline',
    'checksCompleted',
    'proceduresCreated',
    'inventoryCompleted',
    'tablesPlanned',
    'replicationPipelineCreated',
    'environmentMarked',
  ],
};

describe('the next attempt', () => {
  test.each(phases)('from %s takes over what the phases before gave, with the attempt that made it', async (from) => {
    const failed = await setups.createAt(almostReady);
    setups.passSeconds(60);
    const begun = await setups.replay(failed, from);
    expect(begun).toMatchObject({ state: 'Accepted', attempt: 2, from, phase: from, sequence: failed.sequence + 1 });
    const { failure, ...withoutFailure } = begun ?? failed;
    expect(failure).toBeUndefined();
    expect(withoutFailure.phaseStartedAt).toBe(setups.clock.now().toISOString());

    const reached = await store.milestonesOf(second);
    const [copies, own] = [reached.slice(0, -1), reached.slice(-1)];
    const originals = await store.milestonesOf(attempt);
    expect(copies).toEqual(
      originals.filter(({ name }) => takenOver[from].includes(name)).map((record) => ({ ...record, attempt: 2 })),
    );
    expect(copies.map(({ name, origin }) => [name, origin])).toEqual(takenOver[from].map((name) => [name, 1]));
    expect(own).toMatchObject([{ name: 'accepted', origin: 2, data: { from, replayOf: 1 } }]);
  });

  test('goes on with the event numbers, and names itself in its events', async () => {
    await setups.replay(await setups.createAt(almostReady), 'Assessment');
    const events = await store.pendingEvents(attempt);
    expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_event, index) => index + 1));
    expect(events.at(-1)).toMatchObject({
      type: 'com.bcmigration.setup.accepted.v1',
      id: `${attempt.tenantId}.first-setup:2:${events.length}`,
      data: { attempt: 2, from: 'Assessment', replayOf: 1 },
    });
  });

  test('is begun once, by whoever read the setup as it is', async () => {
    const failed = await setups.createAt(almostReady);
    const begun = await Promise.all([setups.replay(failed, 'Inventory'), setups.replay(failed, 'Assessment')]);
    expect(begun.filter((setup) => setup !== undefined)).toHaveLength(1);
    const before = await everything();
    expect(await setups.replay(failed, 'Installation')).toBeUndefined();
    expect(await everything()).toEqual(before);
  });

  test('is written down with who asked for it, in the same write', async () => {
    let batches = 0;
    setups = newSetupTable(tables, {
      name: 'counts',
      sendRequest(request, next) {
        if (request.url.includes('$batch')) batches += 1;
        return next(request);
      },
    });
    const failed = await setups.createAt([milestone('failed')]);
    batches = 0;
    setups.passSeconds(60);
    await setups.replay(failed, 'FactorySelection');
    expect(batches).toBe(1);
    expect(await setups.audits()).toMatchObject([
      { action: 'putSetup', result: 'attempt 1' },
      { actor: 'somebody', action: 'replay', result: 'attempt 2' },
    ]);
  });

  test('notes the setup as one that needs something, with a new ETag', async () => {
    const failed = await setups.createAt([milestone('failed')]);
    const [listed] = await setups.noted();
    await setups.replay(failed, 'FactorySelection');
    if (listed !== undefined) await setups.active.remove(listed);
    expect(await setups.noted()).toHaveLength(1);
  });

  test('clears who opened the one before, its cancellation and its cleanup', async () => {
    const running = recorded(await store.open(await setups.createAt([]), 'run-1'));
    const canceling = await store.requestCancel(running, { ...audit, requestId: 'request-2' });
    await store.beginCleanup(canceling ?? running, 1);
    await store.record({ ...attempt, cleanup: 1 }, milestone('canceled'));
    await setups.replay(await store.require(attempt), 'FactorySelection');
    const begun = await store.require(attempt);
    for (const column of ['openedBy', 'cancel', 'cleanup', 'deletion', 'failure'])
      expect(begun).not.toHaveProperty(column);
    expect(recorded(await store.open(second, 'run-2'))).toMatchObject({ attempt: 2, openedBy: 'run-2' });
  });

  test.each([
    ['works', []],
    ['is ready', course],
    ['is canceling', [milestone('cancelRequested')]],
  ])('does not begin while the one before %s', async (_what, milestones) => {
    const setup = await setups.createAt(milestones);
    const before = await everything();
    expect(await setups.replay(setup, 'FactorySelection')).toBeUndefined();
    expect(await everything()).toEqual(before);
  });
});

describe('an attempt that is moved back', () => {
  beforeEach(async () => {
    const failed = await setups.createAt(almostReady);
    setups.passSeconds(60);
    await setups.replay(failed, 'ReplicationPipeline');
    setups.passSeconds(60);
  });

  test('begins earlier, and has no longer taken over what comes from there on', async () => {
    const moved = recorded(await store.moveBack(second, 'Installation'));
    expect(moved).toMatchObject({ from: 'Installation', phase: 'Installation', state: 'Accepted' });
    expect(moved.phaseStartedAt).toBe(setups.clock.now().toISOString());
    const names = (await store.milestonesOf(second)).map(({ name }) => name);
    expect(names).toEqual([...takenOver.Installation, 'accepted']);
    expect(await store.milestonesOf(attempt)).toHaveLength(almostReady.length + 1);
  });

  test('never begins later', async () => {
    const before = recorded(await store.moveBack(second, 'Assessment'));
    expect(recorded(await store.moveBack(second, 'Assessment'))).toEqual(before);
    expect(recorded(await store.moveBack(second, 'TablePlan'))).toEqual(before);
  });

  test.each([
    ['superseded', 'another attempt', () => store.moveBack(attempt, 'Assessment')],
    [
      'canceled',
      'one whose end somebody wants',
      async () => {
        await store.requestCancel(await store.require(second), { ...audit, requestId: 'request-2' });
        return store.moveBack(second, 'Assessment');
      },
    ],
    [
      'superseded',
      'one that has ended',
      async () => {
        await store.record(second, milestone('failed'));
        return store.moveBack(second, 'Assessment');
      },
    ],
    [
      'superseded',
      'one that was given to a cleanup',
      async () => {
        await store.beginCleanup(await store.require(second), 1);
        return store.moveBack(second, 'Assessment');
      },
    ],
  ])('is %s if it is %s', async (reason, _what, moveBack) => {
    expect(await moveBack()).toEqual({ kind: 'stopped', reason });
    expect(await store.require(second)).toMatchObject({ from: 'ReplicationPipeline' });
    expect(await store.milestonesOf(second)).toSatisfy((reached: unknown[]) => reached.length > 7);
  });
});

test('a column that this version does not know survives every write', async () => {
  await setups.createAt([milestone('factorySelected')]);
  const row = { partitionKey: `${attempt.tenantId}|${attempt.setupId}`, rowKey: 'head', claimedBy: 'a newer version' };
  await setups.table.updateEntity(row, 'Merge');
  await store.record(attempt, milestone('failed'));
  await setups.replay(await store.require(attempt), 'FactorySelection');
  expect(await setups.rows('head')).toMatchObject([{ claimedBy: 'a newer version', attempt: 2 }]);
});
