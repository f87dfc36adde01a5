import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { settleReplays } from '../../../functions/timers/settle-replays.ts';
import { runActivity } from '../../../orchestrators/activities/run.ts';
import type { BulkReplay } from '../../../shared/replays/replay.ts';
import type { Services } from '../../../shared/services.ts';
import { expectReplayedOnce, openBulkWorld, operator, setupIds } from '../../support/replays/bulk-world.ts';
import type { BulkWorld } from '../../support/replays/bulk-world.ts';
import type { Faults } from '../../support/durable/faults.ts';
import { newSetup } from '../../support/setup/stored-setup.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const { tenantId } = newSetup;
const MINUTE = 60_000;

let tables: Tables;
let world: BulkWorld;

beforeAll(async () => {
  tables = await startTables();
});

afterEach(() => world.close());

async function open(faults: Faults = {}): Promise<void> {
  world = await openBulkWorld(tables, faults);
}

/** How often each of the setups had an attempt accepted. */
async function acceptedOf(ids: readonly string[]): Promise<number[]> {
  const attempts = [1, 2, 3, 4];
  return Promise.all(
    ids.map(async (setupId) => {
      const reached = await Promise.all(
        attempts.map((attempt) => world.services.store.milestonesOf({ tenantId, setupId, attempt })),
      );
      return reached.flat().filter(({ name }) => name === 'accepted').length;
    }),
  );
}

const resultsOf = async (replay: BulkReplay) =>
  Object.fromEntries((await world.items(replay)).map(({ setupId, result, reason }) => [setupId, reason ?? result]));

/** Somebody else replays a setup. */
async function replayElsewhere(setupId: string): Promise<void> {
  const setup = await world.setup(setupId);
  const audit = { actor: 'somebody', action: 'replaySetup', requestId: crypto.randomUUID() };
  await world.services.store.beginNext(setup, setup, { from: setup.phase, replayOf: setup.attempt, audit });
}

const settle = () => settleReplays(world.client, world.services as Services);

test('60 failed setups are each replayed once, with the right result, whatever is killed or comes twice', async () => {
  const ids = setupIds(60);
  const isBroken = (_: string, index: number) => index % 3 === 0;
  const faults = [
    'run twice',
    'kill after',
    undefined,
    'fail after',
    'kill before',
    'run twice',
    'fail before',
  ] as const;
  let runs = 0;
  await open({
    activity: ({ name }) => (name === 'replayRound' ? faults[runs++] : undefined),
    message: ({ instanceId }) => (instanceId.startsWith('replay.') ? 'deliver twice' : undefined),
  });
  await world.fail(ids);
  ids.filter(isBroken).forEach((id) => world.broken.add(id));
  // And within rounds, in the middle of what they do with several setups.
  world.killAtChanges = [7, 31, 58, 90];
  const replay = await world.untilEnd(await world.replay());

  expect(world.killAtChanges.every((change) => change <= 0)).toBe(true);
  expect(runs).toBeGreaterThan(faults.length);
  await expectReplayedOnce(world, replay, ids);
  expect(await acceptedOf(ids)).toEqual(ids.map(() => 2));
});

describe('the choice', () => {
  const total = 120;
  const choose = ({ replayId }: BulkReplay) =>
    runActivity('chooseSetups', { replayId }, world.services as Services, () => world.client);

  test('has every setup once, however often it is made at the same time, and is made once', async () => {
    await open();
    await world.fail(setupIds(total));
    const replay = await world.services.replays.create(
      { filter: { tenantId, state: ['Failed'] }, perMinute: 1 },
      operator,
    );
    const totals = await Promise.all([1, 2, 3].map(() => choose(replay)));
    expect(totals).toEqual([{ total }, { total }, { total }]);
    expect((await world.items(replay)).map(({ setupId }) => setupId)).toEqual(setupIds(total));
    await world.fail(['setup-9999']);
    expect(await choose(replay)).toEqual({ total });
    expect(await world.items(replay)).toHaveLength(total);
  });

  test('is over for one that comes late', async () => {
    await open();
    await world.fail(setupIds(1));
    const early = await world.services.replays.create(
      { filter: { tenantId, state: ['Failed'] }, perMinute: 1 },
      operator,
    );
    await choose(early);
    const outcome = { tenantId, setupId: 'setup-0001', result: 'refused' } as const;
    await world.services.replays.record(early.replayId, [outcome]);
    const { setups } = await world.services.index.page({ tenantId }, 'oldest', 10);
    expect(await world.services.replays.add(early, setups)).toBeUndefined();
    expect(
      await world.services.replays.add(await world.services.replays.require(early.replayId), setups),
    ).toBeUndefined();
    expect(await world.items(early)).toMatchObject([outcome]);
  });
});

test('what came of a setup is counted once, and stays', async () => {
  await open();
  await world.fail(setupIds(2));
  const { replayId } = await world.untilEnd(await world.replay());
  const late = { tenantId, setupId: 'setup-0001', result: 'failed' } as const;
  await world.services.replays.record(replayId, [late]);
  const ended = await world.services.replays.require(replayId);
  expect(ended.counts).toEqual({ replayed: 2, skipped: 0, refused: 0, failed: 0 });
});

test('an attempt is written down with who asked for it and by which bulk replay, and begins where the last one failed', async () => {
  await open();
  await world.fail(['setup-0001']);
  const replay = await world.untilEnd(await world.replay());
  const setup = { tenantId, setupId: 'setup-0001', attempt: 2 };
  expect(await world.services.store.isBegunBy(setup, replay.replayId)).toBe(true);
  const [accepted] = await world.services.store.milestonesOf(setup);
  expect(accepted).toMatchObject({ name: 'accepted', data: { replayOf: 1, from: 'FactorySelection' } });
});

describe('a setup that was chosen', () => {
  const ids = setupIds(6);

  /** The first two setups are replayed at once; then a minute passes. */
  async function chosen(wanted: Parameters<BulkWorld['replay']>[0] = {}): Promise<BulkReplay> {
    await open();
    await world.fail(ids);
    const replay = await world.replay({ perMinute: 2, ...wanted });
    await world.hub.advance(1_000);
    return replay;
  }

  test('is skipped if somebody else has begun something with it', async () => {
    const replay = await chosen();
    await replayElsewhere('setup-0003');
    const setup = await world.setup('setup-0004');
    await world.services.store.requestDelete(setup, { removeRuntime: false, removeSource: false }, operator);
    await world.untilEnd(replay);
    expect(await resultsOf(replay)).toMatchObject({
      'setup-0003': 'Somebody else has begun attempt 2.',
      'setup-0004': 'The setup is Deleting.',
      'setup-0005': 'replayed',
    });
    expect(await acceptedOf(ids)).toEqual([2, 2, 2, 1, 2, 2]);
  });

  test('is refused if its environment is that of another setup, or gone', async () => {
    const replay = await chosen();
    const { environments } = world.services;
    await environments.claim(tenantId, 'Of setup-0003', { setupId: 'another', attempt: 1 });
    const gone = await environments.get(tenantId, 'Of setup-0004');
    if (gone !== undefined) {
      const audit = { actor: 'provider', action: 'deleteEnvironment', requestId: 'gone' };
      await environments.delete(tenantId, gone, audit);
    }
    await world.untilEnd(replay);
    expect(await resultsOf(replay)).toMatchObject({
      'setup-0003': 'The setup another has the environment Of setup-0003.',
      'setup-0004': 'The tenant has no environment Of setup-0004.',
      'setup-0005': 'replayed',
    });
    expect(await acceptedOf(ids)).toEqual([2, 2, 1, 1, 2, 2]);
  });

  test('is refused if its attempt did not come as far as the phase that is asked for', async () => {
    const started = await chosen({ from: 'Assessment' });
    const replay = await world.untilEnd(started);
    expect(replay.counts).toEqual({ replayed: 0, skipped: 0, refused: 6, failed: 0 });
    expect(await resultsOf(replay)).toMatchObject({
      'setup-0001': 'The attempt ended in FactorySelection, which is before Assessment.',
    });
  });

  test('is no other one, although further setups fail meanwhile', async () => {
    const replay = await chosen();
    await world.fail(['setup-0000', 'setup-0007']);
    const ended = await world.untilEnd(replay);
    expect(ended.total).toBe(6);
    expect(await acceptedOf(['setup-0000', 'setup-0007'])).toEqual([1, 1]);
  });
});

describe('a setup for which the service fails', () => {
  test('holds up no other one, and is replayed when the service is well again', async () => {
    await open();
    await world.fail(setupIds(6));
    world.unreachable.add('setup-0002');
    const replay = await world.replay({ perMinute: 3 });
    await world.hub.advance(MINUTE);
    expect(await world.services.replays.require(replay.replayId)).toMatchObject({
      state: 'Running',
      counts: { replayed: 5 },
    });
    world.unreachable.clear();
    expect(await world.untilEnd(replay)).toMatchObject({ state: 'Completed', counts: { replayed: 6 } });
  });

  test('has that as its result after an hour', async () => {
    await open();
    await world.fail(setupIds(3));
    world.unreachable.add('setup-0002');
    const begin = world.hub.clock.now();
    const replay = await world.untilEnd(await world.replay());
    expect(replay).toMatchObject({ state: 'Completed', counts: { replayed: 2, failed: 1 } });
    expect((world.hub.clock.now() - begin) / MINUTE).toBeGreaterThan(57);
    expect((await resultsOf(replay))['setup-0002']).not.toBe('failed');
  });
});

describe('stop', () => {
  async function stop({ replayId }: BulkReplay): Promise<void> {
    await world.services.replays.requestStop(await world.services.replays.require(replayId), operator);
  }

  test('leaves alone what was not begun, within a minute', async () => {
    await open();
    await world.fail(setupIds(10));
    const replay = await world.replay({ perMinute: 4 });
    await world.hub.advance(1_000);
    await stop(replay);
    await world.hub.advance(MINUTE);
    const stopped = await world.services.replays.require(replay.replayId);
    expect(stopped).toMatchObject({ state: 'Stopped', total: 10, counts: { replayed: 4 } });
    await world.hub.advance(10 * MINUTE);
    expect(await acceptedOf(setupIds(10))).toEqual([2, 2, 2, 2, 1, 1, 1, 1, 1, 1]);
    expect((await world.items(replay)).filter(({ result }) => result === 'pending')).toHaveLength(6);
  });

  test('tells what was begun by a host that was killed before it could say so', async () => {
    await open();
    await world.fail(setupIds(4));
    const replay = await world.replay();
    const record = world.services.replays.record.bind(world.services.replays);
    world.services.replays.record = async () => {
      world.services.replays.record = record;
      await stop(replay);
      world.hub.kill();
      return new Promise(() => undefined);
    };
    expect(await world.untilEnd(replay)).toMatchObject({ state: 'Completed', counts: { replayed: 4 } });
    expect(await acceptedOf(setupIds(4))).toEqual([2, 2, 2, 2]);
  });
});

describe('the timer', () => {
  test('starts a bulk replay that was accepted and never started, once its request has had its time', async () => {
    await open();
    await world.fail(setupIds(2));
    const { replayId } = await world.services.replays.create(
      { filter: { tenantId, state: ['Failed'] }, perMinute: 600 },
      operator,
    );
    await settle();
    expect(world.hub.histories()).toEqual([]);
    await world.hub.advance(31_000);
    await settle();
    await world.hub.untilEnd(`replay.${replayId}.1`);
    expect(await world.services.replays.require(replayId)).toMatchObject({ state: 'Completed' });
    expect(await world.services.replays.open()).toEqual([]);
  });

  test('gives one whose orchestration is dead to another, which begins nothing twice', async () => {
    await open();
    const ids = setupIds(6);
    await world.fail(ids);
    const replay = await world.replay({ perMinute: 2 });
    await world.hub.advance(1_000);
    await world.client.terminate(`replay.${replay.replayId}.1`, 'test');
    await world.hub.advance(31_000);
    await settle();
    await settle();
    const ended = await world.untilEnd(replay);
    expect(ended).toMatchObject({ state: 'Completed', run: 2, counts: { replayed: 6 } });
    expect(await acceptedOf(ids)).toEqual(ids.map(() => 2));
  });

  test('leaves alone what goes on, and what has ended', async () => {
    await open();
    await world.fail(setupIds(6));
    const replay = await world.replay({ perMinute: 1 });
    await world.hub.advance(50_000);
    await settle();
    expect(world.hub.histories().filter(({ name }) => name === 'replayMany')).toHaveLength(1);
    await world.untilEnd(replay);
    await world.hub.advance(MINUTE);
    await settle();
    expect(world.hub.histories().filter(({ name }) => name === 'replayMany')).toHaveLength(1);
  });
});
