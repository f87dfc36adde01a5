import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { NewWait } from '../../../shared/waits/wait.ts';
import { WaitBook } from '../../../shared/waits/wait-book.ts';
import { SlowWrites } from '../../support/slow-writes.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const factory = { subscriptionId: '00000000-0000-4000-8000-000000000001', resourceGroup: 'rg', name: 'factory-one' };
const setup = { tenantId: '11111111-1111-4111-8111-111111111111', setupId: 'first-setup' };
const runtime: NewWait = {
  ...setup,
  attempt: 1,
  instanceId: 'first-setup.1.runtimeRegistration',
  eventName: 'runtime',
  target: { kind: 'runtime', factory, runtimeName: 'shir-one' },
};
const run = (eventName: 'assess' | 'install', attempt = 1): NewWait => ({
  ...setup,
  attempt,
  instanceId: `first-setup.${attempt}.preparation`,
  eventName,
  target: { kind: 'run', factory, pipeline: 'mig_one_prepare', runId: `run-${eventName}` },
});
const cleanupWait = (number: number) =>
  ({ instanceId: `first-setup.1.cleanup.${number}`, eventName: 'release' }) as const;
const runWait = (number: number, start: number) =>
  ({ instanceId: `first-setup.1.replication.${number}.${start}`, eventName: 'replication' }) as const;

let tables: Tables;
let writes: SlowWrites;
let waits: WaitBook;
let now: Date;

const START = Date.UTC(2026, 10, 24, 10);
const at = (seconds: number) => new Date(START + seconds * 1_000);
const passTo = (seconds: number) => {
  now = at(seconds);
};

beforeAll(async () => {
  tables = await startTables();
});

beforeEach(() => {
  now = at(0);
  writes = new SlowWrites();
  waits = new WaitBook(tables.table(writes), { now: () => now });
});

/** The open wait, which must be there. */
async function open() {
  const wait = await waits.get(setup);
  if (wait === undefined) throw new Error('The setup waits for nothing');
  return wait;
}

describe('a wait', () => {
  test('is stored as it was opened, and due in 5 s', async () => {
    const opened = await waits.open(runtime);
    expect(opened).toMatchObject({ ...runtime, since: at(0), due: at(5), nudgedAt: at(0) });
    expect(await waits.get(setup)).toEqual(opened);
    expect(await waits.get({ ...setup, setupId: 'other-setup' })).toBeUndefined();
  });

  test('stays as it is when it is opened again, also by two at once', async () => {
    const [first, second] = await Promise.all([waits.open(runtime), waits.open(runtime)]);
    passTo(3600);
    expect(await waits.open(runtime)).toEqual(first);
    expect(second).toEqual(first);
  });

  test.each([
    ['a later event', run('assess')],
    ['a later attempt', run('assess', 2)],
  ])('gives way to %s of its setup, and not the other way round', async (_what, later) => {
    await waits.open(runtime);
    expect(await waits.open(later)).toMatchObject(later);
    expect(await waits.open(runtime)).toBeUndefined();
    await waits.close(runtime);
    expect(await open()).toMatchObject(later);
  });

  test('of a cleanup gives way to that of the next cleanup, which the first one does not close', async () => {
    const cleanup = (number: number): NewWait => ({ ...run('install'), ...cleanupWait(number) });
    const [first, second] = [cleanup(1), cleanup(2)];
    await waits.open(first);
    expect(await waits.open(second)).toMatchObject(second);
    await waits.close(first);
    expect(await open()).toMatchObject(second);
  });

  test.each([
    ['a cleanup', cleanupWait(2), cleanupWait(10)],
    ['a replication run', runWait(1, 2), runWait(2, 1)],
    ['an orchestration of a run', runWait(2, 1), runWait(2, 2)],
  ])('of %s that comes late does not take the place of a later one', async (_what, earlier, later) => {
    await waits.open({ ...run('install'), ...later });
    expect(await waits.open({ ...run('install'), ...earlier })).toBeUndefined();
    expect(await open()).toMatchObject(later);
  });

  test('is gone when it was closed, and can be closed again', async () => {
    await waits.open(runtime);
    await waits.close(runtime);
    await waits.close(runtime);
    expect(await waits.get(setup)).toBeUndefined();
    expect(await waits.nudge(setup)).toBeUndefined();
  });
});

describe('a look', () => {
  test('is due at its time', async () => {
    await waits.open(runtime);
    passTo(4);
    expect(await waits.due()).toEqual([]);
    passTo(5);
    expect(await waits.due()).toEqual([await open()]);
  });

  test('without an answer is followed by another one after a tenth of the time', async () => {
    await waits.open(runtime);
    passTo(600);
    await waits.postpone(await open());
    expect(await open()).toMatchObject({ due: at(665), nudgedAt: at(0) });
  });

  test('leaves a nudge that came meanwhile as it is, and a wait that was closed', async () => {
    await waits.open(runtime);
    passTo(3600);
    const wait = await open();
    await waits.nudge(setup);
    await waits.postpone(wait);
    expect(await open()).toMatchObject({ due: at(3605), nudgedAt: at(3600) });
    await waits.close(runtime);
    await waits.postpone(wait);
    expect(await waits.get(setup)).toBeUndefined();
  });
});

describe('a nudge', () => {
  test('looks, and has pauses grow anew', async () => {
    await waits.open(runtime);
    passTo(3600);
    expect(await waits.nudge(setup)).toMatchObject({ mayLook: true });
    expect(await open()).toMatchObject({ lookedAt: at(3600), nudgedAt: at(3600), due: at(3605) });
  });

  test('looks once a second, however many come', async () => {
    await waits.open(runtime);
    passTo(10);
    const nudges = await Promise.all(Array.from({ length: 5 }, () => waits.nudge(setup)));
    expect(nudges.filter((nudge) => nudge?.mayLook)).toHaveLength(1);
    passTo(10.9);
    expect(await waits.nudge(setup)).toMatchObject({ mayLook: false });
    expect(await open()).toMatchObject({ lookedAt: at(10), nudgedAt: at(10.9), due: at(15) });
    passTo(11);
    expect(await waits.nudge(setup)).toMatchObject({ mayLook: true });
  });

  test('looks although the timer has looked a moment ago: the run may have ended since', async () => {
    await waits.open(run('assess'));
    passTo(600);
    await waits.postpone(await open());
    passTo(600.1);
    expect(await waits.nudge(setup)).toMatchObject({ mayLook: true });
  });
});

describe('what happens just before a change is written', () => {
  test('to open a wait is not written over', async () => {
    await waits.open(run('assess'));
    writes.meanwhile(() => waits.open(run('assess', 2)));
    expect(await waits.open(run('install'))).toBeUndefined();
    expect(await open()).toMatchObject(run('assess', 2));
  });

  test('to open a wait in place of another one is not written over', async () => {
    await waits.open(run('assess'));
    // Its first write finds that there is a wait, its second one takes the place of that.
    writes.meanwhile(() => Promise.resolve(writes.meanwhile(() => waits.open(run('assess', 2)))));
    expect(await waits.open(run('install'))).toBeUndefined();
    expect(await open()).toMatchObject(run('assess', 2));
  });

  test('is a later wait, and that one is not closed', async () => {
    await waits.open(run('assess'));
    writes.meanwhile(() => waits.open(run('install')));
    await waits.close(run('assess'));
    expect(await open()).toMatchObject(run('install'));
  });
});
