import type { Clock } from '../../endpoint/clock.ts';
import { SqlError } from '../sql-error.ts';
import type { SessionState } from './state.ts';

/** Who a lock belongs to: it goes with the transaction, or with the session. */
export type LockOwner = 'session' | 'transaction';

interface Lock {
  readonly owner: SessionState;
  readonly kind: LockOwner;
  count: number;
}

const GRANTED = 0;
const TIMED_OUT = -1;
const RETRY_MS = 20;

/** The locks of sp_getapplock; all are exclusive, whatever mode is asked for. */
export class ApplicationLocks {
  readonly #clock: Clock;
  readonly #locks = new Map<string, Lock>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Answers 0, or -1 when another session kept the lock for the whole time. Error 3918 without the transaction. */
  async take(owner: SessionState, kind: LockOwner, resource: string, timeoutMs: number): Promise<number> {
    if (kind === 'transaction' && !owner.transactions) {
      throw new SqlError(3918, 'The statement or function must be executed in the context of a user transaction.');
    }
    const until = this.#clock.now() + timeoutMs;
    for (;;) {
      const lock = this.#locks.get(resource);
      if (!lock || lock.owner === owner) {
        this.#locks.set(resource, { owner, kind: lock?.kind ?? kind, count: (lock?.count ?? 0) + 1 });
        return GRANTED;
      }
      if (this.#clock.now() >= until) return TIMED_OUT;
      // The holder needs the engine to get on and release the lock.
      if (!owner.transactions) owner.engine.release();
      await new Promise<void>((resolve) => {
        this.#clock.after(RETRY_MS, resolve);
      });
      await owner.engine.acquire(owner);
      await owner.enter();
    }
  }

  /** Answers false when the session does not hold the lock. */
  release(owner: SessionState, resource: string): boolean {
    const lock = this.#locks.get(resource);
    if (lock?.owner !== owner) return false;
    lock.count--;
    if (lock.count === 0) this.#locks.delete(resource);
    return true;
  }

  /** Releases what belongs to the transaction of a session, or whatever the session holds. */
  releaseAll(owner: SessionState, kind?: LockOwner): void {
    for (const [resource, lock] of this.#locks) {
      if (lock.owner === owner && (kind === undefined || lock.kind === kind)) this.#locks.delete(resource);
    }
  }
}
