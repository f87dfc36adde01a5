/** Where things of ours can be left behind. Pure. */
import type { Orphan } from './orphan.ts';

/** An orphan as it stands in its place. */
export interface FoundOrphan extends Orphan {
  /**
   * Removes it if it still is one.
   * @returns whether it was removed
   * @throws if it could not be; it can be tried again
   */
  remove(): Promise<boolean>;
}

export interface Place {
  readonly name: string;
  /** @throws if the place does not answer */
  find(): AsyncGenerator<FoundOrphan>;
}
