import { typed, type Typed } from './amqp.ts';
import type { Message } from './message.ts';
import type { Session } from './session.ts';

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

/** Values of `x-opt-message-state`. */
const STATES = { active: 0, deferred: 1, scheduled: 2 };

/** The message as receivers and browsers of the entity see it. */
export function encodeStoredMessage(stored: StoredMessage, omitBody = false): Buffer {
  const annotations = new Map<string, Typed>([
    ['x-opt-sequence-number', typed.long(stored.sequenceNumber)],
    ['x-opt-enqueued-time', typed.timestamp(stored.enqueuedAt)],
    ['x-opt-enqueue-sequence-number', typed.long(stored.enqueuedSequenceNumber)],
    ['x-opt-message-state', typed.int(STATES[stored.state])],
  ]);
  if (stored.lock !== undefined) {
    annotations.set('x-opt-locked-until', typed.timestamp(stored.session?.hold?.until ?? stored.lock.until));
  }
  const { deliveryCount, timeToLive } = stored;
  return stored.message.encode({ deliveryCount, timeToLive, annotations }, omitBody);
}
