import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Milestone } from '../../../shared/setup/states.ts';
import { environmentOf, factory, reached, startHttpApi } from '../../support/api/http-api.ts';
import type { ApiRequest, HttpApi, TokenName } from '../../support/api/http-api.ts';
import type { Answer } from '../../support/api/http-call.ts';
import { otherTenantId, tenantId } from '../../support/api/token-issuer.ts';

let api: HttpApi;

const version = { 'api-version': '2026-11-01' };

beforeAll(async () => {
  api = await startHttpApi();
  const made: readonly (readonly [string, readonly Milestone[]])[] = [
    ['first-failed', [reached.factorySelected, reached.failed]],
    ['second-waits', [reached.factorySelected, reached.runtimeCreated]],
    ['third-accepted', []],
  ];
  for (const [setupId, milestones] of made) {
    await api.put(setupId);
    await api.reach(setupId, ...milestones);
  }
  await api.put('of-another', undefined, { token: 'other', tenant: otherTenantId });
});

afterAll(() => api.stop());

interface Page {
  readonly value: readonly Readonly<Record<string, unknown>>[];
  readonly nextLink?: string;
}

function list(query: Record<string, string> = {}, request: ApiRequest = {}): Promise<Answer> {
  return api.call('listSetups', '', { query: { ...version, ...query }, ...request });
}

function listAll(query: Record<string, string> = {}, token: TokenName = 'operator'): Promise<Answer> {
  return api.call('listAllSetups', '', { query: { ...version, ...query }, token });
}

const idsOf = ({ body }: Answer) => (body as Page).value.map(({ setupId }) => setupId);

describe('the setups of a tenant', () => {
  test('are listed with what the index has, the newest first', async () => {
    const answer = await list();
    expect(idsOf(answer)).toEqual(['third-accepted', 'second-waits', 'first-failed']);
    const time = expect.any(String) as string;
    expect((answer.body as Page).value.at(-1)).toEqual({
      tenantId,
      setupId: 'first-failed',
      attempt: 1,
      state: 'Failed',
      phase: 'RuntimeRegistration',
      errorCode: '50001',
      factory: factory.name,
      environment: environmentOf('first-failed'),
      createdAt: time,
      lastModifiedAt: time,
    });
    expect(answer.body).not.toHaveProperty('nextLink');
  });

  test.each([
    [{ state: 'Failed,Accepted' }, ['third-accepted', 'first-failed']],
    [{ phase: 'RuntimeRegistration' }, ['second-waits', 'first-failed']],
    [{ errorCode: '50001' }, ['first-failed']],
    [{ factory: 'factory-one', state: 'WaitingForRuntime' }, ['second-waits']],
    [{ environment: 'SECONDwaits' }, ['second-waits']],
    [{ createdAfter: '2999-01-01T00:00:00Z' }, []],
    [
      { createdBefore: '2999-01-01T02:00:00+02:00', orderby: 'createdAt asc' },
      ['first-failed', 'second-waits', 'third-accepted'],
    ],
    [{ modifiedAfter: '2999-01-01T00:00:00Z' }, []],
    [{ modifiedBefore: '2999-01-01T00:00:00Z', state: 'Failed' }, ['first-failed']],
  ])('are filtered by %j', async (query, ids) => {
    expect(idsOf(await list(query))).toEqual(ids);
  });

  test('have the members that are selected', async () => {
    const { body } = await list({ select: 'setupId,state', state: 'Failed' });
    expect(body).toEqual({ value: [{ setupId: 'first-failed', state: 'Failed' }] });
  });

  test('are read page by page along nextLink', async () => {
    const ids: unknown[] = [];
    const places: string[] = [];
    let query: Record<string, string> | undefined = { state: 'Failed,WaitingForRuntime', maxpagesize: '1' };
    while (query !== undefined) {
      const answer: Answer = await list(query);
      ids.push(...idsOf(answer));
      const { nextLink } = answer.body as Page;
      const next: URL | undefined = nextLink === undefined ? undefined : new URL(nextLink);
      if (next !== undefined) places.push(`${next.origin}${next.pathname}`);
      query = next === undefined ? undefined : Object.fromEntries(next.searchParams);
    }
    expect(ids).toEqual(['second-waits', 'first-failed']);
    expect(places).toEqual([`https://migration.example.com/api/tenants/${tenantId}/migrationSetups`]);
  });

  test('are refused with what is not understood, in words that repeat no value', async () => {
    const { nextLink = '' } = (await list({ maxpagesize: '1' })).body as Page;
    const continuation = new URL(nextLink).searchParams.get('continuation') ?? '';
    const wrong: readonly (readonly [Record<string, string>, string])[] = [
      [{ state: 'hunter2' }, 'state'],
      [{ phase: 'Failed' }, 'phase'],
      [{ orderby: 'state desc' }, 'orderby'],
      [{ maxpagesize: '0' }, 'maxpagesize'],
      [{ maxpagesize: '101' }, 'maxpagesize'],
      [{ createdAfter: 'yesterday' }, 'createdAfter'],
      [{ select: 'secretName' }, 'select'],
      [{ continuation: 'made-up' }, 'continuation'],
      [{ continuation, state: 'Failed' }, 'continuation'],
      [{ continuation, orderby: 'createdAt asc' }, 'continuation'],
      [{ errorCode: '1,2,3,4,5,6,7,8,9' }, 'at most 8 values'],
    ];
    for (const [query, named] of wrong) {
      const answer = await list(query);
      const detail = expect.stringContaining(named) as string;
      expect(answer).toMatchObject({ status: 400, body: { code: 'InvalidQueryParameter', detail } });
      expect(JSON.stringify(answer.body)).not.toContain('hunter2');
    }
    expect(await list({ nonsense: '1' })).toMatchObject({ status: 400, body: { code: 'UnknownQueryParameter' } });
  });

  test('of another tenant are those of none', async () => {
    const answer = await list({}, { token: 'other' });
    expect(answer).toMatchObject({ status: 404, body: { code: 'TenantNotFound' } });
    expect(idsOf(await list({}, { token: 'other', tenant: otherTenantId }))).toEqual(['of-another']);
  });
});

describe('the setups of all tenants', () => {
  test('are for the provider, with either of two roles', async () => {
    for (const token of ['operator', 'provisioning'] as const) {
      const answer = await listAll({}, token);
      expect(idsOf(answer)).toEqual(['of-another', 'third-accepted', 'second-waits', 'first-failed']);
    }
  });

  test('are not for a tenant, which may read its own', async () => {
    for (const token of ['own', 'reader', 'other'] as const) {
      const answer = await listAll({}, token);
      expect(answer).toMatchObject({ status: 403, body: { code: 'Forbidden' } });
      expect((answer.body as { detail: string }).detail).toContain('Setup.Read.All or Ops.Read');
    }
  });

  test('follow a change', async () => {
    await api.put('goes-on');
    expect(idsOf(await listAll({ state: 'Accepted' }))).toEqual(['goes-on', 'of-another', 'third-accepted']);
    await api.reach('goes-on', reached.factorySelected);
    expect(idsOf(await listAll({ state: 'Accepted' }))).toEqual(['of-another', 'third-accepted']);
    expect(idsOf(await listAll({ state: 'Running' }))).toEqual(['goes-on']);
  });
});
