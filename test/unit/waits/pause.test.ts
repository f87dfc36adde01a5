import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextLook } from '../../../shared/waits/pause.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const since = new Date('2026-11-24T10:00:00.000Z');

const after = (milliseconds: number) => new Date(since.getTime() + milliseconds);
/** The pause of a look that many milliseconds after the last nudge. */
const pauseAt = (milliseconds: number) =>
  nextLook(after(milliseconds), since).getTime() - since.getTime() - milliseconds;

/** Looks within a time, by a timer that comes every 5 s; the first one is when the wait begins. */
function looksWithin(milliseconds: number): number {
  const tick = (at: number) => Math.ceil(at / (5 * SECOND)) * 5 * SECOND;
  let looks = 0;
  for (let at = 0; at <= milliseconds; at = tick(at + pauseAt(at))) looks += 1;
  return looks;
}

const time = fc.integer({ min: 0, max: 168 * HOUR });

describe('the pause between two looks', () => {
  test.each([
    [0, 5 * SECOND],
    [50 * SECOND, 5 * SECOND],
    [10 * MINUTE, MINUTE],
    [150 * MINUTE, 15 * MINUTE],
    [24 * HOUR, 15 * MINUTE],
  ])('after %i ms is %i ms', (waited, pause) => {
    expect(pauseAt(waited)).toBe(pause);
  });

  test('is never shorter than 5 s, longer than 15 min, or out of proportion to the time that has passed', () => {
    fc.assert(
      fc.property(time, (waited) => {
        const pause = pauseAt(waited);
        expect(pause).toBeGreaterThanOrEqual(5 * SECOND);
        expect(pause).toBeLessThanOrEqual(15 * MINUTE);
        expect(pause).toBeLessThanOrEqual(Math.max(5 * SECOND, waited / 10));
      }),
    );
  });

  test('grows with the time, and starts again with a nudge', () => {
    fc.assert(
      fc.property(time, time, (a, b) => {
        const [earlier, later] = [Math.min(a, b), Math.max(a, b)];
        expect(pauseAt(earlier)).toBeLessThanOrEqual(pauseAt(later));
        expect(nextLook(after(later), after(later))).toEqual(after(later + 5 * SECOND));
      }),
    );
  });

  test('is 5 s when the clock of another host is behind', () => {
    expect(pauseAt(-MINUTE)).toBe(5 * SECOND);
  });

  test.each([
    [HOUR, 51],
    [2 * HOUR, 59],
    [24 * HOUR, 147],
    [168 * HOUR, 723],
  ])('makes a wait of %i ms without an answer cost %i questions', (waited, questions) => {
    expect(looksWithin(waited)).toBe(questions);
  });
});
