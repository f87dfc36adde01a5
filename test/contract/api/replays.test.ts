import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DurableClient } from 'durable-functions';
import { runActivity } from '../../../orchestrators/activities/run.ts';
import { startHttpApi, reached, environmentOf } from '../../support/api/http-api.ts';
import type { ApiRequest, HttpApi } from '../../support/api/http-api.ts';
import type { Answer } from '../../support/api/http-call.ts';
import { otherTenantId, tenantId } from '../../support/api/token-issuer.ts';

let api: HttpApi;
let name: string;

beforeAll(async () => {
  api = await startHttpApi();
});

afterAll(() => api.stop());

beforeEach(() => {
  name = `r${crypto.randomUUID().slice(0, 8)}`;
});

interface Replay {
  readonly replayId: string;
  readonly state: string;
}

const json = { 'content-type': 'application/json' };

function create(body: object, request: ApiRequest = {}): Promise<Answer> {
  return api.call('createReplay', 'none', { token: 'operator', ...request, headers: json, body: JSON.stringify(body) });
}

function call(route: string, replayId: string, request: ApiRequest = {}): Promise<Answer> {
  return api.call(route, 'none', { token: 'operator', ...request, params: { replayId } });
}

async function created(body: object): Promise<Replay> {
  const answer = await create(body);
  expect(answer.status).toBe(202);
  return answer.body as Replay;
}

/** Makes setups that failed; the first one further on than the others. */
async function fail(...ids: string[]): Promise<void> {
  for (const [index, id] of ids.entries()) {
    await api.put(id);
    await api.reach(id, ...(index === 0 ? [reached.factorySelected] : []), reached.failed);
  }
}

/** The errors of the fields that an answer names. */
const errorsOf = ({ body }: Answer) => (body as { errors: { pointer: string; code: string }[] }).errors;

const errorCode = '50001';

describe('POST /replays', () => {
  test('as a dry run counts by error code and phase, and changes nothing', async () => {
    await fail(`${name}-a`, `${name}-b`);
    const before = api.durable.starts.length;
    const filter = { tenantId, errorCode, environment: environmentOf(`${name}-a`) };
    expect(await create({ filter, dryRun: true })).toMatchObject({
      status: 200,
      body: {
        count: 1,
        groups: [{ errorCode, phase: 'RuntimeRegistration', count: 1 }],
        setups: [{ tenantId, setupId: `${name}-a`, attempt: 1, state: 'Failed', phase: 'RuntimeRegistration' }],
      },
    });
    const all = await create({ filter: { tenantId, errorCode }, dryRun: true });
    const { count, groups, setups } = all.body as { count: number; groups: { count: number }[]; setups: object[] };
    expect(groups.reduce((sum, group) => sum + group.count, 0)).toBe(count);
    expect(groups.length).toBeGreaterThan(1);
    expect(setups.length).toBeGreaterThan(1);
    expect(api.durable.starts).toHaveLength(before);
    expect((await call('listReplays', 'none')).body).toEqual({ value: [] });
  });

  test('is accepted, started once, and readable where it says', async () => {
    const answer = await create({ filter: { tenantId, errorCode: name }, from: 'Assessment', perMinute: 7 });
    expect(answer.status).toBe(202);
    const { replayId } = answer.body as Replay;
    expect(answer.headers['operation-location']).toBe(
      `https://migration.example.com/api/replays/${replayId}?api-version=2026-11-01`,
    );
    const starts = api.durable.starts.filter(({ path }) => path.includes(replayId));
    expect(starts).toHaveLength(1);
    expect(JSON.parse(starts[0]?.body ?? '')).toEqual({ replayId, perMinute: 7, begun: 0, pass: 1 });
    const read = await call('getReplay', replayId.toUpperCase());
    expect(read).toMatchObject({
      status: 200,
      headers: { 'retry-after': '10' },
      body: {
        state: 'Running',
        filter: { tenantId, errorCode: name, state: ['Failed'] },
        from: 'Assessment',
        perMinute: 7,
      },
    });
    expect(read.body).toEqual(answer.body);
  });

  test('is accepted also when nothing can be started', async () => {
    const answer = await create({ filter: { errorCode: name } }, { durableUrl: 'http://127.0.0.1:9/' });
    expect(answer.status).toBe(202);
    const open = await api.services.replays.open();
    expect(open.map(({ replayId }) => replayId)).toContain((answer.body as Replay).replayId);
  });

  test.each([[{}], [{ state: ['Failed', 'Canceled'] }]])('is refused for the filter %j', async (filter) => {
    const answer = await create({ filter });
    expect(answer).toMatchObject({ status: 400, body: { code: 'InvalidRequestBody' } });
    expect(errorsOf(answer)).toMatchObject([{ pointer: '/filter', code: 'InvalidValue' }]);
  });

  test.each([
    ['/perMinute', { perMinute: 0 }],
    ['/perMinute', { perMinute: 601 }],
    ['/from', { from: 'Nowhere' }],
    ['/filter/state', { filter: { errorCode, state: [] } }],
    ['/filter/state/0', { filter: { errorCode, state: ['Ready'] } }],
    ['/filter/createdAfter', { filter: { createdAfter: 'yesterday' } }],
    ['/filter/setupId', { filter: { errorCode, setupId: 'one' } }],
    ['/tenantId', { tenantId }],
  ])('is refused for %s', async (pointer, change) => {
    const answer = await create({ filter: { errorCode }, ...change });
    expect(answer.status).toBe(400);
    expect(errorsOf(answer).map((error) => error.pointer)).toEqual([pointer]);
  });
});

describe('who may', () => {
  test.each([['own'], ['reader'], ['provisioning']] as const)('not %s', async (token) => {
    const { replayId } = await created({ filter: { errorCode: name } });
    expect(await create({ filter: { errorCode: name } }, { token })).toMatchObject({ status: 403 });
    for (const route of ['getReplay', 'listReplays', 'listReplayItems', 'stopReplay']) {
      expect(await call(route, replayId, { token })).toMatchObject({ status: 403, body: { code: 'Forbidden' } });
    }
  });
});

describe('the setups of a bulk replay', () => {
  const noClient = (): DurableClient => {
    throw new Error('Nothing is started here');
  };

  test('are listed with what came of each and how it does, page by page', async () => {
    const ids = ['a', 'b', 'c'].map((end) => `${name}-${end}`);
    await fail(...ids);
    await api.put(`${name}-foreign`, undefined, { token: 'other', tenant: otherTenantId });
    const { replayId } = await created({ filter: { tenantId, modifiedAfter: '2026-01-01T00:00:00+01:00' } });
    await runActivity('chooseSetups', { replayId }, api.services, noClient);
    const item = { tenantId, setupId: ids[0] ?? '' };
    const setup = await api.services.store.require(item);
    const audit = { actor: 'operator', action: 'replayMany', requestId: replayId };
    await api.services.store.beginNext(setup, setup, { from: setup.phase, replayOf: 1, audit });
    const refused = { tenantId, setupId: ids[1] ?? '', result: 'refused', reason: 'No such environment.' } as const;
    await api.services.replays.record(replayId, [{ ...item, result: 'replayed', begunAttempt: 2 }, refused]);

    expect((await call('getReplay', replayId)).body).toMatchObject({ counts: { replayed: 1, refused: 1, failed: 0 } });
    const page = await call('listReplayItems', replayId, { query: { 'api-version': '2026-11-01', maxpagesize: '1' } });
    expect(page.body).toMatchObject({ nextLink: expect.stringContaining(`/replays/${replayId}/items?`) as string });
    const seen = (await everyItem(replayId)).filter(({ setupId }) => ids.includes(setupId));
    expect(seen).toMatchObject([
      { setupId: ids[0], attempt: 1, result: 'replayed', begunAttempt: 2, state: 'Accepted' },
      { setupId: ids[1], attempt: 1, result: 'refused', reason: 'No such environment.' },
      { setupId: ids[2], attempt: 1, result: 'pending', errorCode },
    ]);
    const query = { 'api-version': '2026-11-01', result: 'refused' };
    expect((await call('listReplayItems', replayId, { query })).body).toMatchObject({
      value: [{ setupId: ids[1] }],
    });
  });

  async function everyItem(replayId: string): Promise<{ setupId: string }[]> {
    const items: { setupId: string }[] = [];
    let query: Record<string, string> | undefined = { 'api-version': '2026-11-01', maxpagesize: '2' };
    while (query !== undefined) {
      const { body } = await call('listReplayItems', replayId, { query });
      const { value, nextLink } = body as { value: { setupId: string }[]; nextLink?: string };
      items.push(...value);
      query = nextLink === undefined ? undefined : Object.fromEntries(new URL(nextLink).searchParams);
    }
    return items;
  }

  test('are refused for a result that there is not', async () => {
    const { replayId } = await created({ filter: { errorCode: name } });
    const query = { 'api-version': '2026-11-01', result: 'lost' };
    expect(await call('listReplayItems', replayId, { query })).toMatchObject({
      status: 400,
      body: { code: 'InvalidQueryParameter' },
    });
  });
});

describe('GET /replays', () => {
  test('lists the newest first, page by page', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      // The list is by time, in milliseconds.
      const before = Date.now();
      while (Date.now() === before) await new Promise((resolve) => setImmediate(resolve));
      ids.unshift((await created({ filter: { errorCode: name } })).replayId);
    }
    const first = await call('listReplays', 'none', { query: { 'api-version': '2026-11-01', maxpagesize: '2' } });
    const { value, nextLink = '' } = first.body as { value: Replay[]; nextLink?: string };
    const next = await call('listReplays', 'none', { query: Object.fromEntries(new URL(nextLink).searchParams) });
    const all = [...value, ...(next.body as { value: Replay[] }).value];
    expect(all.slice(0, 3).map(({ replayId }) => replayId)).toEqual(ids);
  });
});

test.each(['listReplays', 'listReplayItems'])('%s goes on after no place that is none of it', async (list) => {
  const { replayId } = await created({ filter: { errorCode: name } });
  for (const wrong of ['', '!', 'head', 'item-', `item-${tenantId}`, `${tenantId}|some-setup`, '000000000000001-x']) {
    const query = { 'api-version': '2026-11-01', continuation: Buffer.from(wrong).toString('base64url') };
    expect(await call(list, replayId, { query })).toMatchObject({
      status: 400,
      body: { code: 'InvalidQueryParameter' },
    });
  }
});

describe('POST /replays/{replayId}/stop', () => {
  test('is accepted again and again, until it has ended', async () => {
    const { replayId } = await created({ filter: { errorCode: name } });
    await runActivity('chooseSetups', { replayId }, api.services, () => {
      throw new Error('Nothing is started here');
    });
    for (let times = 0; times < 2; times += 1) {
      expect(await call('stopReplay', replayId)).toMatchObject({ status: 202, body: { state: 'Stopping' } });
    }
    await api.services.replays.end(replayId);
    expect(await call('stopReplay', replayId)).toMatchObject({ status: 409, body: { code: 'ReplayEnded' } });
    const ended = await call('getReplay', replayId);
    expect(ended.headers['retry-after']).toBeUndefined();
    expect(ended.body).toMatchObject({ state: 'Completed', total: 0 });
  });

  test.each([['getReplay'], ['listReplayItems'], ['stopReplay']])(
    '%s answers 404 for what is not there',
    async (route) => {
      for (const replayId of [crypto.randomUUID(), 'list', 'x']) {
        expect(await call(route, replayId)).toMatchObject({ status: 404, body: { code: 'ReplayNotFound' } });
      }
    },
  );
});
