import { Cron } from 'croner';
import type { Clock } from '../endpoint/clock.ts';
import type { Log } from '../endpoint/endpoint.ts';
import type { Store } from './durable/store.ts';
import type { AppFunction } from './function-app.ts';
import { resolveSettings, type AppSettings } from './settings.ts';

/** What the timers of an app need. */
export interface TimerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs the function with the trigger's argument, a JSON text. */
  readonly run: (timer: AppFunction, argument: string) => Promise<void>;
}

/** Milliseconds since the epoch. */
interface Occurrences {
  readonly last: number;
  readonly next: number;
}

/** Tells the next time after one, both in milliseconds since the epoch. */
type Schedule = (from: number) => number;

// https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-time-zones
const INTERVAL = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})$/;

/**
 * Reads the schedule of a timer function: an NCRONTAB expression with six fields, or five without seconds, or an interval
 * `hh:mm:ss`; `%NAME%` stands for a setting. Throws when it cannot be read.
 */
export function scheduleOf({ name, trigger }: AppFunction, settings: AppSettings): Schedule {
  const schedule = resolveSettings(String(trigger['schedule']), settings);
  const [, days = 0, hours, minutes, seconds] = INTERVAL.exec(schedule) ?? [];
  if (hours !== undefined) {
    const interval = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
    return (from) => from + interval * 1000;
  }
  const cron = readCron(name, schedule);
  return (from) => {
    const next = cron.nextRun(new Date(from));
    if (next === null) throw new Error(`The schedule of '${name}' has no next time.`);
    return next.getTime();
  };
}

function readCron(name: string, schedule: string): Cron {
  try {
    return new Cron(schedule, { timezone: 'UTC', paused: true });
  } catch (cause) {
    throw new Error(`Function '${name}': '${schedule}' is not a schedule that the local host understands.`, { cause });
  }
}

/**
 * Calls a timer function at its times, which are UTC. What was missed while the host was down is made up for by one call that is past due.
 */
export class TimerFunction {
  readonly #function: AppFunction;
  readonly #next: Schedule;
  readonly #parts: TimerParts;
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(timer: AppFunction, schedule: Schedule, parts: TimerParts) {
    this.#function = timer;
    this.#next = schedule;
    this.#parts = parts;
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

  /** One call beside those of the schedule. */
  callNow(): void {
    this.#call(false, this.#recorded());
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

  #recorded(): Occurrences | undefined {
    const status = this.#parts.store.timerStatus(this.#function.name);
    return status === undefined ? undefined : (JSON.parse(status) as Occurrences);
  }
}

function statusText({ last, next }: Occurrences) {
  const [Last, Next] = [new Date(last).toISOString(), new Date(next).toISOString()];
  return { Last, Next, LastUpdated: Last };
}
