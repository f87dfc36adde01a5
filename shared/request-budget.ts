/** When the next request may be sent to a service that counts them with a token bucket. Pure. */

/** How many requests the service allows at once, and how many more each second. */
export interface BucketSize {
  readonly capacity: number;
  readonly perSecond: number;
}

/** What an answer said about the bucket; nothing if there was none. */
export interface Told {
  /** How many requests it has left. */
  readonly remaining?: number | undefined;
  /** The service refused the request, and wants no other for so long. */
  readonly refusedForMs?: number;
}

/** No request is held back for longer; nor do two follow each other later, so that there is always one that may go. */
export const LONGEST_WAIT_MS = 4_000;

/**
 * What one host knows of a bucket from which others take, too. A full one slows nobody down. A host sends as fast as the bucket
 * fills when half is left, and the slower the less is left: hosts that know nothing of each other come to rest before it is
 * empty, ten of them when a tenth is left. After a refusal one request goes first, and the others when it was answered.
 * All times are in milliseconds.
 */
export class RequestBudget {
  readonly #size: BucketSize;
  /** What was left at `#since`, as far as this host knows. */
  #remaining: number;
  #since = Number.NEGATIVE_INFINITY;
  #closedUntil = Number.NEGATIVE_INFINITY;
  #lastSent = Number.NEGATIVE_INFINITY;
  #unanswered = 0;

  constructor(size: BucketSize) {
    this.#size = size;
    this.#remaining = size.capacity;
  }

  /** When the next request may be sent, as far as is known now. @param ahead how many others are sent before it */
  nextTurn(now: number, ahead = 0): number {
    const spacing = this.#spacing(this.remainingAt(now));
    return Math.max(now, this.#closedUntil, this.#lastSent + spacing) + ahead * spacing;
  }

  /** How many requests are left, as far as is known. */
  remainingAt(now: number): number {
    const filled = (Math.max(0, now - this.#since) / 1_000) * this.#size.perSecond;
    return Math.min(this.#size.capacity, this.#remaining + filled);
  }

  /** Counts a request that is sent now. `settle` must follow. */
  take(now: number): void {
    this.#know(this.remainingAt(now) - 1, now);
    this.#lastSent = now;
    this.#unanswered += 1;
  }

  /** Takes what the answer to a request said. */
  settle(now: number, { remaining, refusedForMs }: Told): void {
    this.#unanswered -= 1;
    if (refusedForMs !== undefined) {
      this.#closedUntil = Math.max(this.#closedUntil, now + refusedForMs);
      this.#know(0, this.#closedUntil);
    } else if (remaining !== undefined && now >= this.#closedUntil) {
      // What is under way may not be counted yet.
      this.#know(remaining - this.#unanswered, now);
    }
  }

  #know(remaining: number, at: number): void {
    this.#remaining = Math.max(0, remaining);
    this.#since = Math.max(this.#since, at);
  }

  /** Between two requests of this host. */
  #spacing(remaining: number): number {
    const { capacity, perSecond } = this.#size;
    return Math.min(LONGEST_WAIT_MS, (1_000 * (capacity - remaining)) / (perSecond * remaining));
  }
}
