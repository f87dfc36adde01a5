import type { Clock } from '../endpoint/clock.ts';
import { messageNotFound } from './errors.ts';
import type { Message } from './message.ts';
import type { StoredMessage } from './lane.ts';

/** Message ids seen within a window of time. */
class DuplicateWindow {
  readonly #clock: Clock;
  readonly #windowMs: number;
  /** When each id is forgotten, in the order of arrival. */
  readonly #forgetAt = new Map<string, number>();

  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  /** Remembers an id; `false` when it was there already. */
  add(id: string): boolean {
    const now = this.#clock.now();
    for (const [oldId, forgetAt] of this.#forgetAt) {
      if (forgetAt > now) break;
      this.#forgetAt.delete(oldId);
    }
    if (this.#forgetAt.has(id)) return false;
    this.#forgetAt.set(id, now + this.#windowMs);
    return true;
  }
}

/** Where messages are sent: numbers them, drops duplicates and keeps scheduled ones until they are due. */
export abstract class Destination {
  readonly path: string;
  protected readonly clock: Clock;
  protected readonly scheduled = new Map<number, StoredMessage>();
  readonly #cancels = new Map<number, () => void>();
  readonly #duplicates: DuplicateWindow | undefined;
  #lastSequenceNumber = 0;

  constructor(path: string, clock: Clock, duplicateWindowMs: number | undefined) {
    this.path = path;
    this.clock = clock;
    this.#duplicates = duplicateWindowMs === undefined ? undefined : new DuplicateWindow(clock, duplicateWindowMs);
  }

  /** Throws when the message may not be sent here. A batch is checked whole before any of it is sent. */
  abstract check(message: Message): void;

  /** Makes the message available to receivers; returns its sequence number. */
  protected abstract enqueue(message: Message): number;

  /** Returns the sequence number, 0 for a duplicate: that is accepted and dropped. */
  send(message: Message): number {
    if (this.#duplicates?.add(message.id) === false) return 0;
    const due = message.scheduledFor;
    return due !== undefined && due > this.clock.now() ? this.#schedule(message, due) : this.enqueue(message);
  }

  cancelScheduled(sequenceNumber: number): void {
    const cancel = this.#cancels.get(sequenceNumber);
    if (cancel === undefined) throw messageNotFound(sequenceNumber);
    cancel();
    this.#forget(sequenceNumber);
  }

  protected nextSequenceNumber(): number {
    this.#lastSequenceNumber += 1;
    return this.#lastSequenceNumber;
  }

  #schedule(message: Message, due: number): number {
    const sequenceNumber = this.nextSequenceNumber();
    this.scheduled.set(sequenceNumber, {
      message,
      sequenceNumber,
      enqueuedSequenceNumber: sequenceNumber,
      enqueuedAt: this.clock.now(),
      timeToLive: message.timeToLive,
      session: undefined,
      state: 'scheduled',
      deliveryCount: 0,
      lock: undefined,
    });
    const activate = () => {
      this.#forget(sequenceNumber);
      // The service numbers a scheduled message anew when it becomes active.
      this.enqueue(message);
    };
    this.#cancels.set(sequenceNumber, this.clock.after(due - this.clock.now(), activate));
    return sequenceNumber;
  }

  #forget(sequenceNumber: number): void {
    this.scheduled.delete(sequenceNumber);
    this.#cancels.delete(sequenceNumber);
  }
}
