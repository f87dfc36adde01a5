import { expect, test } from 'vitest';
import { isCountDue } from '../../../shared/factory/quotas.ts';

const NOW = Date.UTC(2026, 10, 26, 12);
const factory = { subscriptionId: 'any', resourceGroup: 'any', name: 'factory-1' };

function known(entities: number, minutesAgo: number | undefined, reservations = 0) {
  const countedAt = minutesAgo === undefined ? undefined : new Date(NOW - minutesAgo * 60_000);
  return { factory, entities, activeRuns: 0, reservations, silence: undefined, countedAt, readingAt: undefined };
}

test('a factory that nobody has counted is to be counted', () => {
  expect(isCountDue(known(0, undefined), new Date(NOW))).toBe(true);
});

test.each([
  ['is empty', 0, 0, 359],
  ['is less than half full', 2_499, 0, 359],
  ['is half full', 2_500, 0, 59],
  ['is half full with the places that setups hold', 2_000, 50, 59],
  ['is nearly full', 4_000, 0, 9],
])('one that %s is counted again in time', (_how, entities, reservations, minutes) => {
  expect(isCountDue(known(entities, minutes, reservations), new Date(NOW))).toBe(false);
  expect(isCountDue(known(entities, minutes + 0.1, reservations), new Date(NOW))).toBe(true);
});

test('one that is nearly full is counted by lists, whatever Azure Monitor has read', () => {
  const readingAt = new Date(NOW - 15 * 60_000);
  expect(isCountDue({ ...known(3_999, 15), readingAt }, new Date(NOW))).toBe(false);
  expect(isCountDue({ ...known(4_000, 15), readingAt }, new Date(NOW))).toBe(true);
});

test.each([
  ['as long as it has a newer reading than three hours', 180, false],
  ['again once that is older', 180.1, true],
])('one that Azure Monitor counts has no lists %s', (_how, minutes, due) => {
  const readingAt = new Date(NOW - minutes * 60_000);
  expect(isCountDue({ ...known(2_500, minutes), readingAt }, new Date(NOW))).toBe(due);
});
