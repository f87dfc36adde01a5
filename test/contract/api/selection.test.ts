// Which companies and mapped tables a setup migrates, over the API.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mapping, reached, setupBody, startHttpApi } from '../../support/api/http-api.ts';
import type { HttpApi } from '../../support/api/http-api.ts';
import type { Answer } from '../../support/api/http-call.ts';

let api: HttpApi;
let setupId: string;

beforeAll(async () => {
  api = await startHttpApi();
});

afterAll(() => api.stop());

beforeEach(() => {
  setupId = `setup-${crypto.randomUUID()}`;
});

const long = { ...mapping, sourceTableName: 'y'.repeat(128), tableName: 'x'.repeat(128) };

describe('PUT of what is migrated', () => {
  const errorsOf = ({ body }: Answer) => (body as { errors: object[] }).errors;

  test('is stored as it is given, each company once, in any order', async () => {
    const wanted = { ...setupBody, companies: ['CRONUS B', 'CRONUS A', 'CRONUS B'], tableMappings: [mapping] };
    const answer = await api.put(setupId, wanted);
    expect(answer).toMatchObject({
      status: 201,
      body: { companies: ['CRONUS B', 'CRONUS A'], tableMappings: [mapping] },
    });
    expect(answer.body).not.toHaveProperty('planOutdated');
    expect(await api.put(setupId, { ...wanted, companies: ['CRONUS A', 'CRONUS B'] })).toMatchObject({ status: 200 });
  });

  test.each<[string, object, string]>([
    ['/companies', { companies: [] }, 'must have at least 1 items.'],
    ['/companies/0', { companies: ['x'.repeat(31)] }, 'must have at most 30 characters.'],
    ['/tableMappings/0/appId', { tableMappings: [{ ...mapping, appId: 'base' }] }, 'must match'],
    ['/tableMappings/0/sourceTableName', { tableMappings: [{ ...mapping, sourceTableName: 'a'.repeat(129) }] }, 'dbo'],
    ['/tableMappings', { tableMappings: Array.from({ length: 100 }, () => long) }, '24000'],
  ])('is refused at %s', async (pointer, change, detail) => {
    const answer = await api.put(setupId, { ...setupBody, ...change });
    expect(answer).toMatchObject({ status: 400, body: { code: 'InvalidRequestBody' } });
    expect(errorsOf(answer)).toMatchObject([{ pointer, detail: expect.stringContaining(detail) as string }]);
  });

  test('is changed by the replay of a setup that failed, which assesses again then', async () => {
    await api.put(setupId, { ...setupBody, tableMappings: [mapping] });
    await api.reach(
      setupId,
      reached.factorySelected,
      reached.runtimeCreated,
      reached.runtimeOnline,
      reached.checksCompleted,
      reached.failed,
    );
    const body = JSON.stringify({ companies: ['CRONUS A'], dryRun: true });
    const sent = { headers: { 'content-type': 'application/json' }, body };
    expect(await api.call('replaySetup', setupId, sent)).toMatchObject({ status: 200, body: { from: 'Assessment' } });
    const mapped = { ...sent, body: JSON.stringify({ companies: ['CRONUS A'], tableMappings: null }) };
    expect(await api.call('replaySetup', setupId, mapped)).toMatchObject({ status: 202 });
    const { body: now } = await api.call('getSetup', setupId);
    expect(now).toMatchObject({ companies: ['CRONUS A'] });
    expect(now).not.toHaveProperty('tableMappings');
    const { body: diff } = await api.call('diffAttempts', setupId, {
      params: { attempt: '2' },
      query: { 'api-version': '2026-11-01', with: '1' },
    });
    expect(diff).toMatchObject({
      request: [
        { name: 'companies', attempt: ['CRONUS A'] },
        { name: 'tableMappings', with: [mapping] },
      ],
    });
    const change = { headers: sent.headers, body: JSON.stringify({ companies: null }) };
    expect(await api.call('changeSelection', setupId, change)).toMatchObject({
      status: 409,
      body: { code: 'SetupNotReady' },
    });
  });
});
