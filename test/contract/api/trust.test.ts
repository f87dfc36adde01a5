// Trust in a server whose certificate nobody has signed is decided in a field of its own, and the audit says by whom.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reached, setupBody, source as usual, startHttpApi } from '../../support/api/http-api.ts';
import type { HttpApi } from '../../support/api/http-api.ts';
import type { Answer } from '../../support/api/http-call.ts';
import { tenantId } from '../../support/api/token-issuer.ts';
import { recorded } from '../../support/setup/setup-table.ts';

let api: HttpApi;

beforeAll(async () => {
  api = await startHttpApi();
});

afterAll(() => api.stop());

const trusts = 'trusts the certificate of the server unseen';
const text = 'Server=sql01;Database=BC250;User ID=migration;Password=one';

async function resultsOf(setupId: string): Promise<string[]> {
  const { values } = await api.services.audit.page({ tenantId, setupId }, 100);
  return values.map(({ result }) => result);
}

async function trustOf(setupId: string): Promise<boolean> {
  const { request } = await api.services.store.require({ tenantId, setupId });
  return request.source.connection.trustServerCertificate;
}

function replay(setupId: string, source: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return api.call('replaySetup', setupId, { headers, body: JSON.stringify({ source }) });
}

function put(setupId: string, source: object): Promise<Answer> {
  return api.put(setupId, { ...setupBody, source: { ...usual, ...source } });
}

async function fail(setupId: string, attempt: number): Promise<void> {
  recorded(await api.services.store.record({ tenantId, setupId, attempt }, reached.failed));
}

/** A setup that has failed. */
async function failed(setupId: string, source: object): Promise<void> {
  expect(await put(setupId, source)).toMatchObject({ status: 201 });
  await fail(setupId, 1);
}

describe('trust in the certificate of the source', () => {
  test('is not taken from the text, which says how to give it', async () => {
    const answer = await put('in-the-text', { connectionString: `${text};TrustServerCertificate=True` });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        errors: [
          {
            pointer: '/source/connectionString',
            detail: 'TrustServerCertificate is a decision that is not taken in the text.',
            remedy: expect.stringContaining('set source.trustServerCertificate') as string,
          },
        ],
      },
    });
  });

  test('is given in its field, shown, and audited; without it there is none', async () => {
    await failed('trusting', { trustServerCertificate: true });
    expect(await api.call('getSetup', 'trusting')).toMatchObject({
      body: { source: { trustServerCertificate: true } },
    });
    expect((await resultsOf('trusting')).at(-1)).toBe(`attempt 1, ${trusts}`);
    await failed('careful', {});
    expect(await trustOf('careful')).toBe(false);
    expect((await resultsOf('careful')).at(-1)).toBe('attempt 1');
  });

  test('is given and taken back by a replay, and stays without a word', async () => {
    await failed('changing', {});
    expect(await replay('changing', { trustServerCertificate: true })).toMatchObject({ status: 202 });
    expect(await trustOf('changing')).toBe(true);
    await fail('changing', 2);
    expect(await replay('changing', { password: 'two' })).toMatchObject({ status: 202 });
    expect(await resultsOf('changing')).toEqual([`attempt 3, ${trusts}`, `attempt 2, ${trusts}`, 'attempt 1']);
    await fail('changing', 3);
    expect(await replay('changing', { trustServerCertificate: false })).toMatchObject({ status: 202 });
    expect((await resultsOf('changing'))[0]).toBe('attempt 4');
  });

  test('does not pass to another server', async () => {
    await failed('moving', { trustServerCertificate: true });
    expect(await replay('moving', { connectionString: text.replace('sql01', 'sql02') })).toMatchObject({ status: 202 });
    expect(await trustOf('moving')).toBe(false);
  });

  test('is refused where there is nothing to decide', async () => {
    const server = 'srv.database.windows.net';
    const source = { kind: 'AzureSql', connectionString: text.replace('sql01', server) };
    await failed('in-azure', source);
    const answer = await replay('in-azure', { trustServerCertificate: true });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/source/trustServerCertificate' }] } });
  });
});
