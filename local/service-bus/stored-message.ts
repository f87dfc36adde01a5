import { typed, type Typed } from './amqp.ts';
import type { StoredMessage } from './lane.ts';

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
