import type { StoredMessage } from './stored-message.ts';

/** Who takes messages from a queue: one receiver link. */
export interface Consumer {
  /** Receive and delete: a message is gone once it is handed over. */
  readonly deletesOnReceive: boolean;
  /** How many messages it can be handed now. */
  capacity(): number;
  /** Hands over a message; `lockToken` is its delivery tag. */
  deliver(stored: StoredMessage, lockToken: string): void;
  /** Tells that the session it holds has been taken away. */
  loseSession(sessionId: string): void;
}

/** Messages ready for delivery in the order of their sequence numbers, and the consumers that share them. */
export class Lane {
  readonly #ready: StoredMessage[] = [];
  readonly #consumers: Consumer[] = [];

  get first(): StoredMessage | undefined {
    return this.#ready[0];
  }

  /** A message that comes back takes its old place. */
  add(stored: StoredMessage): void {
    let place = this.#ready.length;
    while (place > 0 && (this.#ready[place - 1]?.sequenceNumber ?? 0) > stored.sequenceNumber) place -= 1;
    this.#ready.splice(place, 0, stored);
  }

  remove(stored: StoredMessage): void {
    const place = this.#ready.indexOf(stored);
    if (place >= 0) this.#ready.splice(place, 1);
  }

  join(consumer: Consumer): void {
    this.#consumers.push(consumer);
  }

  leave(consumer: Consumer): void {
    const place = this.#consumers.indexOf(consumer);
    if (place >= 0) this.#consumers.splice(place, 1);
  }

  /** Takes the next message out for the consumer whose turn it is, as long as there are both. */
  next(): { stored: StoredMessage; consumer: Consumer } | undefined {
    const consumer = this.#consumers.find((candidate) => candidate.capacity() > 0);
    if (consumer === undefined) return undefined;
    const stored = this.#ready.shift();
    if (stored === undefined) return undefined;
    // Whoever was served goes to the end of the line, so that consumers take turns.
    this.leave(consumer);
    this.join(consumer);
    return { stored, consumer };
  }
}
