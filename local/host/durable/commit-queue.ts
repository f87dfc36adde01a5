import type { Clock } from '../../endpoint/clock.ts';
import type { Committed, Step, Store } from './store.ts';

/** What the queue of commits asks and tells. */
interface CommitQueueParts {
  /** What a step leads to happens after it is safe. */
  readonly onCommitted: (committed: Committed) => void;
  /** Whether work is under way that will end in steps. */
  readonly moreIsComing: () => boolean;
  /** By this clock commits are gathered: where a test holds it still, none waits for others. */
  readonly clock: Clock;
}

// A commit never waits longer than this for others, in milliseconds.
const LONGEST_GATHERING = 20;

/**
 * Group commit: steps share a transaction, and thus one synchronisation with the disk. While more steps are coming,
 * they are gathered for as long as the last commit took; a step that is alone does not wait.
 */
export class CommitQueue {
  readonly #store: Store;
  readonly #parts: CommitQueueParts;
  #waiting: { readonly step: Step; readonly resolve: () => void; readonly reject: (reason: unknown) => void }[] = [];
  #closed = false;
  #gatheringSince = 0;
  #lastDuration = 0;

  constructor(store: Store, parts: CommitQueueParts) {
    this.#store = store;
    this.#parts = parts;
  }

  /** Nothing is written any more, and who waits for it waits for ever. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when the step is safe on disk; rejects when nothing of it was kept. */
  commit(step: Step): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ step, resolve, reject });
      if (this.#waiting.length > 1) return;
      this.#gatheringSince = this.#parts.clock.now();
      setImmediate(() => this.#gather());
    });
  }

  #gather(): void {
    if (this.#closed) return;
    const gathered = this.#parts.clock.now() - this.#gatheringSince;
    const isWorthWaiting = gathered < Math.min(this.#lastDuration, LONGEST_GATHERING);
    if (isWorthWaiting && this.#parts.moreIsComing()) setImmediate(() => this.#gather());
    else this.#flush();
  }

  #flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    const begin = this.#parts.clock.now();
    try {
      const committed = this.#store.commit(group.map(({ step }) => step));
      for (const result of committed) this.#parts.onCommitted(result);
      for (const { resolve } of group) resolve();
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
    this.#lastDuration = this.#parts.clock.now() - begin;
  }
}
