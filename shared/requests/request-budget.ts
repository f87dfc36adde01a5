/** When the next request may be sent to a service that counts them with a token bucket. Pure. */

/** How many requests the service allows at once, and how many more each second. */
export interface BucketSize {
  readonly capacity: number;
  readonly perSecond: number;
}

/** What came of a request: it was served, with so many left for others, or refused, and none is wanted for so long. */
export type Told =
  | { readonly served: true; readonly remaining: number | undefined }
  | { readonly served: false; readonly againAfterMs: number };

/**
 * What one host knows of a bucket from which others take, too. A full one slows nobody down. With half of it left a host sends
 * as fast as the bucket fills, and the slower the less is left: between two of its requests the bucket must fill by
 * as many as are missing for each one that is left. So hosts that know nothing of each other come to rest before it is
 * empty, ten of them when a tenth is left. After a refusal one request goes first, and until one was served the others follow
 * as from an empty bucket. All times are in milliseconds.
 */
export class RequestBudget {
  readonly #size: BucketSize;
  /** What was left at `#since`, as far as this host knows. */
  #remaining: number;
  #since = Number.NEGATIVE_INFINITY;
  #isRefused = false;
  #closedUntil = Number.NEGATIVE_INFINITY;
  #lastSent = Number.NEGATIVE_INFINITY;
  #unanswered = 0;

  constructor(size: BucketSize) {
    this.#size = size;
    this.#remaining = size.capacity;
  }

  /** None is sent before this. */
  get closedUntil(): number {
    return this.#closedUntil;
  }

  /** When the next request may be sent, as far as is known now. */
  nextTurn(now: number): number {
    const from = Math.max(now, this.#closedUntil);
    const left = this.remainingAt(from);
    const missing = this.#size.capacity - left;
    const isFirst = this.#lastSent < this.#closedUntil;
    if (missing === 0 || isFirst) return from;
    const filled = this.#filled(from - this.#lastSent);
    // What must be filled more, f, solves (filled + f) * (left + f) = missing - f.
    const sum = filled + left + 1;
    const more = (Math.sqrt(sum ** 2 + 4 * (missing - filled * left)) - sum) / 2;
    return from + Math.floor(this.#timeToFill(Math.max(0, more)));
  }

  /** When a request may be sent at best that has others before it. */
  turnAfter(ahead: number, now: number): number {
    return Math.max(this.nextTurn(now), now + this.#timeToFill(ahead - this.remainingAt(now)));
  }

  /** How many requests are left, as far as is known. */
  remainingAt(now: number): number {
    return Math.min(this.#size.capacity, this.#remaining + this.#filled(Math.max(0, now - this.#since)));
  }

  /** Counts a request that is sent now. `settle` must follow. */
  take(now: number): void {
    // What time should have filled is not counted on before one is served.
    this.#know(this.#isRefused ? 0 : this.remainingAt(now) - 1, now);
    this.#lastSent = now;
    this.#unanswered += 1;
  }

  /** Takes what came of a request. @param told undefined if nothing is known of that */
  settle(now: number, told: Told | undefined): void {
    this.#unanswered -= 1;
    if (told?.served === false) {
      this.#isRefused = true;
      this.#closedUntil = Math.max(this.#closedUntil, now + told.againAfterMs);
      this.#know(0, this.#closedUntil);
    } else if (told !== undefined && now >= this.#closedUntil) {
      this.#isRefused = false;
      // What is under way may not be counted yet in what was told; what this host knows by itself has it already.
      const { remaining } = told;
      this.#know(remaining === undefined ? this.remainingAt(now) : remaining - this.#unanswered, now);
    }
  }

  #know(remaining: number, at: number): void {
    this.#remaining = Math.max(0, remaining);
    this.#since = at;
  }

  #filled(milliseconds: number): number {
    return (milliseconds / 1_000) * this.#size.perSecond;
  }

  #timeToFill(requests: number): number {
    return (1_000 * requests) / this.#size.perSecond;
  }
}
