import { describe, expect, test } from 'vitest';
import { headFromRow, headRow } from '../../../shared/setup/head.ts';
import { storedHead } from '../../support/setup/stored-setup.ts';

const etag = storedHead.etag;
const actor = 'somebody';
const at = '2026-11-24T11:00:00.000Z';
const full = {
  ...storedHead,
  state: 'Canceling',
  attempt: 2,
  from: 'Inventory',
  failure: { code: '50001', cause: 'measured 120', remedy: 'ALTER DATABASE' },
  openedBy: 'run-1',
  cancel: { at, actor },
  deletion: { at, actor, number: 2, begun: false, removeRuntime: true, removeSource: false },
  cleanup: 3,
} as const;

/** What Table Storage makes of a row that is merged into another one. */
const merged = (...rows: object[]): object =>
  // A property without a value is not sent.
  Object.assign({}, ...rows.map((row) => JSON.parse(JSON.stringify(row)) as object), { etag }) as object;

describe('a head row', () => {
  test.each([
    ['of a new setup', storedHead],
    ['with everything that it can have', full],
  ])('%s is read back as it was written', (_what, head) => {
    expect(headFromRow(merged(headRow(head)))).toEqual(head);
  });

  test('has its names, and no column for its ETag', () => {
    const row = headRow(full);
    expect(row).toMatchObject({ partitionKey: `${full.tenantId}|${full.setupId}`, rowKey: 'head' });
    expect(row).not.toHaveProperty('etag');
  });

  test('merged over a fuller one leaves nothing of what was cleared', () => {
    expect(headFromRow(merged(headRow(full), headRow(storedHead)))).toEqual(storedHead);
  });

  test('holds flat values only, as a table can store them', () => {
    const types = new Set(Object.values(headRow(full)).map((value) => typeof value));
    expect([...types].toSorted((a, b) => a.localeCompare(b))).toEqual(['boolean', 'number', 'string']);
  });

  test('with columns and milestones of a newer version is read', () => {
    const newer = { ...full, reached: [...full.reached, 'newer'] };
    expect(headFromRow(merged(headRow(newer), { claimedBy: 'newer' }))).toEqual(newer);
  });

  test('that is none is refused', () => {
    expect(() => headFromRow({ partitionKey: 'p', rowKey: 'head' })).toThrow('tenantId');
  });
});
