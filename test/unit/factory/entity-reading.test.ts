import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { correctionBy, marksAfter } from '../../../shared/factory/entity-reading.ts';
import type { EntityReading } from '../../../shared/factory/entity-reading.ts';
import { ENTITIES_PER_SETUP } from '../../../shared/factory/placement.ts';

const MINUTE_MS = 60_000;
const NOON = Date.UTC(2026, 10, 26, 12);
const minutesBefore = (minutes: number) => new Date(NOON - minutes * MINUTE_MS);
const now = new Date(NOON);

/** A factory in the book that others than the book know the truth of. */
class Factory {
  book = {
    entities: 0,
    reservations: 0,
    arrived: 0,
    marks: [] as ReturnType<typeof marksAfter>,
    countedAt: undefined as Date | undefined,
    readingAt: undefined as Date | undefined,
  };
  /** How many entities it has had since when, the oldest first. */
  readonly #truth: EntityReading[] = [{ at: new Date(NOON), entities: 0 }];
  readonly #underWay: number[] = [];
  #now = NOON;

  get truth(): number {
    return this.#truth.at(-1)?.entities ?? 0;
  }

  pass(minutes: number): void {
    this.#now += minutes * MINUTE_MS;
  }

  /** A setup takes a place, then makes entities. */
  begin(entities: number): void {
    this.book = { ...this.book, reservations: this.book.reservations + 1 };
    this.#underWay.push(entities);
    this.#truth.push({ at: new Date(this.#now), entities: this.truth + entities });
  }

  /** The place of the setup that began first becomes its entities. */
  release(): void {
    const brought = this.#underWay.shift();
    if (brought === undefined) return;
    const { entities, arrived, reservations } = this.book;
    this.book = {
      ...this.book,
      entities: entities + brought,
      arrived: arrived + brought,
      reservations: reservations - 1,
    };
  }

  /** Asks for its runs, and lists its entities if that is wanted. */
  measure(byLists: boolean): void {
    const at = new Date(this.#now);
    const counted = byLists ? { entities: this.truth, countedAt: at } : {};
    this.book = { ...this.book, ...counted, marks: marksAfter(this.book.marks, this.book.arrived, at) };
  }

  /** Monitor's newest data point is so old. It is of some moment of the span that begins then. */
  read(minutesOld: number, spanMinutes: number): void {
    const at = new Date(this.#now - minutesOld * MINUTE_MS);
    const seen = Math.min(this.#now, at.getTime() + spanMinutes * MINUTE_MS);
    const entities = this.#truth.findLast((one) => one.at.getTime() <= seen)?.entities;
    if (entities === undefined) return;
    this.book = { ...this.book, ...correctionBy(this.book, { at, entities }, new Date(this.#now)) };
  }
}

describe('the book', () => {
  test('is never below the truth when setups are only brought in, however old a reading is', () => {
    const passing = fc.record({ do: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 70 }) });
    const beginning = fc.record({
      do: fc.constant('begin' as const),
      entities: fc.integer({ min: 0, max: ENTITIES_PER_SETUP }),
    });
    const releasing = fc.record({ do: fc.constant('release' as const) });
    const measuring = (byLists: boolean) => fc.constant({ do: 'measure' as const, byLists });
    const reading = fc.record({
      do: fc.constant('read' as const),
      minutesOld: fc.integer({ min: 0, max: 200 }),
      spanMinutes: fc.integer({ min: 0, max: 15 }),
    });
    // A count by lists is newer than most readings.
    const step = fc.oneof(
      { weight: 20, arbitrary: fc.oneof(passing, beginning, releasing, reading, measuring(false)) },
      { weight: 1, arbitrary: measuring(true) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const factory = new Factory();
        factory.measure(true);
        for (const one of steps) {
          if (one.do === 'pass') factory.pass(one.minutes);
          else if (one.do === 'begin') factory.begin(one.entities);
          else if (one.do === 'release') factory.release();
          else if (one.do === 'measure') factory.measure(one.byLists);
          else factory.read(one.minutesOld, one.spanMinutes);
          const { entities, reservations } = factory.book;
          expect(entities + reservations * ENTITIES_PER_SETUP).toBeGreaterThanOrEqual(factory.truth);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a reading', () => {
  const marks = [
    { at: minutesBefore(130), arrived: 10 },
    { at: minutesBefore(70), arrived: 30 },
    { at: minutesBefore(10), arrived: 60 },
  ];
  const known = { arrived: 100, marks, countedAt: minutesBefore(200), readingAt: undefined };

  test('counts with what was brought in since the last mark before it', () => {
    const at = minutesBefore(20);
    expect(correctionBy(known, { at, entities: 500 }, now)).toEqual({ entities: 570, countedAt: at, readingAt: at });
  });

  test.each([
    ['is older than three hours', known, 181],
    ['is older than every mark', { ...known, marks: marks.slice(1) }, 100],
    ['was used already', { ...known, readingAt: minutesBefore(20) }, 20],
  ])('that %s is not used', (_which, book, minutes) => {
    expect(correctionBy(book, { at: minutesBefore(minutes), entities: 500 }, now)).toBeUndefined();
  });

  test('that is older than a count by lists changes nothing of it', () => {
    const at = minutesBefore(20);
    const counted = { ...known, countedAt: minutesBefore(15) };
    expect(correctionBy(counted, { at, entities: 500 }, now)).toEqual({ readingAt: at });
  });
});

test('marks are kept one an hour, as far back as a reading can need one', () => {
  let marks = marksAfter([], 0, minutesBefore(600));
  for (let minutes = 590; minutes >= 0; minutes -= 10) marks = marksAfter(marks, 600 - minutes, minutesBefore(minutes));
  expect(marks.map(({ at }) => (NOON - at.getTime()) / MINUTE_MS)).toEqual([180, 120, 60, 0]);
  expect(marks.map(({ arrived }) => arrived)).toEqual([420, 480, 540, 600]);
});
