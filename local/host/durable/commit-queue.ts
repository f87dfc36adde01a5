import type { Committed, Step, Store } from './store.ts';

/**
 * Group commit: all steps that arrive within one turn of the event loop share a transaction, and thus one
 * synchronisation with the disk. What a step leads to happens after that.
 */
export class CommitQueue {
  readonly #store: Store;
  readonly #onCommitted: (committed: Committed) => void;
  #waiting: { readonly step: Step; readonly resolve: () => void; readonly reject: (reason: unknown) => void }[] = [];

  constructor(store: Store, onCommitted: (committed: Committed) => void) {
    this.#store = store;
    this.#onCommitted = onCommitted;
  }

  /** Resolves when the step is safe on disk; rejects when nothing of it was kept. */
  commit(step: Step): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ step, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    try {
      const committed = this.#store.commit(group.map(({ step }) => step));
      for (const result of committed) this.#onCommitted(result);
      for (const { resolve } of group) resolve();
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
