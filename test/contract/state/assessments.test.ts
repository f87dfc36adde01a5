import { beforeEach, expect, test } from 'vitest';
import { storedAssessmentId } from '../../../shared/setup/assessment.ts';
import { newSetupTable, recorded } from '../../support/setup/setup-table.ts';
import type { SetupTable } from '../../support/setup/setup-table.ts';
import { audit, course, milestone, newSetup } from '../../support/setup/stored-setup.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';

const attempt = { tenantId: newSetup.tenantId, setupId: storedAssessmentId(newSetup.setupId), attempt: 1 };

let setups: SetupTable;

/** An assessment that has its report and takes back what it made. */
beforeEach(async () => {
  setups = newSetupTable({ table: () => new TablesInMemory().client('rows') });
  const { store } = setups;
  await store.create({ ...newSetup, setupId: attempt.setupId }, audit);
  await store.open(attempt, 'a run');
  for (const step of course.slice(0, 4)) recorded(await store.record(attempt, step));
  recorded(await store.beginUndo(attempt));
});

test('an assessment that takes back what it made is completed, and said to be so once', async () => {
  const { store } = setups;
  expect(await store.require(attempt)).toMatchObject({ state: 'Running', phase: 'Cleanup', undoing: true });
  expect(recorded(await store.record(attempt, milestone('completed')))).toMatchObject({ state: 'Completed' });
  expect(recorded(await store.record(attempt, milestone('completed')))).toMatchObject({ state: 'Completed' });
  expect(await setups.rows('event-')).toEqual([]);
});

test('a cancellation that comes after the report changes nothing', async () => {
  const { store } = setups;
  await store.requestCancel(await store.require(attempt), audit);
  expect(recorded(await store.record(attempt, milestone('completed')))).toMatchObject({ state: 'Completed' });
});

test('the next attempt takes over its place and its runtime, and measures again', async () => {
  const { store } = setups;
  const completed = recorded(await store.record(attempt, milestone('completed')));
  const next = await store.beginNext(completed, newSetup, { from: 'Assessment', audit });
  expect(next).toMatchObject({ attempt: 2, state: 'Accepted', phase: 'Assessment', undoing: false });
  const names = (await store.milestonesOf({ ...attempt, attempt: 2 })).map(({ name }) => name);
  expect(names.toSorted()).toEqual(['accepted', 'factorySelected', 'runtimeCreated', 'runtimeOnline']);
});
