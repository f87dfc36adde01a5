import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { expect, test } from 'vitest';
import { firstAttempt as attempt, newSetupTable, recorded } from '../../support/setup/setup-table.ts';
import { audit, course, milestone } from '../../support/setup/stored-setup.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';

const tables = new TablesInMemory();

test('a setup and what its attempt reached are read with two point reads', async () => {
  const asked: string[] = [];
  const policy: PipelinePolicy = {
    name: 'asked',
    sendRequest(request, next) {
      asked.push(decodeURIComponent(new URL(request.url).pathname).replace(/^[^(]*/, request.method));
      return next(request);
    },
  };
  const setups = newSetupTable(tables, policy);
  const { store } = setups;
  const { tenantId, setupId } = await setups.createAt(course);
  asked.length = 0;
  const reached = await store.milestonesOf(await store.require(attempt));
  expect(reached.map(({ name }) => name)).toEqual(['accepted', ...course.map(({ name }) => name)]);
  const partition = `PartitionKey='${tenantId}|${setupId}'`;
  expect(asked).toEqual([`GET(${partition},RowKey='head')`, `GET(${partition},RowKey='attempt-0001')`]);
});

test('each removal of an attempt keeps what it reached, and what a newer version writes is passed over', async () => {
  const setups = newSetupTable(tables);
  const { store } = setups;
  const options = { removeRuntime: true, removeSource: false };
  let failed = await setups.createAt(course);
  for (const number of [1, 2]) {
    const deleting = await store.requestDelete(failed, options, audit);
    expect(deleting?.deletion?.number).toBe(number);
    failed = recorded(await store.record(attempt, milestone('deletionFailed')));
    expect(failed.state).toBe('Failed');
  }
  const row = { partitionKey: `${attempt.tenantId}|${attempt.setupId}`, rowKey: 'attempt-0001' };
  await setups.table.updateEntity({ ...row, milestone_newer: '{}' }, 'Merge');
  const names = (await store.milestonesOf(attempt)).map(({ name }) => name);
  expect(names.slice(course.length + 1).toSorted()).toEqual([
    'deleteRequested',
    'deleteRequested',
    'deletionFailed',
    'deletionFailed',
  ]);
});
