import { expect, test } from 'vitest';
import { changeSince, usableReport } from '../../../shared/setup/assessed-catalogues.ts';
import type { MilestoneRecord } from '../../../shared/setup/milestone-data.ts';
import { storedHead } from '../../support/setup/stored-setup.ts';

const now = new Date('2026-11-20T12:00:00.000Z');
const { request, destination } = storedHead;

function assessed(attempt: number, at: string | undefined, changes: Partial<typeof storedHead> = {}) {
  const checks = { name: 'checksCompleted', attempt, origin: attempt, startedAt: at, at, data: {} } as MilestoneRecord;
  return { attempt, request, destination, ...changes, reached: at === undefined ? [] : [checks] };
}

const [lately, before] = ['2026-11-13T12:00:00.000Z', '2026-11-13T11:59:59.999Z'];

test.each([
  ['the newest attempt that has one', [assessed(1, lately), assessed(2, '2026-11-19T00:00:00.000Z')], 2],
  ['an earlier one, while the next is under way', [assessed(1, lately), assessed(2, undefined)], 1],
  ['one of seven days', [assessed(1, lately)], 1],
  [
    'one whose databases were written otherwise',
    [assessed(1, lately, { destination: { ...destination, server: destination.server.toUpperCase() } })],
    1,
  ],
])('the report is that of %s', (_what, attempts, attempt) => {
  expect(usableReport(storedHead, attempts, now)).toMatchObject({ attempt });
});

const { source } = request;
const elsewhere = { ...source, connection: { ...source.connection, database: 'Another' } };

test.each([
  ['there is none', [assessed(1, undefined)], 'The assessment has no report.'],
  ['it is older', [assessed(1, before)], 'The assessment is more than 7 days old.'],
  [
    'it is of another source',
    [assessed(1, lately, { request: { ...request, source: elsewhere } })],
    'The assessment is of other databases.',
  ],
  [
    'the environment has another database now',
    [assessed(1, lately, { destination: { ...destination, database: 'Another' } })],
    'The assessment is of other databases.',
  ],
])('no report is taken if %s', (_what, attempts, reason) => {
  expect(usableReport(storedHead, attempts, now)).toEqual({ takenOver: false, reason });
});

test('a change is told by its side', () => {
  const found = { source: 'a', destination: 'b' };
  expect(changeSince(found, found)).toBeUndefined();
  expect(changeSince(found, { ...found, source: 'c' })?.reason).toBe(
    'Tables of the source, or the right to see them, have changed since the assessment.',
  );
  expect(changeSince(found, { source: 'c', destination: 'd' })?.reason).toBe(
    'Tables of the source and the destination, or the right to see them, have changed since the assessment.',
  );
});
