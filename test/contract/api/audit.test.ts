import { RestError } from '@azure/core-rest-pipeline';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { AuditRecord } from '../../../shared/audit/audit.ts';
import { environmentOf, factory, place, reached, startHttpApi } from '../../support/api/http-api.ts';
import type { HttpApi, TokenName } from '../../support/api/http-api.ts';
import type { Answer } from '../../support/api/http-call.ts';
import { objectId, otherTenantId, tenantId } from '../../support/api/token-issuer.ts';

let api: HttpApi;

const version = { 'api-version': '2026-11-01' };
const json = { 'content-type': 'application/json' };
const setupId = 'the-setup';
const environment = environmentOf(setupId);
let replayId: string;

interface Page {
  readonly value: readonly AuditRecord[];
  readonly nextLink?: string;
}

beforeAll(async () => {
  api = await startHttpApi();
  await api.put(setupId);
  await api.reach(setupId, reached.factorySelected, reached.runtimeCreated);
  await api.services.factories.createRuntime(factory, 'shir-one', 'test');
  await api.call('listRuntimeKeys', setupId);
  const body = JSON.stringify({ keyName: 'authKey1' });
  await api.call('regenerateRuntimeKey', setupId, { headers: json, body });
  await api.call('cancelSetup', setupId);
  await api.call('deleteSetup', setupId);
  await api.put('of-another', undefined, { token: 'other', tenant: otherTenantId });
  await api.call('replaySetup', setupId, { headers: json, body: '{}' });
  replayId = await createReplay();
  await api.call('stopReplay', 'none', { token: 'operator', params: { replayId } });
});

afterAll(() => api.stop());

async function createReplay(): Promise<string> {
  const body = JSON.stringify({ filter: { errorCode: 'none' } });
  const answer = await api.call('createReplay', 'none', { token: 'operator', headers: json, body });
  return (answer.body as { replayId: string }).replayId;
}

function list(query: Record<string, string> = {}, token: TokenName = 'operator'): Promise<Answer> {
  return api.call('listAudit', 'none', { query: { ...version, ...query }, token });
}

const valuesOf = ({ body }: Answer) => (body as Page).value;
const actionsOf = (answer: Answer) => valuesOf(answer).map(({ action }) => action);
const everything = ['stopReplay', 'createReplay', 'putSetup', 'putEnvironment', 'deleteSetup', 'cancelSetup'].concat([
  'regenerateRuntimeKey',
  'listRuntimeKeys',
  'putSetup',
  'putEnvironment',
]);

describe('the audit', () => {
  test('tells who did what, when, and what came of it, the newest first; and nothing of what was refused', async () => {
    const answer = await list();
    expect(actionsOf(answer)).toEqual(everything);
    const unique = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
    const known = {
      id: unique,
      requestId: unique,
      at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      actor: objectId,
    };
    const ofSetup = { ...known, tenantId, setupId };
    expect(valuesOf(answer)).toEqual([
      { ...known, action: 'stopReplay', replayId, result: 'Stopping' },
      { ...known, action: 'createReplay', replayId, result: 'Running' },
      { ...known, action: 'putSetup', tenantId: otherTenantId, setupId: 'of-another', result: 'attempt 1' },
      expect.objectContaining({ action: 'putEnvironment', tenantId: otherTenantId }),
      { ...ofSetup, action: 'deleteSetup', result: 'waits for the cancellation' },
      { ...ofSetup, action: 'cancelSetup', result: 'Canceling' },
      { ...ofSetup, action: 'regenerateRuntimeKey', result: 'done' },
      { ...ofSetup, action: 'listRuntimeKeys', result: 'done' },
      { ...ofSetup, action: 'putSetup', result: 'attempt 1' },
      { ...known, action: 'putEnvironment', tenantId, environment, ...place, result: 'created' },
    ]);
  });

  test('is filtered by tenant, setup, actor and action', async () => {
    expect(actionsOf(await list({ tenantId: otherTenantId }))).toEqual(['putSetup', 'putEnvironment']);
    expect(actionsOf(await list({ tenantId: tenantId.toUpperCase(), setupId, action: 'putSetup' }))).toEqual([
      'putSetup',
    ]);
    expect(actionsOf(await list({ tenantId, setupId }))).toHaveLength(5);
    expect(actionsOf(await list({ tenantId, setupId: 'of-another' }))).toEqual([]);
    expect(actionsOf(await list({ actor: objectId, action: 'stopReplay' }))).toEqual(['stopReplay']);
    expect(actionsOf(await list({ actor: "nobody's" }))).toEqual([]);
  });

  test('is cut by time: from since on, and before until', async () => {
    const [last, ...earlier] = valuesOf(await list());
    const at = last?.at ?? '';
    const before = earlier.filter((each) => each.at < at).map(({ action }) => action);
    expect(actionsOf(await list({ until: at }))).toEqual(before);
    expect(actionsOf(await list({ since: at }))).toEqual(everything.slice(0, everything.length - before.length));
    expect(actionsOf(await list({ since: '2999-01-01T00:00:00Z' }))).toEqual([]);
    expect(actionsOf(await list({ until: '2999-01-01T02:00:00+02:00' }))).toEqual(everything);
  });

  test('is read page by page along nextLink, whatever is written meanwhile', async () => {
    const actions: string[] = [];
    let query: Record<string, string> | undefined = { tenantId, maxpagesize: '3' };
    while (query !== undefined) {
      const answer: Answer = await list(query);
      actions.push(...actionsOf(answer));
      await api.register(environment, { ...place, database: `db${actions.length}` });
      const { nextLink } = answer.body as Page;
      expect(nextLink ?? 'https://migration.example.com/api/audit?').toMatch(
        /^https:\/\/migration\.example\.com\/api\/audit\?/,
      );
      query = nextLink === undefined ? undefined : Object.fromEntries(new URL(nextLink).searchParams);
    }
    expect(actions).toEqual([
      'deleteSetup',
      'cancelSetup',
      'regenerateRuntimeKey',
      'listRuntimeKeys',
      'putSetup',
      'putEnvironment',
    ]);
  });

  test('goes on after no place that is none of it', async () => {
    for (const wrong of ['', 'x', 'audit', '000000000000001', '00000000000001-11111111-2222-4333-8444-555555555555']) {
      const continuation = Buffer.from(wrong).toString('base64url');
      expect(await list({ continuation })).toMatchObject({ status: 400, body: { code: 'InvalidQueryParameter' } });
    }
  });

  test.each([
    [{ setupId }, 'setupId'],
    [{ tenantId: 'hunter2' }, 'tenantId'],
    [{ since: 'yesterday' }, 'since'],
    [{ maxpagesize: '101' }, 'maxpagesize'],
  ] as const)('is refused with %j, in words that repeat no value', async (query, named) => {
    const answer = await list(query);
    expect(answer).toMatchObject({ status: 400, body: { code: 'InvalidQueryParameter' } });
    expect((answer.body as { detail: string }).detail).toContain(named);
    expect(JSON.stringify(answer.body)).not.toContain('hunter2');
  });

  test.each(['own', 'reader', 'provisioning'] as const)('is not for %s', async (token) => {
    expect(await list({}, token)).toMatchObject({ status: 403, body: { code: 'Forbidden' } });
  });
});

describe('a change whose audit does not reach the log', () => {
  /** The log answers nobody until the function that it gives is called. */
  function silence(): () => void {
    const policy = { name: 'silence', sendRequest: () => Promise.reject(new RestError('The log does not answer')) };
    api.audits.pipeline.addPolicy(policy, { afterPhase: 'Retry' });
    const speak = () => void api.audits.pipeline.removePolicy({ name: 'silence' });
    onTestFinished(speak);
    return speak;
  }

  const resultsOf = async (query: Record<string, string>) => valuesOf(await list(query)).map(({ result }) => result);

  test('stands, and is in the log later, once', async () => {
    const { store, environments, replays } = api.services;
    const late = { tenantId, setupId: 'late' };
    const since = new Date().toISOString();
    const speak = silence();
    expect(await api.put(late.setupId)).toMatchObject({ status: 201 });
    const lateReplay = await createReplay();
    const stopped = { token: 'operator', params: { replayId: lateReplay } } as const;
    expect(await api.call('stopReplay', 'none', stopped)).toMatchObject({ status: 202 });
    speak();
    expect(actionsOf(await list({ since }))).toEqual([]);
    for (let times = 0; times < 2; times += 1) {
      await store.moveAudits(late);
      await environments.moveAudits();
      await replays.end(lateReplay);
    }
    const expected = ['createReplay', 'putEnvironment', 'putSetup', 'stopReplay'];
    expect(actionsOf(await list({ since })).toSorted()).toEqual(expected);
    expect(await resultsOf(late)).toEqual(['attempt 1']);
  });

  test('is not made where its audit is its only trace', async () => {
    await api.put('has-a-key');
    await api.reach('has-a-key', reached.factorySelected, reached.runtimeCreated);
    const before = await api.services.factories.runtimeKeys(factory, 'shir-one');
    silence();
    const body = JSON.stringify({ keyName: 'authKey1' });
    const answer = await api.call('regenerateRuntimeKey', 'has-a-key', { headers: json, body });
    expect(answer).toMatchObject({ status: 503 });
    expect(await api.services.factories.runtimeKeys(factory, 'shir-one')).toEqual(before);
  });
});
