import { expect, test } from 'vitest';
import { estimateOf } from '../../../shared/replication/estimate.ts';

const run = { tables: 100, rows: 9_999, seconds: 60 };

test('nothing is estimated from fewer than three runs, nor for nothing', () => {
  expect(estimateOf({ tables: 10, rows: 10 }, [])).toBeUndefined();
  expect(estimateOf({ tables: 10, rows: 10 }, [run, run])).toBeUndefined();
  expect(estimateOf({ tables: 0, rows: 0 }, [run, run, run])).toBeUndefined();
});

test.each([
  ['the same amounts', 100, 9_999, 60],
  ['twice the tables', 200, 9_999, 120],
  ['three times the rows', 100, 29_999, 180],
  ['half of both', 50, 4_999, 30],
])('a run with %s takes accordingly long', (_what, tables, rows, seconds) => {
  expect(estimateOf({ tables, rows }, [run, run, run])).toEqual({ seconds, earlierRuns: 3 });
});

test('the nearest runs count, and of these the middle one', () => {
  const others = [
    { ...run, seconds: 61 },
    { ...run, seconds: 600 },
    { tables: 100, rows: 99_999_999, seconds: 1 },
    { tables: 100, rows: 99_999_998, seconds: 1 },
  ];
  expect(estimateOf({ tables: 100, rows: 9_999 }, [...others, run])).toEqual({ seconds: 61, earlierRuns: 5 });
});
