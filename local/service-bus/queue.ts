import { randomUUID } from 'node:crypto';
import type { Clock } from '../endpoint/clock.ts';
import { Destination } from './destination.ts';
import { messageLockLost, messageNotFound, notAllowed, sessionLockLost } from './errors.ts';
import { Lane, type Consumer, type Session, type StoredMessage } from './lane.ts';
import type { Message } from './message.ts';
import { Sessions } from './session.ts';
import type { QueueSettings } from './topology.ts';

type Properties = Readonly<Record<string, unknown>>;

/** What a receiver decides about a message it has locked. */
export type Outcome =
  | { readonly kind: 'complete' }
  | { readonly kind: 'release' }
  | { readonly kind: 'abandon'; readonly properties: Properties }
  | { readonly kind: 'defer'; readonly properties: Properties }
  | {
      readonly kind: 'dead-letter';
      readonly reason: string | undefined;
      readonly description: string | undefined;
      readonly properties: Properties;
    };

/** A message on its way to a receiver, and the token that settles it. */
export interface LockedMessage {
  readonly stored: StoredMessage;
  readonly token: string;
}

/** How a message came in when it did not come from a sender. */
interface Origin {
  readonly sequenceNumber: number;
  readonly timeToLiveMs: number;
}

// Reasons and texts: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-dead-letter-queues
const EXPIRED = { reason: 'TTLExpiredException', description: 'The message expired and was dead lettered.' };
const NO_SESSION_ID = {
  reason: 'Session ID is null',
  description: "Session enabled entity doesn't allow a message whose session identifier is null.",
};

/** What a queue, a subscription and a dead-letter queue have in common: messages under locks, for competing consumers. */
export class Queue extends Destination {
  readonly requiresSession: boolean;
  /** Absent in a dead-letter queue, which keeps its own dead letters. */
  readonly deadLetters: Queue | undefined;
  readonly sessions: Sessions;
  readonly #settings: QueueSettings;
  readonly #messages = new Map<number, StoredMessage>();
  readonly #locked = new Map<string, StoredMessage>();
  readonly #lane = new Lane();
  readonly #cancelExpiry = new Map<StoredMessage, () => void>();

  constructor(path: string, clock: Clock, settings: QueueSettings, isDeadLetterQueue = false) {
    super(path, clock, settings.duplicateWindowMs);
    this.#settings = settings;
    this.requiresSession = settings.requiresSession;
    this.sessions = new Sessions(clock, settings.lockDurationMs, (session, expired) => {
      for (const stored of this.#locked.values()) if (stored.session === session) this.#giveBack(stored, expired);
    });
    if (!isDeadLetterQueue) {
      this.deadLetters = new Queue(`${path}/$DeadLetterQueue`, clock, deadLetterSettings(settings), true);
    }
  }

  override check(message: Message): void {
    if (!this.requiresSession || message.sessionId !== undefined) return;
    throw notAllowed(`The SessionId was not set on a message, and it cannot be sent to the entity '${this.path}'.`);
  }

  override enqueue(message: Message, origin?: Origin): number {
    const sequenceNumber = this.nextSequenceNumber();
    const stored: StoredMessage = {
      message,
      sequenceNumber,
      enqueuedSequenceNumber: origin?.sequenceNumber ?? sequenceNumber,
      enqueuedAt: this.clock.now(),
      timeToLive: Math.min(message.timeToLive, this.#settings.timeToLiveMs, origin?.timeToLiveMs ?? Infinity),
      session: this.#sessionOf(message),
      state: 'active',
      deliveryCount: 0,
      lock: undefined,
    };
    this.#add(stored);
    if (this.requiresSession && stored.session === undefined) this.#deadLetter(stored, NO_SESSION_ID);
    else this.#makeReady(stored);
    return sequenceNumber;
  }

  /** A consumer without a session. */
  join(consumer: Consumer): void {
    this.#lane.join(consumer);
  }

  leave(consumer: Consumer): void {
    this.#lane.leave(consumer);
    this.sessions.leave(consumer);
  }

  /** Hands out what can be handed out, in a session or outside of sessions. */
  pump(session?: Session): void {
    const lane = session ?? this.#lane;
    for (let turn = lane.next(); turn !== undefined; turn = lane.next()) {
      turn.consumer.deliver(turn.stored, this.#take(turn.stored, turn.consumer.deletesOnReceive));
    }
  }

  /** Throws message-lock-lost, or session-lock-lost when the receiver names a session. */
  settle(token: string, outcome: Outcome, sessionId?: string): void {
    const stored = this.#lockedBy(token, sessionId);
    switch (outcome.kind) {
      case 'complete':
        this.#remove(stored);
        break;
      case 'release':
        this.#giveBack(stored, false);
        break;
      case 'abandon':
        changeProperties(stored, outcome.properties);
        this.#giveBack(stored, true);
        break;
      case 'defer':
        changeProperties(stored, outcome.properties);
        this.#unlock(stored);
        stored.deliveryCount += 1;
        stored.state = 'deferred';
        break;
      case 'dead-letter':
        this.#deadLetter(stored, outcome);
        break;
    }
  }

  /** Returns until when the message is locked now, in milliseconds since the epoch. */
  renewLock(token: string): number {
    const stored = this.#lockedBy(token);
    if (stored.session !== undefined) throw notAllowed('A message of a session is locked by its session.');
    stored.lock?.cancelExpiry();
    const until = this.clock.now() + this.#settings.lockDurationMs;
    stored.lock = { token, until, cancelExpiry: this.#watchLock(stored) };
    return until;
  }

  /** All or nothing: throws message-not-found when one of them is not there or not deferred. */
  receiveDeferred(sequenceNumbers: readonly number[], deletesOnReceive: boolean, sessionId?: string): LockedMessage[] {
    const session = this.requiresSession ? this.sessions.held(sessionId ?? '') : undefined;
    const deferred = sequenceNumbers.map((sequenceNumber) => {
      const stored = this.#messages.get(sequenceNumber);
      const isThere = stored?.state === 'deferred' && stored.lock === undefined && stored.session === session;
      if (!isThere) throw messageNotFound(sequenceNumber);
      return stored;
    });
    return deferred.map((stored) => ({ stored, token: this.#take(stored, deletesOnReceive) }));
  }

  /** Messages in any state by sequence number, without locking them. */
  peek(fromSequenceNumber: number, count: number, sessionId?: string): StoredMessage[] {
    return [...this.#messages.values(), ...this.scheduled.values()]
      .filter((stored) => stored.sequenceNumber >= fromSequenceNumber)
      .filter((stored) => sessionId === undefined || stored.message.sessionId === sessionId)
      .sort((a, b) => a.sequenceNumber - b.sequenceNumber)
      .slice(0, count);
  }

  #sessionOf(message: Message): Session | undefined {
    return this.requiresSession && message.sessionId !== undefined ? this.sessions.get(message.sessionId) : undefined;
  }

  #add(stored: StoredMessage): void {
    this.#messages.set(stored.sequenceNumber, stored);
    if (stored.session !== undefined) stored.session.messageCount += 1;
    if (stored.timeToLive === Infinity || this.deadLetters === undefined) return;
    const expireIfReady = () => {
      if (stored.state === 'active' && stored.lock === undefined) this.#expire(stored);
    };
    this.#cancelExpiry.set(stored, this.clock.after(stored.timeToLive, expireIfReady));
  }

  #makeReady(stored: StoredMessage): void {
    (stored.session ?? this.#lane).add(stored);
    this.pump(stored.session);
    if (stored.session !== undefined) this.sessions.offer();
  }

  #take(stored: StoredMessage, deletesOnReceive: boolean): string {
    const token = randomUUID().replaceAll('-', '');
    if (deletesOnReceive) {
      this.#remove(stored);
    } else {
      const until = this.clock.now() + this.#settings.lockDurationMs;
      stored.lock = { token, until, cancelExpiry: this.#watchLock(stored) };
      this.#locked.set(token, stored);
    }
    return token;
  }

  #watchLock(stored: StoredMessage): () => void {
    if (stored.session !== undefined) return () => undefined;
    return this.clock.after(this.#settings.lockDurationMs, () => {
      this.#giveBack(stored, true);
    });
  }

  #lockedBy(token: string, sessionId?: string): StoredMessage {
    const stored = this.#locked.get(token);
    if (stored !== undefined) return stored;
    throw sessionId === undefined ? messageLockLost() : sessionLockLost(sessionId);
  }

  #unlock(stored: StoredMessage): void {
    if (stored.lock === undefined) return;
    stored.lock.cancelExpiry();
    this.#locked.delete(stored.lock.token);
    stored.lock = undefined;
  }

  #giveBack(stored: StoredMessage, countsAsDelivery: boolean): void {
    this.#unlock(stored);
    if (countsAsDelivery) stored.deliveryCount += 1;
    const { maxDeliveryCount } = this.#settings;
    if (stored.deliveryCount >= maxDeliveryCount) {
      const description = `Message could not be consumed after ${maxDeliveryCount} delivery attempts.`;
      this.#deadLetter(stored, { reason: 'MaxDeliveryCountExceeded', description });
    } else if (stored.state === 'active') {
      if (this.#isExpired(stored)) this.#expire(stored);
      else this.#makeReady(stored);
    }
  }

  #isExpired(stored: StoredMessage): boolean {
    return this.deadLetters !== undefined && stored.enqueuedAt + stored.timeToLive <= this.clock.now();
  }

  #expire(stored: StoredMessage): void {
    (stored.session ?? this.#lane).remove(stored);
    if (this.#settings.deadLetterOnExpiration) this.#deadLetter(stored, EXPIRED);
    else this.#remove(stored);
  }

  #deadLetter(
    stored: StoredMessage,
    why: { reason: string | undefined; description: string | undefined; properties?: Properties },
  ): void {
    this.#remove(stored);
    const reasons = { DeadLetterReason: why.reason, DeadLetterErrorDescription: why.description };
    changeProperties(stored, { ...why.properties, ...reasons });
    (this.deadLetters ?? this).#adopt(stored);
  }

  /** Takes a message over with its sequence number and delivery count. */
  #adopt(stored: StoredMessage): void {
    const own: StoredMessage = { ...stored, session: undefined, state: 'active' };
    this.#add(own);
    this.#makeReady(own);
  }

  #remove(stored: StoredMessage): void {
    this.#unlock(stored);
    this.#messages.delete(stored.sequenceNumber);
    this.#cancelExpiry.get(stored)?.();
    this.#cancelExpiry.delete(stored);
    if (stored.session === undefined) return;
    stored.session.messageCount -= 1;
    this.sessions.discardIfIdle(stored.session);
  }
}

/** A dead-letter queue has neither sessions nor expiry, and nothing to move its messages to. */
function deadLetterSettings({ lockDurationMs }: QueueSettings): QueueSettings {
  return {
    lockDurationMs,
    timeToLiveMs: Infinity,
    maxDeliveryCount: Infinity,
    requiresSession: false,
    deadLetterOnExpiration: false,
    duplicateWindowMs: undefined,
  };
}

function changeProperties(stored: StoredMessage, changes: Properties): void {
  const defined = Object.entries(changes).filter(([, value]) => value !== undefined);
  if (defined.length > 0) stored.message = stored.message.withApplicationProperties(Object.fromEntries(defined));
}
