import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chunksOf } from '../../../shared/setup/failure.ts';
import type { Milestone } from '../../../shared/setup/states.ts';
import { factory, password, reached, startHttpApi } from '../../support/api/http-api.ts';
import type { HttpApi, TokenName } from '../../support/api/http-api.ts';
import { failedCheck } from '../../support/setup/stored-setup.ts';
import { objectId, tenantId } from '../../support/api/token-issuer.ts';

const setupId = 'tried-twice';
const at = (attempt: number) => ({ tenantId, setupId, attempt });
const checksFailed: Milestone = {
  name: 'checksFailed',
  data: { passed: 20, nothingToDo: 0, warned: 1, failed: 1, skipped: 2, excluded: 0, failedChecks: ['SRV-02'] },
};
/** Longer than what a row or a page of the failure holds. */
const whole = 'Level 120. '.repeat(4_000);
const newConnection = 'Server=sql02;Database=BC250;User ID=migration;Password=anew';

let api: HttpApi;

/** The first attempt fails in its assessment; the second takes over the factory and the runtime, and becomes ready. */
beforeAll(async () => {
  api = await startHttpApi();
  const { store, findings } = api.services;
  await api.put(setupId);
  await api.reach(setupId, reached.factorySelected, reached.runtimeCreated, reached.runtimeOnline, checksFailed);
  await findings.put(at(1), { cause: chunksOf(whole) });
  await findings.put(at(1), { check: [failedCheck, { ...failedCheck, id: 'SRV-01', status: 'passed' }] });
  await api.reach(setupId, reached.failed);
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ source: { connectionString: newConnection } });
  // A password came with the connection, so that the replay begins at RuntimeRegistration.
  await api.call('replaySetup', setupId, { headers, body });
  await store.open(at(2), 'its run');
  await findings.put(at(2), {
    check: [
      { ...failedCheck, status: 'passed', measured: '150' },
      { ...failedCheck, id: 'SRV-01', status: 'passed' },
    ],
  });
  const names = [
    'runtimeCreated',
    'runtimeOnline',
    'checksCompleted',
    'proceduresCreated',
    'inventoryCompleted',
    'tablesPlanned',
    'replicationPipelineCreated',
    'environmentMarked',
    'cleanupCompleted',
    'ready',
  ] as const;
  for (const name of names) await store.record(at(2), reached[name]);
});

afterAll(() => api.stop());

const attempts = async (token: TokenName) => (await api.call('listAttempts', setupId, { token })).body;
const diff = (attempt: string, other: string | undefined, token: TokenName = 'own') =>
  api.call('diffAttempts', setupId, {
    token,
    params: { attempt },
    query: { 'api-version': '2026-11-01', ...(other === undefined ? {} : { with: other }) },
  });

const time = expect.any(String) as string;
const duration = (phase: string) => ({
  phase,
  startedAt: time,
  finishedAt: time,
  durationMs: expect.any(Number) as number,
});

describe('attempts', () => {
  test('are listed, the last one first, with what each did and took over', async () => {
    expect(await attempts('own')).toEqual({
      value: [
        {
          attempt: 2,
          state: 'Ready',
          phase: 'Cleanup',
          from: 'RuntimeRegistration',
          replayOf: 1,
          startedAt: time,
          endedAt: time,
          phases: [
            'RuntimeRegistration',
            'Assessment',
            'Installation',
            'Inventory',
            'TablePlan',
            'ReplicationPipeline',
            'Ready',
            'Cleanup',
          ].map(duration),
          takenOver: [{ phase: 'FactorySelection', attempt: 1 }],
          factory: factory.name,
        },
        {
          attempt: 1,
          state: 'Failed',
          phase: 'Assessment',
          from: 'FactorySelection',
          startedAt: time,
          endedAt: time,
          phases: ['FactorySelection', 'RuntimeRegistration', 'Assessment'].map(duration),
          takenOver: [],
          factory: factory.name,
          failure: reached.failed.data.failure,
        },
      ],
    });
  });

  test('name who asked for them to operators', async () => {
    expect(await attempts('operator')).toMatchObject({ value: [{ startedBy: objectId }, { startedBy: objectId }] });
    expect(JSON.stringify(await attempts('reader'))).not.toContain(objectId);
  });

  test('keep their findings', async () => {
    const statusOf = async (attempt?: string) => {
      const query = { 'api-version': '2026-11-01', ...(attempt === undefined ? {} : { attempt }) };
      const { body } = await api.call('listChecks', setupId, { query });
      return (body as { value: { status: string }[] }).value.map(({ status }) => status);
    };
    expect(await statusOf('1')).toEqual(['failed', 'passed']);
    expect(await statusOf('2')).toEqual(['passed', 'passed']);
    expect(await statusOf()).toEqual(['passed', 'passed']);
  });

  test.each([['3'], ['0'], ['x'], ['']])('of the number %j have no findings', async (attempt) => {
    for (const name of ['listChecks', 'listCompanies', 'listExtensions']) {
      const answer = await api.call(name, setupId, { query: { 'api-version': '2026-11-01', attempt } });
      expect(answer).toMatchObject({ status: 400, body: { code: 'InvalidQueryParameter' } });
    }
  });
});

describe('why an attempt failed', () => {
  const failureOf = (attempt: string, token: TokenName) =>
    api.call('getFailure', setupId, { token, query: { 'api-version': '2026-11-01', attempt } });

  test('is told to operators in full', async () => {
    const failure = { ...reached.failed.data.failure, detail: whole, removed: [], left: [] };
    expect(await failureOf('1', 'operator')).toMatchObject({ status: 200, body: failure });
  });

  test('is told to nobody else in full', async () => {
    expect(await failureOf('1', 'own')).toMatchObject({ status: 403, body: { code: 'Forbidden' } });
  });

  test('is not there where none has failed', async () => {
    expect(await failureOf('2', 'operator')).toMatchObject({ status: 404, body: { code: 'FailureNotFound' } });
  });
});

describe('two attempts', () => {
  test('differ in what is named, and in nothing else', async () => {
    const { body } = await diff('2', '1');
    expect(body).toMatchObject({
      attempt: 2,
      with: 1,
      unchanged: false,
      request: [{ name: 'source.server', attempt: 'sql02', with: 'sql01' }],
      passwordReplaced: true,
      factory: [],
      checks: [
        {
          name: 'SRV-02',
          attempt: { status: 'passed', measured: '150' },
          with: { status: 'failed', measured: '120' },
        },
      ],
    });
    const { counts, durationsMs } = body as Record<'counts' | 'durationsMs', { name: string }[]>;
    expect(counts).toContainEqual({ name: 'companies', attempt: 2 });
    expect(counts).toContainEqual({ name: 'tables.byCopyMethod.Delta', attempt: 3 });
    expect(durationsMs).toContainEqual({ name: 'FactorySelection', with: expect.any(Number) as number });
    for (const secret of [password, 'anew', 'mig-']) expect(JSON.stringify(body)).not.toContain(`"${secret}`);
  });

  test('that are one do not differ', async () => {
    const none = { request: [], passwordReplaced: false, factory: [], checks: [], counts: [], durationsMs: [] };
    // None of a plan that was never made.
    expect((await diff('1', '1')).body).toEqual({ attempt: 1, with: 1, unchanged: true, ...none });
  });

  test('must both be there', async () => {
    for (const attempt of ['3', '0', '01', 'x']) {
      expect(await diff(attempt, '1')).toMatchObject({ status: 404, body: { code: 'AttemptNotFound' } });
    }
    for (const other of ['3', '0', undefined]) {
      expect(await diff('1', other)).toMatchObject({ status: 400, body: { code: 'InvalidQueryParameter' } });
    }
  });
});
