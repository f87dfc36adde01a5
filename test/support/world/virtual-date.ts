/** The time of a process as a clock of a test tells it, for code that has no clock but the process's own. */
import type { VirtualClock } from '../../../local/endpoint/clock.ts';

/** The time that really passes, whoever has replaced `Date`. */
export const realDate = globalThis.Date;

/**
 * Lets `Date` follow a clock until it is disposed of. Timers go on in real time: a test that needs them moves the clock.
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
  globalThis.Date = VirtualDate as DateConstructor;
  return {
    [Symbol.dispose]: () => {
      globalThis.Date = realDate;
    },
  };
}
