import { Cron } from 'croner';
import type { Clock } from '../clock.ts';
import type { Log } from '../endpoint.ts';
import type { Store } from './durable/store.ts';
import type { AppFunction } from './function-app.ts';
import { resolveSettings, type AppSettings } from './settings.ts';

/** What the timers of an app need. */
export interface TimerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: AppSettings;
  readonly log: Log;
  /** Runs the function with the trigger's argument, a JSON text. */
  readonly run: (timer: AppFunction, argument: string) => Promise<void>;
}

/** Milliseconds since the epoch. */
interface Occurrences {
  readonly last: number;
  readonly next: number;
}

/**
 * Calls a timer function at its times, which are UTC. The schedule is an NCRONTAB expression with six fields, or five
 * without seconds. What was missed while the host was down is made up for by one call that is past due.
 */
export class TimerFunction {
  readonly #function: AppFunction;
  readonly #cron: Cron;
  readonly #parts: TimerParts;
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();

  /** Throws when the schedule cannot be read. */
  constructor(timer: AppFunction, parts: TimerParts) {
    this.#function = timer;
    this.#parts = parts;
    const schedule = resolveSettings(String(timer.trigger['schedule']), parts.settings);
    try {
      this.#cron = new Cron(schedule, { timezone: 'UTC', paused: true });
    } catch (error) {
      throw new Error(`Function '${timer.name}': '${schedule}' is not a schedule that the local host understands.`, {
        cause: error,
      });
    }
  }

  start(): void {
    const { useMonitor = true, runOnStartup = false } = this.#function.trigger;
    const recorded = useMonitor === true ? this.#recorded() : undefined;
    const isPastDue = recorded !== undefined && recorded.next < this.#parts.clock.now();
    if (isPastDue || runOnStartup === true) this.#call(isPastDue, recorded);
    this.#planAfter(this.#parts.clock.now());
  }

  /** Plans no further call and resolves when the last one has ended. */
  stop(): Promise<void> {
    this.#cancel?.();
    return this.#running;
  }

  #planAfter(time: number): void {
    const next = this.#next(time);
    this.#cancel = this.#parts.clock.after(next - this.#parts.clock.now(), () => {
      this.#call(false, this.#recorded());
      this.#planAfter(next);
    });
  }

  /** A call that comes due while the last one runs waits for it. */
  #call(isPastDue: boolean, previous: Occurrences | undefined): void {
    const now = this.#parts.clock.now();
    const occurrences = { last: now, next: this.#next(now) };
    const argument = JSON.stringify({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: statusText(previous ?? occurrences),
      IsPastDue: isPastDue,
    });
    this.#running = this.#running
      .then(() => this.#parts.run(this.#function, argument))
      .catch((error: unknown) => this.#parts.log(`error ${this.#function.name}: ${String(error)}`))
      .then(() => this.#parts.store.recordTimerStatus(this.#function.name, JSON.stringify(occurrences)));
  }

  #next(from: number): number {
    const next = this.#cron.nextRun(new Date(from));
    if (next === null) throw new Error(`The schedule of '${this.#function.name}' has no next time.`);
    return next.getTime();
  }

  #recorded(): Occurrences | undefined {
    const status = this.#parts.store.timerStatus(this.#function.name);
    return status === undefined ? undefined : (JSON.parse(status) as Occurrences);
  }
}

function statusText({ last, next }: Occurrences) {
  const [Last, Next] = [new Date(last).toISOString(), new Date(next).toISOString()];
  return { Last, Next, LastUpdated: Last };
}
