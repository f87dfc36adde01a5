/** Time for the local endpoints: real, or moved by a test. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, `milliseconds` from now; the answer cancels it. */
  after(milliseconds: number, callback: () => void): () => void;
}

// setTimeout turns a longer delay into 1 ms: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
const LONGEST_TIMEOUT = 2 ** 31 - 1;

function afterRealTime(milliseconds: number, callback: () => void): () => void {
  let cancelRest: (() => void) | undefined;
  const timer = setTimeout(
    () => {
      if (milliseconds <= LONGEST_TIMEOUT) callback();
      else cancelRest = afterRealTime(milliseconds - LONGEST_TIMEOUT, callback);
    },
    Math.min(Math.max(milliseconds, 0), LONGEST_TIMEOUT),
  );
  return () => {
    clearTimeout(timer);
    cancelRest?.();
  };
}

export const systemClock: Clock = { now: () => Date.now(), after: afterRealTime };

/** A clock that stands still until a test advances it. Callbacks run in order of their due time. */
export class VirtualClock implements Clock {
  #now: number;
  #timers: { readonly due: number; readonly callback: () => void }[] = [];

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { due: this.#now + Math.max(milliseconds, 0), callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Moves time on, running what falls due on the way; promises settle between callbacks. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (let next = this.#nextDue(end); next !== undefined; next = this.#nextDue(end)) {
      this.#now = next.due;
      this.#timers = this.#timers.filter((other) => other !== next);
      next.callback();
      await new Promise((settled) => setImmediate(settled));
    }
    this.#now = end;
  }

  #nextDue(end: number) {
    return this.#timers.filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due)[0];
  }
}
