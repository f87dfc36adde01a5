import { afterAll, beforeAll, expect, test } from 'vitest';
import { listFactories } from '../../../functions/factories/list-factories.ts';
import type { KnownCall } from '../../../functions/http/adapter.ts';
import { FactoryBook } from '../../../shared/factory/book.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';
import { factory, startHttpApi } from '../../support/api/http-api.ts';
import type { HttpApi, TokenName } from '../../support/api/http-api.ts';

let api: HttpApi;

beforeAll(async () => {
  api = await startHttpApi();
});

afterAll(() => api.stop());

const list = (token: TokenName = 'operator') =>
  api.call('listFactories', 'none', { query: { 'api-version': '2026-11-01' }, token });

test('what is known of each factory is listed, with what is left of its limits', async () => {
  const { book } = api.services;
  const unknown = { used: 0, limit: 5_000, left: 5_000 };
  expect(await list()).toMatchObject({
    status: 200,
    body: { value: [{ ...factory, state: 'NotMeasured', entities: unknown, warnings: [] }] },
  });

  await book.measured(await book.get(factory), { entities: 4_000, activeRuns: 12 });
  const view = await book.read([factory], { key: 'one' });
  for (const one of view.factories) await book.reserve(one, { key: 'one', attempt: 1 }, view);
  expect((await list()).body).toEqual({
    value: [
      {
        ...factory,
        state: 'Available',
        measuredAt: expect.stringMatching(/^20..-/) as string,
        entitiesCountedAt: expect.stringMatching(/^20..-/) as string,
        entitiesCountedBy: 'Lists',
        reservations: 1,
        entities: { used: 4_011, limit: 5_000, left: 989 },
        activeRuns: { used: 12, limit: 10_000, left: 9_988 },
        warnings: ['entities: 80 % of 5000 are used'],
      },
    ],
  });

  await book.answered(factory, 'It was not found.');
  expect((await list()).body).toMatchObject({ value: [{ state: 'Silent', silence: 'It was not found.' }] });
});

test('a count says of when it is, and whose', async () => {
  const { settings } = api.services;
  let now = new Date(Date.now() - 3_600_000);
  const book = new FactoryBook(new TablesInMemory().table(), { now: () => now });
  const listed = async () => {
    const known = await listFactories({ services: { book, settings } } as unknown as KnownCall);
    return (known.jsonBody as { value: object[] }).value[0];
  };
  await book.measured(await book.get(factory), { entities: 1, activeRuns: 0 });
  expect(await listed()).toMatchObject({ entitiesCountedBy: 'Lists', entitiesCountedAt: now.toISOString() });
  now = new Date();
  const at = new Date(now.getTime() - 60_000);
  await book.correct(new Map([[factory, { entities: 2, at }]]));
  expect(await listed()).toMatchObject({ entitiesCountedBy: 'Metric', entitiesCountedAt: at.toISOString() });
});

test('is for operators', async () => {
  expect((await list('reader')).status).toBe(403);
});
