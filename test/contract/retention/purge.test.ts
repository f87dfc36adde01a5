import { RestError } from '@azure/core-rest-pipeline';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { getClient } from 'durable-functions';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { purge } from '../../../functions/timers/purge.ts';
import { auditRecord } from '../../../shared/audit/audit.ts';
import { AuditLog } from '../../../shared/audit/audit-log.ts';
import { FactoryBook } from '../../../shared/factory/book.ts';
import { OrphanBook } from '../../../shared/orphans/orphan-book.ts';
import { ReplayBook } from '../../../shared/replays/replay-book.ts';
import { SetupRows } from '../../../shared/retention/setup-rows.ts';
import type { Services } from '../../../shared/services.ts';
import { Attempts } from '../../../shared/setup/attempts.ts';
import type { SetupRecord } from '../../../shared/setup/store.ts';
import { contextFor, settingsFor } from '../../support/api/http-call.ts';
import { startRecorder } from '../../support/api/http-services.ts';
import type { StartRecorder } from '../../support/api/http-services.ts';
import { firstAttempt, newSetupTable } from '../../support/setup/setup-table.ts';
import type { SetupTable } from '../../support/setup/setup-table.ts';
import { audit, course, milestone, newSetup } from '../../support/setup/stored-setup.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';

const tables = new TablesInMemory();

const DAY_SECONDS = 24 * 60 * 60;
const { tenantId, setupId, key } = newSetup;
const instance = `${tenantId}.${setupId}`;
const options = { removeRuntime: true, removeSource: false };

let setups: SetupTable;
let durable: StartRecorder;
let services: Services;
/** What a request of a gateway meets; the test may set it. */
let meet: PipelinePolicy['sendRequest'];

beforeEach(async () => {
  durable = await startRecorder();
  onTestFinished(() => durable.stop());
  meet = (request, next) => next(request);
  const policy: PipelinePolicy = { name: 'meet', sendRequest: (request, next) => meet(request, next) };
  setups = newSetupTable(tables, policy, policy);
  const { store, index, ended, clock, table } = setups;
  const log = new AuditLog(tables.table(policy));
  const gateways: Partial<Services> = {
    store,
    replicationRuns: setups.replicationRuns,
    index,
    ended,
    clock,
    audit: log,
    attempts: new Attempts(table),
    setupRows: new SetupRows(table),
    book: new FactoryBook(tables.table(policy), clock),
    orphans: new OrphanBook(tables.table(policy)),
    replays: new ReplayBook(tables.table(policy), log, ended, clock),
    settings: settingsFor({ issuer: 'https://unused/{tenantId}', audience: 'api', keysUrl: 'https://unused' }),
  };
  // The timer uses no other gateway.
  services = gateways as Services;
});

const run = () => purge(getClient(contextFor([], durable.url)), services);
const noteEnd = (setup: SetupRecord) =>
  setups.ended.note({ kind: 'setup', tenantId, setupId }, new Date(setup.lastModifiedAt));
const endedRows = async () => (await Array.fromAsync(setups.ended.before(new Date('2999-01-01')))).length;

/** Two attempts, the first with a cleanup, the second deleted; each with its histories. @returns the setup as it is then */
async function deleteSecondAttempt(): Promise<SetupRecord> {
  const { store, findings } = setups;
  const begun = await setups.createAt([]);
  const company = Array.from({ length: 150 }, (_, number) => ({ name: `Company ${number}` }));
  await findings.put(firstAttempt, { company });
  await store.beginCleanup(begun, 1);
  await store.record({ ...firstAttempt, cleanup: 1 }, milestone('failed'));
  const second = await setups.replay(await store.require(newSetup), 'FactorySelection');
  await store.record({ ...firstAttempt, attempt: 2 }, milestone('failed'));
  await services.book.release({ key, attempt: second?.attempt ?? 0 }, 0);
  const deleting = await store.requestDelete(await store.require(newSetup), options, audit);
  await store.beginCleanup(deleting ?? begun, 1);
  await store.record({ ...firstAttempt, attempt: 2, cleanup: 1 }, milestone('deleted'));
  const parts = ['', '.factorySelection', '.preparation', '.cleanup.1'];
  for (const attempt of [1, 2])
    for (const part of parts) durable.statuses.set(`${instance}.${attempt}${part}`, 'Completed');
  durable.statuses.set('of-another', 'Completed');
  const setup = await store.require(newSetup);
  await noteEnd(setup);
  return setup;
}

async function expectGone({ attempt, sequence }: SetupRecord): Promise<void> {
  expect([...durable.statuses.keys()]).toEqual(['of-another']);
  expect(await setups.rows('')).toMatchObject([{ rowKey: 'numbers', attempt, sequence }, { rowKey: 'key' }]);
  expect((await setups.index.page({}, 'newest', 10)).setups).toEqual([]);
  expect((await services.book.read([], { key })).place).toBeUndefined();
  expect(await endedRows()).toBe(0);
}

describe('a setup that was deleted', () => {
  test('stays for its retention, then leaves its numbers, and the next attempt goes on in them', async () => {
    const setup = await deleteSecondAttempt();
    const before = [await setups.rows(''), [...durable.statuses]];
    setups.passSeconds(30 * DAY_SECONDS - 1);
    await run();
    expect([await setups.rows(''), [...durable.statuses]]).toEqual(before);
    setups.passSeconds(2);
    await run();
    await expectGone(setup);
    const begun = await setups.store.create(newSetup, audit);
    expect(begun).toMatchObject({ attempt: 3, sequence: setup.sequence + 1 });
  });

  test('goes although the host dies again and again, whatever it has done by then', async () => {
    const setup = await deleteSecondAttempt();
    setups.passSeconds(30 * DAY_SECONDS + 1);
    let deaths = 0;
    for (let isDone = false; !isDone;) {
      let requests = 0;
      meet = async (request, next) => {
        const answer = await next(request);
        requests += 1;
        // Its effect is there, and everything after it is not.
        if (requests > deaths) throw new RestError('The host is dead');
        return answer;
      };
      isDone = await run().then(
        () => true,
        () => false,
      );
      deaths += Number(!isDone);
    }
    expect(deaths).toBeGreaterThan(5);
    meet = (request, next) => next(request);
    await expectGone(setup);
  });

  test('lives if it is begun anew while its rows go, with all rows of the new attempt', async () => {
    const setup = await deleteSecondAttempt();
    setups.passSeconds(30 * DAY_SECONDS + 1);
    meet = async (request, next) => {
      if (!request.url.includes('$batch')) return next(request);
      meet = (other, send) => send(other);
      const answer = await next(request);
      const beginning = { from: 'FactorySelection', audit: { ...audit, requestId: 'again' } } as const;
      expect(await setups.store.beginNext(setup, newSetup, beginning)).toMatchObject({ attempt: 3 });
      return answer;
    };
    await run();
    expect(await setups.store.require(newSetup)).toMatchObject({ state: 'Accepted', attempt: 3 });
    const names = (await setups.store.milestonesOf({ ...firstAttempt, attempt: 3 })).map(({ name }) => name);
    expect(names).toEqual(['accepted']);
    expect(await setups.rows('attempt-0003')).toHaveLength(1);
    expect((await setups.index.page({}, 'newest', 10)).setups).toMatchObject([{ attempt: 3 }]);
  });
});

describe('a history', () => {
  test('of an instance that still runs stays, is named, and goes later; others do not wait for it', async () => {
    const setup = await setups.createAt([milestone('failed')]);
    await noteEnd(setup);
    await setups.ended.note({ kind: 'setup', tenantId, setupId: 'purged-long-ago' }, new Date(setup.lastModifiedAt));
    durable.statuses.set(`${instance}.1`, 'Running');
    setups.passSeconds(31 * DAY_SECONDS);
    await expect(run()).rejects.toThrow(`${instance}.1 is Running`);
    expect(durable.statuses.get(`${instance}.1`)).toBe('Running');
    expect(await endedRows()).toBe(1);
    durable.statuses.set(`${instance}.1`, 'Terminated');
    await run();
    expect(durable.statuses.size).toBe(0);
    expect(await endedRows()).toBe(0);
  });

  test('of an earlier attempt goes with its cleanups while the setup works, and that of a younger one stays', async () => {
    const begun = await setups.createAt([]);
    await setups.store.beginCleanup(begun, 2);
    await setups.store.record({ ...firstAttempt, cleanup: 2 }, milestone('failed'));
    const failed = await setups.store.require(newSetup);
    await noteEnd(failed);
    setups.passSeconds(20 * DAY_SECONDS);
    await setups.replay(failed, 'FactorySelection');
    for (const id of ['1', '1.cleanup.1', '1.cleanup.2', '2']) durable.statuses.set(`${instance}.${id}`, 'Completed');
    setups.passSeconds(11 * DAY_SECONDS);
    await run();
    expect([...durable.statuses.keys()]).toEqual([`${instance}.2`]);
    expect(await setups.store.require(newSetup)).toMatchObject({ state: 'Accepted', attempt: 2 });
  });

  test('of a replication run goes, with that of its dead orchestration, and the run stays', async () => {
    const { replicationRuns, store } = setups;
    const ready = await setups.createAt(course);
    await replicationRuns.create(ready, { mode: 'full' }, audit);
    await replicationRuns.restart(await store.require(newSetup));
    const counts = { tables: 0, succeededTables: 0, failedTables: 0, rows: 0 };
    await replicationRuns.end(firstAttempt, { number: 1, start: 2 }, { state: 'Succeeded', counts });
    await noteEnd(await store.require(newSetup));
    for (const start of [1, 2]) durable.statuses.set(`${instance}.1.replication.1.${start}`, 'Completed');
    setups.passSeconds(31 * DAY_SECONDS);
    await run();
    expect([...durable.statuses.keys()]).toEqual([]);
    expect(await replicationRuns.of(newSetup)).toMatchObject([{ number: 1, state: 'Succeeded', historyPurged: true }]);
  });

  test('of a cleanup that followed an earlier purge goes too', async () => {
    const setup = await setups.createAt([milestone('failed')]);
    await noteEnd(setup);
    setups.passSeconds(31 * DAY_SECONDS);
    await run();
    const deleting = await setups.store.requestDelete(setup, options, audit);
    await setups.store.beginCleanup(deleting ?? setup, 1);
    await setups.store.record({ ...firstAttempt, cleanup: 1 }, milestone('deleted'));
    await noteEnd(await setups.store.require(newSetup));
    durable.statuses.set(`${instance}.1.cleanup.1`, 'Completed');
    setups.passSeconds(31 * DAY_SECONDS);
    await run();
    expect(durable.statuses.size).toBe(0);
    expect(await setups.store.get(newSetup)).toBeUndefined();
  });
});

test('a bulk replay goes with its setups and its histories', async () => {
  const { replays, index } = services;
  await setups.createAt([milestone('failed')]);
  const asks = { ...audit, action: 'createReplay' };
  const wanted = { filter: { state: ['Failed' as const], errorCode: '1' }, from: undefined, perMinute: 1 };
  const created = await replays.create(wanted, asks);
  const goesOn = await replays.create(wanted, asks);
  const added = await replays.add(created, (await index.page({}, 'newest', 10)).setups);
  await replays.closeChoice(added ?? created);
  await replays.record(created.replayId, [{ tenantId, setupId, result: 'skipped' }]);
  await replays.end(created.replayId);
  durable.statuses.set(`replay.${created.replayId}.1`, 'Completed');
  durable.statuses.set(`replay.${goesOn.replayId}.1`, 'Running');
  setups.passSeconds(30 * DAY_SECONDS - 1);
  await run();
  expect((await replays.list(10)).values).toHaveLength(2);
  setups.passSeconds(2);
  await run();
  expect((await replays.list(10)).values).toMatchObject([{ replayId: goesOn.replayId }]);
  expect(await replays.get(created.replayId)).toBeUndefined();
  expect((await replays.items(created.replayId, 10, {})).values).toEqual([]);
  expect([...durable.statuses.keys()]).toEqual([`replay.${goesOn.replayId}.1`]);
});

test('the audit goes after 400 days, and what was removed long ago is no news', async () => {
  const { audit: log, orphans, clock } = services;
  const now = clock.now();
  const orphan = { kind: 'secret' as const, place: 'vault', reason: 'None.', firstSeen: now, lastSeen: now };
  await orphans.put({ ...orphan, name: 'removed', removedAt: now });
  await orphans.put({ ...orphan, name: 'still-there' });
  await log.write(auditRecord({ tenantId }, audit, 'old', now));
  setups.passSeconds(200 * DAY_SECONDS);
  await log.write(auditRecord({ replayId: '1' }, audit, 'young', clock.now()));
  await run();
  expect((await orphans.page(10)).values.map(({ name }) => name)).toEqual(['still-there']);
  expect((await log.page({}, 10)).values).toHaveLength(2);
  setups.passSeconds(200 * DAY_SECONDS + 1);
  await run();
  expect((await log.page({}, 10)).values).toMatchObject([{ result: 'young' }]);
  expect((await log.page({ tenantId }, 10)).values).toEqual([]);
});

test('what there is no time for comes first in the next run', async () => {
  await setups.createAt([milestone('failed')]);
  const { ended } = setups;
  const at = setups.clock.now();
  for (let number = 10; number < 30; number += 1)
    await ended.note({ kind: 'setup', tenantId, setupId: `s-${number}` }, at);
  setups.passSeconds(31 * DAY_SECONDS);
  meet = (request, next) => {
    setups.passSeconds(60);
    return next(request);
  };
  await run();
  const left = await endedRows();
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(20);
  meet = (request, next) => next(request);
  await run();
  expect(await endedRows()).toBe(0);
});
