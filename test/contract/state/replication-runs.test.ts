import { beforeEach, describe, expect, test } from 'vitest';
import type { RunOutcome } from '../../../shared/replication/run.ts';
import type { MilestoneData } from '../../../shared/setup/states.ts';
import type { SetupRecord } from '../../../shared/setup/store.ts';
import { firstAttempt, newSetupTable } from '../../support/setup/setup-table.ts';
import type { SetupTable } from '../../support/setup/setup-table.ts';
import { audit, course, milestone, newSetup } from '../../support/setup/stored-setup.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';

const counts = { tables: 2, succeededTables: 2, failedTables: 0, rows: 7 };
const succeeded: RunOutcome = { state: 'Succeeded', counts };
const options = { removeRuntime: true, removeSource: false };
const worker = { number: 1, start: 1 };

let setups: SetupTable;
let ready: SetupRecord;

beforeEach(async () => {
  setups = newSetupTable(new TablesInMemory());
  ready = await setups.createAt(course);
});

const head = () => setups.store.require(newSetup);
const create = async () => setups.replicationRuns.create(await head(), { mode: 'full' }, audit);
const run = () => setups.replicationRuns.run(newSetup, 1);
/** Types of the events since the setup was ready. */
const events = async () =>
  (await setups.store.pendingEvents(newSetup))
    .filter(({ sequence }) => Number(sequence) > ready.sequence)
    .map(({ type }) => type.split('.')[3]);

describe('a run', () => {
  test('is accepted with its audit, is under way, and is the only one', async () => {
    expect(await create()).toMatchObject({ run: { number: 1, state: 'Accepted' } });
    expect(await head()).toMatchObject({ state: 'Ready', replication: { run: 1, active: { start: 1 } } });
    expect(await create()).toBeUndefined();
    expect(await setups.replicationRuns.of(newSetup)).toHaveLength(1);
    const result = 'replication run 1';
    expect(await setups.audits()).toContainEqual(expect.objectContaining({ ...audit, result }));
    expect((await setups.noted()).map(({ setupId }) => setupId)).toEqual([newSetup.setupId]);
  });

  test('keeps what is migrated as it is while it is under way, as a setup does that is not ready', async () => {
    const selection = { companies: ['CRONUS'] };
    await create();
    expect(await setups.store.select(await head(), selection, audit)).toBeUndefined();
    await setups.replicationRuns.end(firstAttempt, worker, succeeded);
    expect(await setups.store.select(await head(), selection, audit)).toMatchObject({ planOutdated: true });
    const other = newSetupTable(new TablesInMemory());
    const running = await other.createAt(course.slice(0, 3));
    expect(await other.store.select(running, selection, audit)).toBeUndefined();
  });

  test('is not accepted by who read the setup before it changed, nor before it is ready', async () => {
    await create();
    await setups.replicationRuns.end(firstAttempt, worker, succeeded);
    expect(await setups.replicationRuns.create(ready, { mode: 'full' }, audit)).toBeUndefined();
    const other = newSetupTable(new TablesInMemory());
    const running = await other.createAt(course.slice(0, 3));
    expect(await other.replicationRuns.create(running, { mode: 'full' }, audit)).toBeUndefined();
  });

  test('begins once and ends once, each with its event', async () => {
    await create();
    for (let times = 0; times < 2; times += 1) {
      expect(await setups.replicationRuns.begin(firstAttempt, worker, 2)).toMatchObject({ kind: 'recorded' });
    }
    expect(await run()).toMatchObject({ state: 'Running' });
    for (let times = 0; times < 2; times += 1) {
      expect(await setups.replicationRuns.end(firstAttempt, worker, succeeded)).toMatchObject({ kind: 'recorded' });
    }
    expect(await run()).toMatchObject({ state: 'Succeeded', counts });
    expect((await head()).replication).toEqual({ run: 1 });
    expect(await events()).toEqual(['replication-started', 'replication-completed']);
    expect(await setups.replicationRuns.begin(firstAttempt, worker, 2)).toEqual({
      kind: 'stopped',
      reason: 'superseded',
    });
  });

  test('has its tables planned again once, by its last orchestration, if what is migrated has changed', async () => {
    const { data: plan } = milestone('tablesPlanned') as { data: MilestoneData<'tablesPlanned'> };
    await setups.store.select(ready, { companies: ['CRONUS'] }, audit);
    await create();
    const plans = (start: number) => setups.replicationRuns.recordPlan(firstAttempt, { number: 1, start }, plan);
    expect(await plans(2)).toEqual({ kind: 'stopped', reason: 'superseded' });
    expect(await plans(1)).toMatchObject({ setup: { planOutdated: false } });
    expect(await plans(1)).toMatchObject({ kind: 'recorded' });
    expect(await events()).toEqual(['tables-planned']);
  });

  test('belongs to its last orchestration', async () => {
    await create();
    expect(await setups.replicationRuns.restart(await head())).toMatchObject({ replication: { active: { start: 2 } } });
    const superseded = { kind: 'stopped', reason: 'superseded' };
    expect(await setups.replicationRuns.begin(firstAttempt, worker, 2)).toEqual(superseded);
    expect(await setups.replicationRuns.end(firstAttempt, worker, succeeded)).toEqual(superseded);
    expect(await setups.replicationRuns.begin(firstAttempt, { number: 2, start: 2 }, 2)).toEqual(superseded);
    expect(await setups.replicationRuns.end(firstAttempt, { number: 1, start: 2 }, succeeded)).toMatchObject({
      kind: 'recorded',
    });
    expect(await setups.replicationRuns.restart(await head())).toBeUndefined();
  });

  test('that is canceled begins no more, and ends', async () => {
    const accepted = await create();
    expect(await setups.replicationRuns.requestCancel(ready, audit)).toBeUndefined();
    expect(accepted && (await setups.replicationRuns.requestCancel(accepted.setup, audit))).toMatchObject({
      run: { state: 'Canceling' },
    });
    expect(accepted && (await setups.replicationRuns.requestCancel(accepted.setup, audit))).toBeUndefined();
    expect(await setups.replicationRuns.begin(firstAttempt, worker, 2)).toEqual({
      kind: 'stopped',
      reason: 'canceled',
    });
    await setups.replicationRuns.end(firstAttempt, worker, { state: 'Canceled', counts });
    expect(await events()).toEqual(['replication-canceled']);
    expect(await setups.replicationRuns.requestCancel(await head(), audit)).toBeUndefined();
  });

  test('keeps its setup from being deleted, until it ends', async () => {
    await create();
    expect(await setups.store.requestDelete(await head(), options, audit)).toBeUndefined();
    await setups.replicationRuns.end(firstAttempt, worker, succeeded);
    expect(await setups.store.requestDelete(await head(), options, audit)).toMatchObject({ state: 'Deleting' });
  });

  test('of an earlier attempt counts on', async () => {
    await create();
    await setups.replicationRuns.end(firstAttempt, worker, succeeded);
    await setups.store.requestDelete(await head(), options, audit);
    await setups.store.beginCleanup(await head(), 1);
    await setups.store.record({ ...firstAttempt, cleanup: 1 }, milestone('deleted'));
    const second = await setups.replay(await head(), 'FactorySelection');
    expect(second).toMatchObject({ attempt: 2, replication: { run: 1 } });
  });
});
