import type { Message } from './message.ts';

/** A receiver's hold on a message. */
interface MessageLock {
  /** 16 bytes, RFC 4122 order, as hexadecimal digits. */
  readonly token: string;
  /** Milliseconds since the epoch. Under a session the session's own lock counts, not this one. */
  until: number;
  cancelExpiry: () => void;
}

/** A message in an entity, with what the broker knows about it. */
export interface StoredMessage {
  /** Replaced when a receiver changes application properties while settling. */
  message: Message;
  readonly sequenceNumber: number;
  /** The number the message got from the topic, or its own in a queue. */
  readonly enqueuedSequenceNumber: number;
  readonly enqueuedAt: number;
  /** Milliseconds; `Infinity` for none. */
  readonly timeToLive: number;
  readonly session: Session | undefined;
  state: 'active' | 'deferred' | 'scheduled';
  deliveryCount: number;
  lock: MessageLock | undefined;
}

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

/** A consumer's exclusive hold on a session; it replaces the locks of the session's messages. */
export interface SessionHold {
  readonly consumer: Consumer;
  /** Milliseconds since the epoch. */
  until: number;
  cancelExpiry: () => void;
}

/** Messages of one session id; at most one consumer takes them at a time, which keeps them in order. */
export class Session extends Lane {
  readonly id: string;
  /** What receivers keep with the session; stays until it is cleared, also when there are no messages. */
  state: Buffer | undefined;
  hold: SessionHold | undefined;
  /** Messages of this session, whatever their state. */
  messageCount = 0;

  constructor(id: string) {
    super();
    this.id = id;
  }
}
