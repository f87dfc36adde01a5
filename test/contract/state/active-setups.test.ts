import { RestError } from '@azure/core-rest-pipeline';
import { beforeEach, describe, expect, test } from 'vitest';
import { nextLook } from '../../../shared/setup/due.ts';
import { firstAttempt, newSetupTable, recorded } from '../../support/setup/setup-table.ts';
import type { SetupTable } from '../../support/setup/setup-table.ts';
import { audit, course, milestone, newSetup as setup } from '../../support/setup/stored-setup.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';

const SIX_HOURS = 6 * 3600;

const tables = new TablesInMemory();

let setups: SetupTable;

beforeEach(() => {
  setups = newSetupTable(tables);
});

const inSeconds = (seconds: number) => new Date(setups.clock.now().getTime() + seconds * 1000);
const notedIds = async () => (await setups.noted()).map(({ setupId }) => setupId);
const dueIds = async () => (await setups.active.due()).map(({ setupId }) => setupId);

async function listed(setupId = setup.setupId) {
  const found = (await setups.noted()).find((candidate) => candidate.setupId === setupId);
  if (found === undefined) throw new Error(`${setupId} is not noted`);
  return found;
}

describe('setups that need something', () => {
  test('are those that were created and not removed', async () => {
    expect(await setups.noted()).toEqual([]);
    await setups.store.create(setup, audit);
    setups.passSeconds(1);
    await setups.store.create({ ...setup, setupId: 'other' }, audit);
    expect(await notedIds()).toEqual(['first-setup', 'other']);
    const first = await listed('first-setup');
    await setups.active.remove(first);
    await setups.active.remove(first);
    expect(await notedIds()).toEqual(['other']);
  });

  test('include one whose creation did not come to its end', async () => {
    setups = newSetupTable(tables, {
      name: 'refuses',
      sendRequest(request, next) {
        if (request.url.includes('$batch')) throw new RestError('The request was not sent', { code: 'ENOTFOUND' });
        return next(request);
      },
    });
    await expect(setups.store.create(setup, audit)).rejects.toThrow('The request was not sent');
    expect(await setups.store.get(setup)).toBeUndefined();
    expect(await notedIds()).toEqual(['first-setup']);
  });

  test('keep one that was noted anew after it was listed', async () => {
    await setups.active.add(setup);
    const before = await listed();
    setups.passSeconds(1);
    await setups.active.add(setup);
    await setups.active.remove(before);
    expect(await listed()).toMatchObject({ since: setups.clock.now() });
  });
});

describe('a setup is due', () => {
  test('half a minute after somebody began something with it, and those that are due longest come first', async () => {
    await setups.active.add({ ...setup, setupId: 'b-2' });
    setups.passSeconds(1);
    await setups.active.add({ ...setup, setupId: 'a-1' });
    setups.passSeconds(28);
    expect(await dueIds()).toEqual([]);
    setups.passSeconds(1);
    expect(await dueIds()).toEqual(['b-2']);
    setups.passSeconds(1);
    expect(await dueIds()).toEqual(['b-2', 'a-1']);
  });

  test('half a minute after a change, if it had stood still and its next look was hours away', async () => {
    await setups.createAt(course.slice(0, 2));
    await setups.active.postpone([{ setup: await listed(), due: inSeconds(SIX_HOURS) }]);
    const { since } = await listed();
    setups.passSeconds(61);
    recorded(await setups.store.record(firstAttempt, milestone('runtimeOnline')));
    expect(await listed()).toMatchObject({ since, due: inSeconds(30) });
  });

  test('no later than a minute after a change that comes soon after another, which is not noted', async () => {
    await setups.createAt(course.slice(0, 2));
    setups.passSeconds(57);
    const due = nextLook(setups.clock.now(), new Date((await setups.store.require(firstAttempt)).lastModifiedAt));
    await setups.active.postpone([{ setup: await listed(), due }]);
    const before = await listed();
    setups.passSeconds(2);
    recorded(await setups.store.record(firstAttempt, milestone('failed')));
    expect(await listed()).toEqual(before);
    expect(due.getTime()).toBeLessThan(inSeconds(60).getTime());
  });

  test('half a minute after a replication run has ended', async () => {
    const ready = await setups.createAt(course);
    await setups.replicationRuns.create(ready, { mode: 'full' }, audit);
    await setups.active.postpone([{ setup: await listed(), due: inSeconds(SIX_HOURS) }]);
    setups.passSeconds(3600);
    const counts = { tables: 0, succeededTables: 0, failedTables: 0, rows: 0 };
    await setups.replicationRuns.end(firstAttempt, { number: 1, start: 1 }, { state: 'Succeeded', counts });
    expect(await listed()).toMatchObject({ due: inSeconds(30) });
  });

  test('when it was said to be, unless it was noted anew since it was listed: that one alone', async () => {
    const ids = Array.from({ length: 250 }, (_, index) => `setup-${String(index).padStart(3, '0')}`);
    await Promise.all(ids.map((setupId) => setups.active.add({ ...setup, setupId })));
    const looked = await setups.noted();
    setups.passSeconds(10);
    await setups.active.add({ ...setup, setupId: 'setup-007' });
    const gone = looked.find(({ setupId }) => setupId === 'setup-142');
    if (gone !== undefined) await setups.active.remove(gone);
    const due = inSeconds(SIX_HOURS);
    await setups.active.postpone(looked.map((each) => ({ setup: each, due })));
    const noted = await setups.noted();
    expect(noted).toHaveLength(249);
    expect(noted.filter((each) => each.due.getTime() !== due.getTime())).toMatchObject([
      { setupId: 'setup-007', due: inSeconds(30) },
    ]);
  });
});

describe('setups with events that were not published', () => {
  test('are listed in the order in which they were noted, until they are told', async () => {
    const untoldIds = async () => (await setups.active.untold()).map(({ setupId }) => setupId);
    for (const setupId of ['b-2', 'a-1']) {
      await setups.active.noteUntold({ ...setup, setupId });
      setups.passSeconds(1);
    }
    const [first] = await setups.active.untold();
    expect(await untoldIds()).toEqual(['b-2', 'a-1']);
    await setups.active.noteUntold({ ...setup, setupId: 'b-2' });
    expect(await untoldIds()).toEqual(['a-1', 'b-2']);
    // Somebody failed again after it was listed.
    if (first !== undefined) await setups.active.told(first);
    expect(await untoldIds()).toEqual(['a-1', 'b-2']);
    for (const row of await setups.active.untold()) await setups.active.told(row);
    expect(await untoldIds()).toEqual([]);
    expect(await setups.noted()).toEqual([]);
  });
});
