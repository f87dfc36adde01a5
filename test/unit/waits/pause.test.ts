import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextLook } from '../../../shared/waits/pause.ts';

const SECOND = 1_000;
const MOMENT = 50;
const RUN_EVERY = 5 * SECOND;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const since = new Date('2026-11-24T10:00:00.000Z');

const after = (milliseconds: number) => new Date(since.getTime() + milliseconds);
/** The pause of a look that many milliseconds after the last nudge. */
const pauseAt = (milliseconds: number) =>
  nextLook(after(milliseconds), since).getTime() - since.getTime() - milliseconds;

/** Looks within a time, each a moment after a run of the timer, which comes every 5 s; the first one is when the wait begins. */
function looksWithin(milliseconds: number): number {
  const run = (at: number) => Math.ceil(at / RUN_EVERY) * RUN_EVERY;
  let looks = 0;
  for (let at = 0; at <= milliseconds; at = run(at + pauseAt(at)) + MOMENT) looks += 1;
  return looks;
}

const time = fc.integer({ min: 0, max: 168 * HOUR });

describe('the pause between two looks', () => {
  test.each([
    [0, 5 * SECOND],
    [50 * SECOND, 5 * SECOND],
    [9 * MINUTE, MINUTE],
    [150 * MINUTE, 15 * MINUTE],
    [24 * HOUR, 15 * MINUTE],
  ])('after %i ms is %i ms', (waited, pause) => {
    expect(pauseAt(waited)).toBe(pause);
  });

  test('ends with the last run of the timer within 5 s or a tenth of the time that has passed then, and within 15 min', () => {
    fc.assert(
      fc.property(time, (waited) => {
        const longest = Math.min(Math.max(5 * SECOND, waited / 9), 15 * MINUTE);
        const pause = pauseAt(waited);
        expect(pause).toBeGreaterThan(Math.max(0, longest - RUN_EVERY));
        expect(pause).toBeLessThanOrEqual(longest);
        expect(nextLook(after(waited), since).getTime() % RUN_EVERY).toBe(0);
      }),
    );
  });

  test.each([5 * SECOND, 150 * MINUTE])(
    'of a look that comes a moment after its run, at %i ms, ends with a run',
    (run) => {
      expect(pauseAt(run + MOMENT)).toBe(pauseAt(run) - MOMENT);
    },
  );

  test('grows with the time, and starts again with a nudge', () => {
    fc.assert(
      fc.property(time, time, (a, b) => {
        const [earlier, later] = [Math.min(a, b), Math.max(a, b)];
        expect(nextLook(after(earlier), since).getTime()).toBeLessThanOrEqual(nextLook(after(later), since).getTime());
        expect(nextLook(after(later), after(later)).getTime()).toBeLessThanOrEqual(after(later + 5 * SECOND).getTime());
      }),
    );
  });

  test('is 5 s when the clock of another host is behind', () => {
    expect(pauseAt(-MINUTE)).toBe(5 * SECOND);
  });

  test.each([
    [HOUR, 56],
    [2 * HOUR, 62],
    [24 * HOUR, 150],
    [168 * HOUR, 726],
  ])('makes a wait of %i ms without an answer cost %i questions', (waited, questions) => {
    expect(looksWithin(waited)).toBe(questions);
  });
});
