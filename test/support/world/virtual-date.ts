/** The time of a process as a clock of a test tells it, for code that has no clock but the process's own. */
import type { VirtualClock } from '../../../local/endpoint/clock.ts';

/** The time that really passes, whoever has replaced `Date`. */
export const realDate = globalThis.Date;

/** Longer than a client's pause before it tries again, shorter than what it takes for a silence. */
const LONGEST_PAUSE_MS = 4_000;
const HASTE = 100;

/**
 * Lets `Date` follow a clock until it is disposed of. Timers go on in real time: a test that needs them moves the clock.
 * Only the short ones, with which clients pause before they try again, pass sooner, since nothing happens in them.
 */
export function followClock(clock: VirtualClock): Disposable {
  class VirtualDate extends realDate {
    constructor(...given: []) {
      super(...(given.length === 0 ? ([clock.now()] as unknown as []) : given));
    }

    static override now(): number {
      return clock.now();
    }

    /** Also what was made before: it is still a date. */
    static override [Symbol.hasInstance](value: unknown): boolean {
      return Object.prototype.isPrototypeOf.call(realDate.prototype, value as object);
    }
  }
  const { setTimeout } = globalThis;
  const hasty = (callback: (...given: unknown[]) => void, milliseconds = 0, ...given: unknown[]) =>
    setTimeout(callback, milliseconds <= LONGEST_PAUSE_MS ? milliseconds / HASTE : milliseconds, ...given);
  globalThis.Date = VirtualDate as DateConstructor;
  globalThis.setTimeout = Object.assign(hasty, setTimeout);
  return {
    [Symbol.dispose]: () => {
      globalThis.Date = realDate;
      globalThis.setTimeout = setTimeout;
    },
  };
}
