import { expect, test } from 'vitest';
import { databaseMarkOf } from '../../../shared/setup/database-mark.ts';

const source = 'https://migration.example.com';
const first = { tenantId: '6f2b9a1c-0000-4000-8000-000000000001', setupId: 'first-setup' };

test('is the same for every attempt of a setup, and names neither tenant nor setup', () => {
  const mark = databaseMarkOf(source, first);
  expect(mark).toMatch(/^[0-9a-f]{64}$/);
  expect(databaseMarkOf(source, { ...first })).toBe(mark);
});

test.each([
  ['another deployment', 'https://other.example.com', first],
  ['another tenant', source, { ...first, tenantId: '6f2b9a1c-0000-4000-8000-000000000002' }],
  ['another setup', source, { ...first, setupId: 'second-setup' }],
])('differs for %s', (_what, eventSource, setup) => {
  expect(databaseMarkOf(eventSource, setup)).not.toBe(databaseMarkOf(source, first));
});
