import type { HostSettings } from './settings.ts';

/** How many requests are answered at once, and how many may wait for that (`extensions.http` of host.json). */
export class RequestLimit {
  readonly #settings: HostSettings['http'];
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(settings: HostSettings['http']) {
    this.#settings = settings;
  }

  /** Runs the work when it is its turn. Answers with false, without running it, when too many wait already. */
  async run(work: () => Promise<void>): Promise<boolean> {
    const { maxConcurrentRequests, maxOutstandingRequests } = this.#settings;
    if (this.#running + this.#waiting.length >= maxOutstandingRequests) return false;
    if (this.#running < maxConcurrentRequests) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await work();
    } finally {
      const next = this.#waiting.shift();
      // The place is handed on.
      if (next === undefined) this.#running -= 1;
      else next();
    }
    return true;
  }
}
