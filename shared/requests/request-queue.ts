/** Lets requests out one after the other, as fast as their budget allows. */
import type { Clock } from '../clock.ts';
import type { RequestBudget, Told } from './request-budget.ts';

/** No request is held back for longer. */
export const LONGEST_WAIT_MS = 4_000;

/** When a request is sent; or that it is not, since it would have to wait for too long. */
export type Turn =
  | { readonly granted: true; readonly at: number }
  | { readonly granted: false; readonly until: number; readonly remaining: number };

export class RequestQueue {
  readonly #budget: RequestBudget;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #news = Promise.withResolvers<undefined>();

  constructor(budget: RequestBudget, clock: Clock) {
    this.#budget = budget;
    this.#clock = clock;
  }

  /** Waits for the turn of a request. `settle` must follow when it was granted. */
  async turn(): Promise<Turn> {
    const begun = this.#now();
    const latest = begun + LONGEST_WAIT_MS;
    const expected = this.#budget.turnAfter(this.#waiting, begun);
    if (expected > latest) return this.#refused(expected);
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#last = promise;
    this.#waiting += 1;
    await before;
    try {
      return await this.#takeTurn(latest);
    } finally {
      this.#waiting -= 1;
      resolve(undefined);
    }
  }

  /** Takes what came of a request that had its turn. */
  settle({ at }: { readonly at: number }, told: Told | undefined): void {
    this.#budget.settle(Math.max(at, this.#now()), told);
    this.#news.resolve(undefined);
    this.#news = Promise.withResolvers();
  }

  /** Each answer may bring the turn nearer, or put it off. */
  async #takeTurn(latest: number): Promise<Turn> {
    let now = this.#now();
    for (let at = this.#budget.nextTurn(now); at > now; at = this.#budget.nextTurn(now)) {
      if (now >= latest || this.#budget.closedUntil > latest) return this.#refused(at);
      const next = Math.min(at, latest);
      const hasCome = await hasPassed(next - now, this.#news.promise);
      now = Math.max(hasCome ? next : now, this.#now());
    }
    this.#budget.take(now);
    return { granted: true, at: now };
  }

  #refused(until: number): Turn {
    return { granted: false, until, remaining: Math.floor(this.#budget.remainingAt(this.#now())) };
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

/** Waits for a time, or for news. @returns whether the time has passed */
function hasPassed(milliseconds: number, news: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), milliseconds);
    void news.then(() => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}
