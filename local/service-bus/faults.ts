import { entityFull, serverBusy } from './errors.ts';

const failures = { busy: serverBusy, full: entityFull };

/** Switches with which a test provokes what the real service does now and then. */
export class Faults {
  #refused = 0;
  #reason: keyof typeof failures = 'busy';

  /** The next senders that open and messages that are sent are refused, because there are too many or the entity is full. */
  refuseNext(count: number, reason: keyof typeof failures): void {
    this.#refused = count;
    this.#reason = reason;
  }

  /** Throws the refusal of what is to go to an address, or not, as the switches say. */
  apply(address: string): void {
    if (this.#refused === 0) return;
    this.#refused -= 1;
    throw failures[this.#reason](address);
  }
}
