import { beforeEach, expect, test } from 'vitest';
import { noClient } from '../../support/no-client.ts';
import { runActivity } from '../../../orchestrators/activities/run.ts';
import { RuntimeBook } from '../../../shared/runtimes/runtime-book.ts';
import type { Services } from '../../../shared/services.ts';
import { firstAttempt, newSetupTable, recorded } from '../../support/setup/setup-table.ts';
import type { SetupTable } from '../../support/setup/setup-table.ts';
import { audit, course, milestone, newSetup } from '../../support/setup/stored-setup.ts';
import { storedAssessmentId } from '../../../shared/setup/assessment.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';

const factory = { subscriptionId: '00000000-0000-4000-8000-000000000001', resourceGroup: 'rg', name: 'factory-1' };
const { tenantId, setupId } = newSetup;

let setups: SetupTable;
let runtimes: RuntimeBook;

beforeEach(() => {
  setups = newSetupTable({ table: () => new TablesInMemory().client('rows') });
  runtimes = new RuntimeBook(new TablesInMemory().client('runtimes'));
});

/** What a cleanup of an attempt is told. */
function checkpointsOf(attempt: number, id = setupId): Promise<unknown> {
  // The activity uses no other gateway.
  const services = { store: setups.store, runtimes } as unknown as Services;
  const given = { tenantId, setupId: id, attempt, key: newSetup.key };
  return runActivity('readCheckpoints', given, services, noClient);
}

test('an attempt is told how long what the one before has begun may still be under way', async () => {
  const { store } = setups;
  const failed = await setups.createAt([milestone('failed')]);
  setups.passSeconds(10);
  await setups.replay(failed, 'FactorySelection');
  setups.passSeconds(5);
  const services = { store, clock: setups.clock } as unknown as Services;
  const open = () =>
    runActivity('openAttempt', { ...firstAttempt, attempt: 2, key: newSetup.key, token: 'a run' }, services, noClient);
  expect(await open()).toMatchObject({ quietMs: 45_000 });
  setups.passSeconds(50);
  expect(await open()).toMatchObject({ quietMs: 0 });
});

test('every runtime that the setup is noted to use is named, whichever attempt took it', async () => {
  await setups.createAt(course.slice(0, 2));
  await runtimes.use(tenantId, 'shir-0123456789ab', factory, setupId);
  await runtimes.use(tenantId, 'shir-earlier', factory, setupId);
  await runtimes.use(tenantId, 'shir-of-another', factory, 'another-setup');
  expect(await checkpointsOf(1)).toMatchObject({
    runtimeName: 'shir-0123456789ab',
    otherRuntimes: ['shir-earlier'],
  });
});

test('what an attempt before a removal had is not taken for that of a later one', async () => {
  const { store } = setups;
  const ready = await setups.createAt(course);
  expect(await checkpointsOf(1)).toMatchObject({ installs: true, factory: expect.anything() as unknown });
  const deleting = await store.requestDelete(ready, { removeRuntime: true, removeSource: false }, audit);
  if (deleting === undefined) throw new Error('The removal does not begin');
  await store.beginCleanup(deleting, 1);
  const deleted = recorded(await store.record({ ...firstAttempt, cleanup: 1 }, milestone('deleted')));
  await store.beginNext(deleted, newSetup, { from: 'FactorySelection', audit });
  expect(await checkpointsOf(2)).toEqual({ installs: false, otherRuntimes: [] });
});

test('an assessment has changed no database, though its checks are completed', async () => {
  const { store } = setups;
  const assessment = storedAssessmentId(setupId);
  await store.create({ ...newSetup, setupId: assessment }, audit);
  for (const step of course.slice(0, 4)) recorded(await store.record({ ...firstAttempt, setupId: assessment }, step));
  expect(await checkpointsOf(1, assessment)).toMatchObject({ installs: false, runtimeName: 'shir-0123456789ab' });
});
