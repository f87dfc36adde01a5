import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SetupRecord } from '../../../shared/setup/head.ts';
import type { SetupFilter, SetupOrder } from '../../../shared/setup/index-rows.ts';
import { SetupIndex } from '../../../shared/setup/setup-index.ts';
import type { SetupState } from '../../../shared/setup/states.ts';
import { storedHead } from '../../support/setup/stored-setup.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const START = Date.parse('2026-11-24T10:00:00.000Z');
const otherTenant = '22222222-2222-4222-8222-222222222222';

let tables: Tables;
let index: SetupIndex;

beforeAll(async () => {
  tables = await startTables();
});

beforeEach(() => {
  index = new SetupIndex(tables.table());
});

/** A setup that was created and last changed so many milliseconds after the start. */
function setupOf(setupId: string, created: number, changes: Partial<SetupRecord> = {}): SetupRecord {
  const at = new Date(START + created).toISOString();
  return { ...storedHead, setupId, createdAt: at, lastModifiedAt: at, ...changes };
}

function laterBy(milliseconds: number, setup: SetupRecord, changes: Partial<SetupRecord>): SetupRecord {
  const at = new Date(Date.parse(setup.lastModifiedAt) + milliseconds).toISOString();
  return { ...setup, ...changes, lastModifiedAt: at };
}

/** Ids of all setups of a list, read in pages. */
async function listOf(filter: SetupFilter, order: SetupOrder = 'oldest', size = 2): Promise<string[]> {
  const ids: string[] = [];
  let next: string | undefined;
  do {
    const page = await index.page(filter, order, size, next);
    ids.push(...page.setups.map(({ setupId }) => setupId));
    expect(page.setups.length).toBeLessThanOrEqual(size);
    next = page.next;
  } while (next !== undefined);
  return ids;
}

describe('a list', () => {
  test('has every setup once, by creation, in pages of any size, also of the same millisecond', async () => {
    const created = { s1: 10, 's1-b': 10, s0: 10, late: 30, early: 0 };
    for (const [id, at] of Object.entries(created)) await index.put(setupOf(id, at));
    const oldest = ['early', 's0', 's1', 's1-b', 'late'];
    for (const size of [1, 2, 3, 5, 6]) {
      expect(await listOf({}, 'oldest', size)).toEqual(oldest);
      expect(await listOf({}, 'newest', size)).toEqual(['late', 's0', 's1', 's1-b', 'early']);
    }
  });

  test('of a tenant has its setups only, that of all tenants has all', async () => {
    await index.put(setupOf('one', 0));
    await index.put(setupOf('two', 1, { tenantId: otherTenant }));
    expect(await listOf({ tenantId: otherTenant })).toEqual(['two']);
    expect(await listOf({})).toEqual(['one', 'two']);
  });

  test('has what every filter asks for', async () => {
    const failure = { code: '50001', cause: 'c', remedy: 'r' };
    const destination = { ...storedHead.destination, environment: 'Sandbox One' };
    await index.put(setupOf('failed', 0, { state: 'Failed', phase: 'Assessment', failure, factory: 'factory-1' }));
    await index.put(setupOf('ready', 1000, { state: 'Ready', phase: 'Cleanup', factory: 'factory-2', destination }));
    await index.put(laterBy(9000, setupOf('running', 2000), { state: 'Running', phase: 'TablePlan' }));
    const at = (milliseconds: number) => new Date(START + milliseconds);
    const wanted: readonly (readonly [SetupFilter, readonly string[]])[] = [
      [{ state: ['Failed'] }, ['failed']],
      [{ state: ['Failed', 'Ready'] }, ['failed', 'ready']],
      [{ state: ['Failed', 'Running'], phase: ['TablePlan', 'Assessment'] }, ['failed', 'running']],
      [{ errorCode: ['50001', '50003'] }, ['failed']],
      [{ factory: 'factory-2' }, ['ready']],
      [{ environment: 'SANDBOX one' }, ['ready']],
      [{ createdAfter: at(0) }, ['ready', 'running']],
      [{ createdBefore: at(2000) }, ['failed', 'ready']],
      [{ createdAfter: at(0), createdBefore: at(2000) }, ['ready']],
      [{ modifiedAfter: at(1000) }, ['running']],
      [{ modifiedBefore: at(1000) }, ['failed']],
      [{ createdBefore: new Date('1960-01-01') }, []],
      [{ createdAfter: new Date('1960-01-01'), state: ['Failed'] }, ['failed']],
      [{ state: ['Deleted'] }, []],
    ];
    for (const [filter, ids] of wanted) {
      for (const tenantId of [undefined, storedHead.tenantId]) {
        const whole = tenantId === undefined ? filter : { ...filter, tenantId };
        const [oldest, newest] = [await listOf(whole, 'oldest'), await listOf(whole, 'newest')];
        expect({ whole, oldest, newest }).toEqual({ whole, oldest: ids, newest: ids.toReversed() });
      }
    }
  });

  test('shows a setup as it is now', async () => {
    const failed = setupOf('one', 0, {
      state: 'Failed',
      factory: 'factory-1',
      failure: { code: 'c', cause: '', remedy: '' },
    });
    await index.put(failed);
    const { failure: _failure, factory: _factory, ...again } = failed;
    await index.put({ ...again, state: 'Accepted', attempt: 2, lastModifiedAt: laterBy(1, failed, {}).lastModifiedAt });
    expect((await index.page({}, 'newest', 10)).setups).toEqual([
      {
        tenantId: failed.tenantId,
        setupId: 'one',
        attempt: 2,
        state: 'Accepted',
        phase: 'FactorySelection',
        environment: 'Production',
        createdAt: failed.createdAt,
        lastModifiedAt: laterBy(1, failed, {}).lastModifiedAt,
      },
    ]);
  });

  test('goes on with its own filter and order only', async () => {
    for (const at of [0, 1, 2]) await index.put(setupOf(`setup-${at}`, at, { state: 'Failed' }));
    const filter = { state: ['Failed'] } as const;
    const { next = '' } = await index.page(filter, 'newest', 1);
    expect((await index.page(filter, 'newest', 1, next)).setups.map(({ setupId }) => setupId)).toEqual(['setup-1']);
    const refused = 'The continuation is not one of a list';
    await expect(index.page(filter, 'oldest', 1, next)).rejects.toThrow(refused);
    await expect(index.page({ state: ['Canceled'] }, 'newest', 1, next)).rejects.toThrow(refused);
    await expect(index.page({ ...filter, tenantId: otherTenant }, 'newest', 1, next)).rejects.toThrow(refused);
    await expect(index.page(filter, 'newest', 1, 'made up')).rejects.toThrow(refused);
  });

  test('neither loses nor repeats a setup that is there all the time, whatever is created and changed', async () => {
    const orders = fc.constantFrom<SetupOrder>('newest', 'oldest');
    const states = fc.constantFrom<SetupState>('Running', 'Failed', 'Canceled', 'Accepted', 'Ready');
    const step = fc.record({ created: fc.integer({ min: 0, max: 60 }), state: states, changed: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(
        orders,
        fc.array(step, { minLength: 4, maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        async (order, steps, size) => {
          index = new SetupIndex(tables.table());
          const filter = { state: ['Running', 'Failed', 'Canceled', 'Accepted'] } as const;
          const known = Array.from({ length: 8 }, (_, n) => setupOf(`known-${n}`, n * 7, { state: 'Running' }));
          for (const setup of known) await index.put(setup);
          const changed = new Set<string>();
          const seen: string[] = [];
          let next: string | undefined;
          for (let turn = 0; turn === 0 || next !== undefined; turn += 1) {
            const page = await index.page(filter, order, size, next);
            seen.push(...page.setups.map(({ setupId }) => setupId));
            next = page.next;
            const {
              created,
              state,
              changed: which,
            } = steps[turn % steps.length] ?? { created: 0, state: 'Running', changed: 0 };
            await index.put(setupOf(`new-${turn}`, created));
            const before = known[which];
            if (before === undefined || turn > 40) continue;
            const after = laterBy(1, before, { state });
            known[which] = after;
            await index.put(after);
            if (state === 'Ready') changed.add(after.setupId);
          }
          expect(new Set(seen).size).toBe(seen.length);
          const kept = known.map(({ setupId }) => setupId).filter((id) => !changed.has(id));
          expect(seen).toEqual(expect.arrayContaining(kept));
        },
      ),
      { numRuns: 6 },
    );
  });
});

test('an older state never replaces a newer one, in any order in which they arrive', async () => {
  const states: readonly SetupState[] = ['Running', 'Failed', 'Accepted', 'Running', 'Ready'];
  const versions = states.map((state, n) => laterBy(n + 1, setupOf('one', 0), { state }));
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(versions, { minLength: versions.length }), async (arriving) => {
      index = new SetupIndex(tables.table());
      await Promise.all(arriving.map((version) => index.put(version)));
      expect((await index.page({}, 'newest', 5)).setups).toMatchObject([{ setupId: 'one', state: 'Ready' }]);
      expect(await listOf({ state: ['Running', 'Failed', 'Accepted'] })).toEqual([]);
    }),
    { numRuns: 8 },
  );
});

test('a setup that is taken out is in no list, and may be taken out again', async () => {
  const failed = setupOf('one', 0, { state: 'Failed' });
  await index.put(failed);
  await index.remove(failed);
  await index.remove(failed);
  expect(await listOf({})).toEqual([]);
  expect(await listOf({ state: ['Failed'] })).toEqual([]);
  expect(await listOf({ tenantId: failed.tenantId })).toEqual([]);
  // Somebody may have begun it anew meanwhile.
  await index.put(failed);
  expect(await listOf({})).toEqual(['one']);
});
