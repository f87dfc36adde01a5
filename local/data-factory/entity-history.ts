import type { Clock } from '../endpoint/clock.ts';

/** How many entities a factory had at which time, for its metric. */
export class EntityHistory {
  readonly #clock: Clock;
  /** Each holds until the next. */
  readonly #counts: { readonly at: number; readonly count: number }[];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#counts = [{ at: clock.now(), count: 0 }];
  }

  /** To be told after each change. */
  note(count: number): void {
    this.#counts.push({ at: this.#clock.now(), count });
  }

  /** The most that there were from one time until another, both in milliseconds; undefined before the factory was made. */
  highest(from: number, until: number): number | undefined {
    const counts = this.#counts.filter(({ at }, index) => {
      const next = this.#counts[index + 1]?.at ?? Number.POSITIVE_INFINITY;
      return at < until && next > from;
    });
    return counts.length === 0 ? undefined : Math.max(...counts.map(({ count }) => count));
  }
}
