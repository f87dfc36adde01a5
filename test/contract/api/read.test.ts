import { RestError } from '@azure/core-rest-pipeline';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createToHandler } from '../../../functions/http/adapter.ts';
import { routes } from '../../../functions/routes.ts';
import { checkCatalogue } from '../../../shared/checks/catalogue.ts';
import { rowsOfResults } from '../../../shared/checks/stored-results.ts';
import { errorCodes } from '../../../shared/errors.ts';
import { phases } from '../../../shared/setup/states.ts';
import { ActiveSetups } from '../../../shared/setup/active.ts';
import { SetupStore } from '../../../shared/setup/store.ts';
import { failedCheck } from '../../support/setup/stored-setup.ts';
import { azureSource, environmentOf, factory, reached, setupBody, startHttpApi } from '../../support/api/http-api.ts';
import type { ApiRequest, HttpApi, TokenName } from '../../support/api/http-api.ts';
import { callHandler } from '../../support/api/http-call.ts';
import type { Answer } from '../../support/api/http-call.ts';
import { objectId, tenantId } from '../../support/api/token-issuer.ts';

let api: HttpApi;
let setupId: string;

beforeAll(async () => {
  api = await startHttpApi();
});

afterAll(() => api.stop());

beforeEach(() => {
  setupId = `setup-${crypto.randomUUID()}`;
});

const attempt = () => ({ tenantId, setupId, attempt: 1 });

const toTheEnd = [
  reached.checksCompleted,
  reached.proceduresCreated,
  reached.inventoryCompleted,
  reached.tablesPlanned,
  reached.replicationPipelineCreated,
  reached.environmentMarked,
  reached.cleanupCompleted,
  reached.ready,
];

const pending = phases.slice(2).map((phase) => ({ phase, state: 'Pending' }));

describe('GET of a setup', () => {
  test('shows everything that was reached', async () => {
    await api.put(setupId);
    await api.reach(setupId, reached.factorySelected, reached.runtimeCreated);
    expect((await api.call('getSetup', setupId)).body).toMatchObject({
      state: 'WaitingForRuntime',
      phase: 'RuntimeRegistration',
      runtime: { name: 'shir-one', nodes: [] },
      phases: [{ phase: 'FactorySelection', state: 'Finished' }, { state: 'Running' }, ...pending],
    });
    await api.reach(setupId, reached.runtimeOnline, ...toTheEnd);
    const { body } = await api.call('getSetup', setupId, { token: 'reader' });
    expect(body).toMatchObject({
      state: 'Ready',
      runtime: { name: 'shir-one', nodes: reached.runtimeOnline.data.nodes },
      checks: reached.checksCompleted.data,
      inventory: { companies: 2, extensions: 7 },
      tables: reached.tablesPlanned.data,
      pipelines: reached.ready.data.pipelines,
      phases: phases.map((phase) => ({ phase, state: 'Finished', durationMs: expect.any(Number) as number })),
    });
  });

  test('shows where the factory is, and how all of them did, to operators only', async () => {
    await api.put(setupId);
    await api.reach(setupId, reached.factorySelected);
    const shownTo = async (token: TokenName) =>
      ((await api.call('getSetup', setupId, { token })).body as { factory: unknown }).factory;
    for (const token of ['own', 'provisioning'] as const) expect(await shownTo(token)).toEqual({ name: factory.name });
    const { candidates } = reached.factorySelected.data;
    expect(await shownTo('operator')).toEqual({ ...factory, candidates });
  });

  test('shows why it failed, and in which phase', async () => {
    await api.put(setupId);
    await api.reach(setupId, reached.factorySelected, reached.runtimeCreated, reached.failed);
    expect((await api.call('getSetup', setupId)).body).toMatchObject({
      state: 'Failed',
      failure: reached.failed.data.failure,
      phases: [
        { state: 'Finished' },
        { phase: 'RuntimeRegistration', state: 'Failed', durationMs: expect.any(Number) as number },
        ...pending,
      ],
    });
  });

  test('shows why an Azure SQL source has no runtime', async () => {
    await api.put(setupId, { ...setupBody, source: azureSource });
    await api.reach(setupId, reached.factorySelected, { name: 'runtimeNotNeeded', data: { reason: 'Azure SQL' } });
    expect((await api.call('getSetup', setupId)).body).toMatchObject({ runtime: { reason: 'Azure SQL' } });
  });

  test('answers 304 until something changes', async () => {
    const { etag = '' } = (await api.put(setupId)).headers;
    const headers = { 'if-none-match': etag };
    expect(await api.call('getSetup', setupId, { headers })).toMatchObject({ status: 304, headers: { etag } });
    await api.reach(setupId, reached.factorySelected);
    const changed = await api.call('getSetup', setupId, { headers });
    expect(changed.status).toBe(200);
    expect(changed.headers['etag']).not.toBe(etag);
  });
});

describe('what belongs to another tenant answers like what does not exist', () => {
  test.each([
    ['getSetup'],
    ['listAttempts'],
    ['listChecks'],
    ['listCompanies'],
    ['listExtensions'],
    ['listRuntimeKeys'],
    ['checkRuntime'],
    ['getOperation'],
    ['getEnvironment'],
  ])('%s', async (name) => {
    await api.put(setupId);
    const comparable = ({ status, headers, body }: Answer) => ({
      status,
      headers: { ...headers, 'x-ms-request-id': '' },
      body: { ...(body as object), instance: '', traceId: '' },
    });
    const operationId = `${setupId}.1`;
    const params = { operationId, environment: environmentOf(setupId) };
    expect((await api.call(name, setupId, { params })).status).not.toBe(404);
    const foreign = await api.call(name, setupId, { token: 'other', params });
    const unknown = await api.call(name, setupId, {
      params: { setupId: 'no-such-setup', operationId: 'no-such-setup.1', environment: 'none' },
    });
    expect(foreign.status).toBe(404);
    expect(comparable(foreign)).toEqual(comparable(unknown));
  });
});

describe('the operation', () => {
  const operation = (options: ApiRequest = {}) =>
    api.call('getOperation', setupId, { params: { operationId: `${setupId}.1` }, ...options });

  test('goes from NotStarted over Running to Succeeded, and asks to be read again until then', async () => {
    await api.put(setupId);
    expect(await operation()).toMatchObject({ body: { status: 'NotStarted' }, headers: { 'retry-after': '5' } });
    await api.reach(setupId, reached.factorySelected);
    expect(await operation()).toMatchObject({ body: { status: 'Running', phase: 'RuntimeRegistration' } });
    await api.reach(setupId, reached.runtimeCreated);
    expect(await operation()).toMatchObject({ body: { status: 'Running' }, headers: { 'retry-after': '5' } });
    await api.reach(setupId, reached.runtimeOnline, ...toTheEnd);
    const ended = await operation();
    expect(ended).toMatchObject({ status: 200, body: { id: `${setupId}.1`, status: 'Succeeded' } });
    expect(ended.headers).not.toHaveProperty('retry-after');
    expect(ended.body).not.toHaveProperty('error');
  });

  test('has the error of a setup that failed', async () => {
    await api.put(setupId);
    await api.reach(setupId, reached.factorySelected, reached.failed);
    const ended = await operation();
    const { code, cause, remedy } = reached.failed.data.failure;
    const error = { code, message: cause, remedy };
    expect(ended.body).toMatchObject({ status: 'Failed', error });
    expect(ended.headers).not.toHaveProperty('retry-after');
  });

  test.each([['.2'], ['.01'], ['.'], [''], ['.1.1'], ['.x']])('with the end %j does not exist', async (end) => {
    await api.put(setupId);
    const answer = await operation({ params: { operationId: `${setupId}${end}` } });
    expect(answer).toMatchObject({ status: 404, body: { code: 'OperationNotFound' } });
  });
});

describe('findings', () => {
  test.each([['listChecks'], ['listCompanies'], ['listExtensions']])('%s is empty at first', async (name) => {
    await api.put(setupId);
    expect(await api.call(name, setupId)).toMatchObject({ status: 200, body: { value: [] } });
  });

  test('of a check that lists many names are complete', async () => {
    await api.put(setupId);
    const names = Array.from({ length: 5_000 }, (_, index) => `"Company" ${index}/`);
    await api.services.findings.put(attempt(), {
      check: rowsOfResults([
        { ...failedCheck, names },
        { ...failedCheck, id: 'SRV-03' },
      ]),
    });
    expect((await api.call('listChecks', setupId)).body).toEqual({
      value: [
        { ...failedCheck, names },
        { ...failedCheck, id: 'SRV-03' },
      ],
    });
  });

  test('are listed as they were found, without nulls', async () => {
    await api.put(setupId);
    const company = { name: 'CRONUS & Co', displayName: null, isEvaluation: true, sqlName: 'x', sizeGigabytes: null };
    const extension = { appId: 'a', name: 'Base Application', publisher: 'Microsoft', version: '25.0.0.0' };
    await api.services.findings.put(attempt(), { check: [failedCheck] });
    await api.services.findings.put(attempt(), {
      company: [company, { ...company, name: 'CRONUS', displayName: 'Cronus', sizeGigabytes: 1.5 }],
    });
    await api.services.findings.put(attempt(), { extension: [extension] });

    expect((await api.call('listChecks', setupId)).body).toEqual({ value: [failedCheck] });
    expect((await api.call('listExtensions', setupId)).body).toEqual({ value: [extension] });
    expect((await api.call('listCompanies', setupId)).body).toEqual({
      value: [
        { name: 'CRONUS & Co', evaluation: true },
        { name: 'CRONUS', displayName: 'Cronus', evaluation: true, sizeGigabytes: 1.5 },
      ],
    });
  });
});

describe('runtime keys', () => {
  test('are given out, not cached, and written down', async () => {
    await api.put(setupId);
    await api.reach(setupId, reached.factorySelected, reached.runtimeCreated);
    await api.services.factories.createRuntime(factory, 'shir-one', 'test');
    const answer = await api.call('listRuntimeKeys', setupId);
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' }, body: { name: 'shir-one' } });
    const { authKey1, authKey2 } = answer.body as { authKey1: string; authKey2: string };
    expect(await api.services.factories.runtimeKeys(factory, 'shir-one')).toEqual({ authKey1, authKey2 });

    const { values } = await api.services.audit.page({ tenantId, setupId, action: 'listRuntimeKeys' }, 10);
    const requestId = answer.headers['x-ms-request-id'];
    expect(values).toMatchObject([{ actor: objectId, requestId, result: 'done' }]);
    expect(JSON.stringify(values)).not.toContain(authKey1);
  });

  test('need Setup.Write', async () => {
    await api.put(setupId);
    expect(await api.call('listRuntimeKeys', setupId, { token: 'reader' })).toMatchObject({ status: 403 });
  });

  test('do not exist before the runtime does', async () => {
    await api.put(setupId);
    await api.reach(setupId, reached.factorySelected);
    const answer = await api.call('listRuntimeKeys', setupId);
    expect(answer).toMatchObject({ status: 409, body: { code: 'RuntimeNotCreated' } });
    expect(answer.body).toMatchObject({ detail: expect.stringContaining('RuntimeRegistration') as string });
  });

  test('do not exist any more when the runtime was deleted', async () => {
    await api.put(setupId);
    await api.reach(setupId, reached.factorySelected, {
      name: 'runtimeCreated',
      data: { runtimeName: 'shir-gone', created: true },
    });
    expect(await api.call('listRuntimeKeys', setupId)).toMatchObject({
      status: 409,
      body: { code: 'RuntimeNotCreated' },
    });
  });

  test('are not used by an Azure SQL source', async () => {
    await api.put(setupId, { ...setupBody, source: azureSource });
    expect(await api.call('listRuntimeKeys', setupId)).toMatchObject({ status: 409, body: { code: 'RuntimeNotUsed' } });
  });
});

test('the catalogue of checks is for everybody', async () => {
  const { status, body } = await api.call('listCatalogue', setupId, { headers: { authorization: '' }, query: {} });
  expect(status).toBe(200);
  expect(body).toMatchObject({ value: checkCatalogue.map(({ id, title, rule }) => ({ id, title, rule })) });
});

test('the codes of errors are for everybody, and the type of a problem leads to its code', async () => {
  const { status, body } = await api.call('listErrors', setupId, { headers: { authorization: '' }, query: {} });
  expect(status).toBe(200);
  expect(body).toMatchObject({ value: errorCodes });
  const problem = await api.call('getSetup', 'no-such-setup');
  expect(problem.body).toMatchObject({ type: '/api/errors#SetupNotFound', code: 'SetupNotFound' });
});

describe('health', () => {
  test('is good while the state store answers, for everybody', async () => {
    const answer = await api.call('getHealth', setupId, { headers: { authorization: '' }, query: {} });
    expect(answer).toMatchObject({ status: 200, body: { status: 'Healthy', version: expect.any(String) as string } });
  });

  test('is bad otherwise, and says no more', async () => {
    class DeadStore extends SetupStore {
      override ping(): Promise<void> {
        return Promise.reject(new RestError('connect ECONNREFUSED 10.1.2.3'));
      }
    }
    const { index, audit, clock } = api.services;
    const active = new ActiveSetups(api.setups, clock);
    const store = new DeadStore({
      setups: api.setups,
      active,
      index,
      audit,
      clock,
      eventSource: 'https://example.com',
    });
    const route = routes.find(({ name }) => name === 'getHealth');
    if (route === undefined) throw new Error('There is no route getHealth');
    const answer = await callHandler(createToHandler({ ...api.services, store })(route), {});
    expect(answer).toMatchObject({
      status: 503,
      body: { status: 'Unhealthy', dependencies: { stateStore: 'Unhealthy' } },
    });
    expect(JSON.stringify(answer)).not.toContain('10.1.2.3');
  });
});
