/** Lets requests out one after the other, as fast as their budget allows. */
import type { Clock } from './clock.ts';
import { LONGEST_WAIT_MS } from './request-budget.ts';
import type { RequestBudget, Told } from './request-budget.ts';

/** When a request is sent; or that it is not, since it would have to wait for too long. */
export type Turn =
  | { readonly granted: true; readonly at: number }
  | { readonly granted: false; readonly until: number; readonly remaining: number };

export class RequestQueue {
  readonly #budget: RequestBudget;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(budget: RequestBudget, clock: Clock) {
    this.#budget = budget;
    this.#clock = clock;
  }

  /** Waits for the turn of a request. `settle` must follow when it was granted. */
  async turn(): Promise<Turn> {
    const begun = this.#now();
    const expected = this.#budget.nextTurn(begun, this.#waiting);
    if (expected > begun + LONGEST_WAIT_MS) return this.#refused(expected);
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#last = promise;
    this.#waiting += 1;
    await before;
    try {
      return await this.#takeTurn(begun);
    } finally {
      this.#waiting -= 1;
      resolve(undefined);
    }
  }

  /** Takes what was answered to a request that had its turn. */
  settle({ at }: { readonly at: number }, told: Told): void {
    this.#budget.settle(Math.max(at, this.#now()), told);
  }

  /** What is known of the budget may change while the first one waits. */
  async #takeTurn(begun: number): Promise<Turn> {
    let now = this.#now();
    for (let at = this.#budget.nextTurn(now); at > now; at = this.#budget.nextTurn(now)) {
      if (at > begun + LONGEST_WAIT_MS) return this.#refused(at);
      await pause(at - now);
      now = Math.max(at, this.#now());
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

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
