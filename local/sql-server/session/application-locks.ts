import type { Clock } from '../../endpoint/clock.ts';
import type { SessionState } from './state.ts';

interface Lock {
  readonly owner: SessionState;
  count: number;
}

const GRANTED = 0;
const TIMED_OUT = -1;
const RETRY_MS = 20;

/** The exclusive locks of sp_getapplock, owned by sessions; modes and transaction ownership are not told apart. */
export class ApplicationLocks {
  readonly #clock: Clock;
  readonly #locks = new Map<string, Lock>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Answers 0, or -1 when another session kept the lock for the whole time. */
  async take(owner: SessionState, resource: string, timeoutMs: number): Promise<number> {
    const until = this.#clock.now() + timeoutMs;
    for (;;) {
      const lock = this.#locks.get(resource);
      if (!lock || lock.owner === owner) {
        this.#locks.set(resource, { owner, count: (lock?.count ?? 0) + 1 });
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

  /** Releases whatever a session holds. */
  releaseAll(owner: SessionState): void {
    for (const [resource, lock] of this.#locks) if (lock.owner === owner) this.#locks.delete(resource);
  }
}
