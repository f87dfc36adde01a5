import { beforeEach, describe, expect, test } from 'vitest';
import { firstAttempt as attempt, newSetupTable, recorded } from '../../support/setup/setup-table.ts';
import type { SetupTable } from '../../support/setup/setup-table.ts';
import { audit, course, milestone } from '../../support/setup/stored-setup.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';
import { dataOf } from '../../../shared/setup/milestone-data.ts';

const tables = new TablesInMemory();

const asks = { actor: 'an operator', action: 'ask', requestId: 'request-2' };
const asksAgain = { ...asks, requestId: 'request-3' };
const options = { removeRuntime: true, removeSource: false };

let setups: SetupTable;
let store: SetupTable['store'];

beforeEach(() => {
  setups = newSetupTable(tables);
  ({ store } = setups);
});

const everything = () => setups.rows('');
const current = () => store.require(attempt);
/** Moves time on, so that rows that are written then are told from the others. */
const later = () => {
  setups.passSeconds(60);
  return setups.clock.now().toISOString();
};

describe('an attempt that takes back what it made', () => {
  beforeEach(async () => {
    await setups.createAt(course.slice(0, 2));
    await store.beginUndo(attempt);
  });

  test('says so once', async () => {
    const before = await everything();
    expect(recorded(await store.beginUndo(attempt))).toMatchObject({ undoing: true, state: 'WaitingForRuntime' });
    expect(await everything()).toEqual(before);
  });

  test('reaches nothing more, but its end', async () => {
    const before = await everything();
    expect(await store.record(attempt, milestone('runtimeOnline'))).toEqual({ kind: 'stopped', reason: 'superseded' });
    expect(await everything()).toEqual(before);
    expect(recorded(await store.record(attempt, milestone('failed')))).toMatchObject({ state: 'Failed' });
  });

  test('says once that it removes what it made, as its cleanup does, and another cleanup does not', async () => {
    expect(recorded(await store.beginRemoval(attempt))).toMatchObject({ undoing: true, removing: true });
    await store.beginCleanup(await current(), 2);
    expect(await store.beginRemoval(attempt)).toEqual({ kind: 'stopped', reason: 'superseded' });
    expect(await store.beginRemoval({ ...attempt, cleanup: 1 })).toEqual({ kind: 'stopped', reason: 'superseded' });
    const before = await everything();
    expect(recorded(await store.beginRemoval({ ...attempt, cleanup: 2 }))).toMatchObject({ removing: true });
    expect(await everything()).toEqual(before);
  });

  test('can still be canceled', async () => {
    expect(await store.requestCancel(await current(), asks)).toMatchObject({ state: 'Canceling' });
  });

  test.each([
    ['that rests', () => store.record(attempt, milestone('failed')), 'recorded'],
    ['that was given to a cleanup', async () => store.beginCleanup(await current(), 1), 'stopped'],
  ])('says nothing of a setup %s', async (_which, end, kind) => {
    await end();
    const before = await everything();
    expect(await store.beginUndo(attempt)).toMatchObject({ kind });
    expect(await everything()).toEqual(before);
  });
});

describe('the wish that an attempt ends', () => {
  test.each([
    ['Accepted', []],
    ['Running', course.slice(0, 1)],
    ['WaitingForRuntime', course.slice(0, 2)],
  ])('is taken in state %s, with who has it', async (state, milestones) => {
    const setup = await setups.createAt(milestones);
    const at = later();
    const canceling = await store.requestCancel(setup, asks);
    expect(setup.state).toBe(state);
    expect(canceling).toMatchObject({
      state: 'Canceling',
      phase: setup.phase,
      sequence: setup.sequence,
      cancel: { at, actor: 'an operator' },
    });
    expect((await setups.audits()).at(-1)).toMatchObject({ ...asks, at, result: 'Canceling' });
  });

  test.each([
    ['is ready', course],
    ['has failed', [milestone('failed')]],
    ['is canceling', [milestone('cancelRequested')]],
  ])('comes too late when the attempt %s', async (_what, milestones) => {
    const setup = await setups.createAt(milestones);
    const before = await everything();
    expect(await store.requestCancel(setup, asks)).toBeUndefined();
    expect(await everything()).toEqual(before);
  });

  test('is not taken on an outdated ETag', async () => {
    const setup = await setups.createAt([]);
    await store.record(attempt, milestone('factorySelected'));
    const before = await everything();
    expect(await store.requestCancel(setup, asks)).toBeUndefined();
    expect(await everything()).toEqual(before);
  });

  test('brings a setup that was settled back to the timer', async () => {
    const setup = await setups.createAt([]);
    const [listed] = await setups.noted();
    await store.requestCancel(setup, asks);
    if (listed !== undefined) await setups.active.remove(listed);
    expect(await setups.noted()).toHaveLength(1);
  });
});

describe('the wish that a setup goes', () => {
  test.each([
    ['Ready', course],
    ['Failed', [milestone('failed')]],
    ['Canceled', [milestone('cancelRequested'), milestone('canceled')]],
  ])('begins at once in state %s', async (_state, milestones) => {
    const setup = await setups.createAt(milestones);
    const at = later();
    const deleting = await store.requestDelete(setup, options, asks);
    expect(deleting).toMatchObject({
      state: 'Deleting',
      deletion: { at, actor: 'an operator', number: 1, begun: true, ...options },
    });
    expect((await setups.audits()).at(-1)).toMatchObject({ ...asks, at, result: 'Deleting' });
    expect(dataOf(await store.milestonesOf(setup), 'deleteRequested')).toEqual(options);
  });

  test('of an attempt that works cancels it first', async () => {
    const setup = await setups.createAt(course.slice(0, 2));
    const at = later();
    const canceling = await store.requestDelete(setup, options, asks);
    expect(canceling).toMatchObject({
      state: 'Canceling',
      cancel: { at, actor: 'an operator' },
      deletion: { number: 1, begun: false },
    });
    await store.record(attempt, milestone('canceled'));
    later();
    expect(await store.beginDelete(await current(), asksAgain)).toMatchObject({
      state: 'Deleting',
      deletion: { at, actor: 'an operator', number: 1, begun: true, ...options },
    });
  });

  test('of an attempt that is canceling already waits for that', async () => {
    const setup = await setups.createAt([]);
    const canceling = await store.requestCancel(setup, asks);
    const at = later();
    const asked = await store.requestDelete(canceling ?? setup, options, { ...asksAgain, actor: 'another' });
    expect(asked).toMatchObject({
      state: 'Canceling',
      cancel: { actor: 'an operator' },
      deletion: { at, actor: 'another', begun: false },
    });
    expect((await setups.audits()).at(-1)).toMatchObject({ actor: 'another', at });
  });

  test('is not taken while the setup is being removed, or is gone', async () => {
    const deleting = await store.requestDelete(await setups.createAt([milestone('failed')]), options, asks);
    const before = await everything();
    expect(await store.requestDelete(deleting ?? (await current()), options, asksAgain)).toBeUndefined();
    expect(await everything()).toEqual(before);
    const deleted = recorded(await store.record(attempt, milestone('deleted')));
    expect(deleted).toMatchObject({ state: 'Deleted' });
    expect(await store.requestDelete(deleted, options, asksAgain)).toBeUndefined();
  });

  test('is not taken on an outdated ETag', async () => {
    const setup = await setups.createAt([]);
    const failed = recorded(await store.record(attempt, milestone('failed')));
    const before = await everything();
    expect(await store.requestDelete(setup, options, asks)).toBeUndefined();
    expect(await store.requestDelete({ ...failed, etag: setup.etag }, options, asks)).toBeUndefined();
    expect(await everything()).toEqual(before);
  });

  test('can be had again when the removal failed, and each removal is told from the one before', async () => {
    await store.requestDelete(await setups.createAt(course), options, asks);
    later();
    const failed = recorded(await store.record(attempt, milestone('deletionFailed')));
    expect(failed).toMatchObject({ state: 'Failed', failure: { code: 'StepFailed' } });
    later();
    const again = await store.requestDelete(failed, { ...options, removeRuntime: false }, asksAgain);
    expect(again).toMatchObject({ state: 'Deleting', deletion: { number: 2, begun: true, removeRuntime: false } });
    later();
    expect(recorded(await store.record(attempt, milestone('deleted')))).toMatchObject({ state: 'Deleted' });
    const types = (await store.pendingEvents(attempt)).map(({ type }) => type.split('.')[3]);
    expect(types.slice(-3)).toEqual(['ready', 'failed', 'deleted']);
    expect((await store.milestonesOf(attempt)).slice(-4).map(({ name }) => name)).toEqual([
      'deleteRequested',
      'deletionFailed',
      'deleteRequested',
      'deleted',
    ]);
  });

  test('is not begun for a setup that nobody wants to go, nor while its attempt works', async () => {
    const failed = await setups.createAt([milestone('failed')]);
    const before = await everything();
    expect(await store.beginDelete(failed, asks)).toBeUndefined();
    expect(await everything()).toEqual(before);
  });
});

describe('a cleanup', () => {
  test('takes the setup from its attempt, and the next one from the first', async () => {
    const setup = await setups.createAt(course.slice(0, 1));
    const first = await store.beginCleanup(setup, 1);
    expect(first).toMatchObject({ state: 'Running', cleanup: 1, sequence: setup.sequence });
    expect(await store.beginCleanup(setup, 1)).toBeUndefined();
    const second = await store.beginCleanup(first ?? setup, 2);
    expect(second).toMatchObject({ cleanup: 2 });
    expect(await store.record({ ...attempt, cleanup: 1 }, milestone('failed'))).toEqual({
      kind: 'stopped',
      reason: 'superseded',
    });
    expect(recorded(await store.record({ ...attempt, cleanup: 2 }, milestone('failed')))).toMatchObject({
      state: 'Failed',
    });
  });

  test('is begun once, whoever begins it at the same moment', async () => {
    const setup = await setups.createAt([]);
    const begun = await Promise.all([store.beginCleanup(setup, 1), store.beginCleanup(setup, 1)]);
    expect(begun.filter((given) => given !== undefined)).toHaveLength(1);
  });

  test('of an attempt whose end somebody wants ends it as canceled', async () => {
    const canceling = await store.requestCancel(await setups.createAt([]), { ...audit, ...asks });
    await store.beginCleanup(canceling ?? (await current()), 1);
    expect(recorded(await store.record({ ...attempt, cleanup: 1 }, milestone('canceled')))).toMatchObject({
      state: 'Canceled',
    });
  });

  test('may record what ended its attempt, and nothing that the attempt would reach', async () => {
    const canceling = await store.requestCancel(await setups.createAt([]), asks);
    await store.beginCleanup(canceling ?? (await current()), 1);
    const canceled = { kind: 'stopped', reason: 'canceled' };
    expect(await store.record({ ...attempt, cleanup: 1 }, milestone('factorySelected'))).toEqual(canceled);
  });
});
