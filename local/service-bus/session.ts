import type { Clock } from '../endpoint/clock.ts';
import { noSessionInTime, sessionCannotBeLocked, sessionLockLost } from './errors.ts';
import { type Consumer, Session, type SessionHold } from './lane.ts';

export type HeldSession = Session & { hold: SessionHold };

function isHeld(session: Session): session is HeldSession {
  return session.hold !== undefined;
}

interface Waiter {
  readonly consumer: Consumer;
  readonly accept: (session: HeldSession) => void;
  readonly cancelTimeout: () => void;
}

/** The sessions of one queue or subscription. */
export class Sessions {
  readonly #clock: Clock;
  readonly #lockDurationMs: number;
  readonly #onRelease: (session: Session, expired: boolean) => void;
  readonly #sessions = new Map<string, Session>();
  #waiters: Waiter[] = [];

  /** `onRelease` is told when a hold ends, so that the messages under it are handed out again. */
  constructor(clock: Clock, lockDurationMs: number, onRelease: (session: Session, expired: boolean) => void) {
    this.#clock = clock;
    this.#lockDurationMs = lockDurationMs;
    this.#onRelease = onRelease;
  }

  /** The session of that id; an id needs no introduction. */
  get(id: string): Session {
    const existing = this.#sessions.get(id);
    if (existing !== undefined) return existing;
    const session = new Session(id);
    this.#sessions.set(id, session);
    return session;
  }

  /** The session of that id if a receiver holds it; throws session-lock-lost otherwise. */
  held(id: string): HeldSession {
    const session = this.#sessions.get(id);
    if (session === undefined || !isHeld(session)) throw sessionLockLost(id);
    return session;
  }

  /** Holds a session by its id. Throws when another consumer holds it. */
  acceptNamed(consumer: Consumer, id: string): HeldSession {
    const session = this.get(id);
    if (session.hold !== undefined) throw sessionCannotBeLocked(id);
    return this.#hold(session, consumer);
  }

  /** Holds the free session whose message is oldest, waiting for one; rejects after `timeoutMs`. */
  async acceptNext(consumer: Consumer, timeoutMs: number): Promise<HeldSession> {
    const free = this.#nextFree();
    if (free !== undefined) return this.#hold(free, consumer);
    return new Promise((accept, refuse) => {
      const cancelTimeout = this.#clock.after(timeoutMs, () => {
        this.#dropWaiter(consumer);
        refuse(noSessionInTime());
      });
      this.#waiters.push({ consumer, accept, cancelTimeout });
    });
  }

  /** Gives free sessions with messages to the consumers that wait for one. */
  offer(): void {
    for (let [waiter] = this.#waiters; waiter !== undefined; [waiter] = this.#waiters) {
      const session = this.#nextFree();
      if (session === undefined) return;
      this.#dropWaiter(waiter.consumer);
      waiter.accept(this.#hold(session, waiter.consumer));
    }
  }

  /** Ends what the consumer holds or waits for. */
  leave(consumer: Consumer): void {
    this.#dropWaiter(consumer);
    for (const session of this.#sessions.values()) {
      if (session.hold?.consumer === consumer) this.#release(session, false);
    }
  }

  /** Returns until when the session is held now, in milliseconds since the epoch. */
  renew(id: string): number {
    const session = this.held(id);
    session.hold.cancelExpiry();
    session.hold = this.#newHold(session, session.hold.consumer);
    return session.hold.until;
  }

  /** Forgets a session that nobody holds and that has neither messages nor state. */
  discardIfIdle(session: Session): void {
    if (session.hold !== undefined || session.state !== undefined || session.messageCount > 0) return;
    this.#sessions.delete(session.id);
  }

  #nextFree(): Session | undefined {
    let oldest: Session | undefined;
    for (const session of this.#sessions.values()) {
      const { first } = session;
      if (session.hold !== undefined || first === undefined) continue;
      if (oldest?.first === undefined || first.sequenceNumber < oldest.first.sequenceNumber) oldest = session;
    }
    return oldest;
  }

  #hold(session: Session, consumer: Consumer): HeldSession {
    session.join(consumer);
    return Object.assign(session, { hold: this.#newHold(session, consumer) });
  }

  #newHold(session: Session, consumer: Consumer): SessionHold {
    const expire = () => {
      this.#release(session, true);
      consumer.loseSession(session.id);
    };
    const cancelExpiry = this.#clock.after(this.#lockDurationMs, expire);
    return { consumer, until: this.#clock.now() + this.#lockDurationMs, cancelExpiry };
  }

  #release(session: Session, expired: boolean): void {
    if (session.hold === undefined) return;
    session.hold.cancelExpiry();
    session.leave(session.hold.consumer);
    session.hold = undefined;
    this.#onRelease(session, expired);
    this.offer();
    this.discardIfIdle(session);
  }

  #dropWaiter(consumer: Consumer): void {
    this.#waiters.find((waiter) => waiter.consumer === consumer)?.cancelTimeout();
    this.#waiters = this.#waiters.filter((waiter) => waiter.consumer !== consumer);
  }
}
