import { RestError } from '@azure/core-rest-pipeline';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newSetupTable } from '../../support/setup/setup-table.ts';
import type { SetupTable } from '../../support/setup/setup-table.ts';
import { audit, newSetup as setup } from '../../support/setup/stored-setup.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

let tables: Tables;
let setups: SetupTable;

beforeAll(async () => {
  tables = await startTables();
});

beforeEach(() => {
  setups = newSetupTable(tables);
});

const idsOf = async () => (await setups.active.list()).map(({ setupId }) => setupId);

async function listed(setupId: string) {
  const found = (await setups.active.list()).find((candidate) => candidate.setupId === setupId);
  if (found === undefined) throw new Error(`${setupId} is not noted`);
  return found;
}

describe('setups that need something', () => {
  test('are those that were created and not removed', async () => {
    expect(await setups.active.list()).toEqual([]);
    await setups.store.create(setup, audit);
    await setups.store.create({ ...setup, setupId: 'other' }, audit);
    const key = { tenantId: setup.tenantId, since: setups.clock.now(), etag: expect.any(String) as string };
    expect(await setups.active.list()).toEqual([
      { ...key, setupId: 'first-setup' },
      { ...key, setupId: 'other' },
    ]);
    const first = await listed('first-setup');
    await setups.active.remove(first);
    await setups.active.remove(first);
    expect(await idsOf()).toEqual(['other']);
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
    expect(await idsOf()).toEqual(['first-setup']);
  });

  test('keep one that was noted anew after it was listed', async () => {
    await setups.active.add(setup);
    const before = await listed('first-setup');
    setups.passSeconds(1);
    await setups.active.add(setup);
    await setups.active.remove(before);
    expect(await listed('first-setup')).toMatchObject({ since: setups.clock.now() });
  });
});

describe('the next run', () => {
  beforeEach(async () => {
    for (const setupId of ['a-1', 'b-2', 'c-3']) await setups.active.add({ ...setup, setupId });
  });

  test('begins with the first setup that the last one did not come to', async () => {
    await setups.active.continueFrom(await listed('b-2'));
    expect(await idsOf()).toEqual(['b-2', 'c-3', 'a-1']);
    await setups.active.continueFrom(undefined);
    await setups.active.continueFrom(undefined);
    expect(await idsOf()).toEqual(['a-1', 'b-2', 'c-3']);
  });

  test('goes on after one that needs nothing any more', async () => {
    const second = await listed('b-2');
    await setups.active.continueFrom(second);
    await setups.active.remove(second);
    expect(await idsOf()).toEqual(['c-3', 'a-1']);
  });
});
