import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Store, type Committed, type Step } from './durable/store.ts';

/**
 * Opens the file of the orchestrations, or an empty one in memory. Throws with what is wrong and what to do about it;
 * the file stays as it is. `onFailure` is told once when a step could not be kept: from then on nothing may go on.
 */
export function openHistory(file: string | undefined, onFailure: (error: Error) => void): Store {
  if (file === undefined) return new Store(':memory:');
  try {
    if (existsSync(file)) checkPages(file);
    return new GuardedStore(file, (cause) => onFailure(explained(cause, file)));
  } catch (error) {
    throw explained(error, file);
  }
}

class GuardedStore extends Store {
  readonly #onFailure: (cause: unknown) => void;

  constructor(file: string, onFailure: (cause: unknown) => void) {
    super(file);
    this.#onFailure = onFailure;
  }

  override commit(steps: readonly Step[]): Committed[] {
    try {
      return super.commit(steps);
    } catch (error) {
      this.#onFailure(error);
      throw error;
    }
  }
}

/** SQLite looks at a page when it needs it, which would be in the middle of an orchestration. */
function checkPages(file: string): void {
  const database = new DatabaseSync(file);
  try {
    const [row] = database.prepare('PRAGMA quick_check(1)').all();
    if (row?.['quick_check'] !== 'ok')
      throw Object.assign(new Error(String(row?.['quick_check'])), { errcode: CORRUPT });
  } finally {
    database.close();
  }
}

// Primary result codes, https://sqlite.org/rescode.html
const CORRUPT = 11;
const NOT_A_DATABASE = 26;
const REMEDIES: Readonly<Record<number, string>> = {
  5: 'Another host uses it. Stop that one, or choose another file.',
  8: 'It cannot be written. Give this user the right to, or choose another file.',
  10: 'It cannot be read or written. Check the disk and the rights on the file.',
  [CORRUPT]: 'It is damaged. Move it away to begin with an empty history; it was left as it is.',
  13: 'The disk is full. Make room and start again: every step that was acknowledged is kept.',
  14: 'It cannot be opened. Check that its folder exists and can be written.',
  [NOT_A_DATABASE]: 'It is no history of this host. Choose another file, or move it away; it was left as it is.',
};

function explained(cause: unknown, file: string): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && 'errcode' in cause ? Number(cause.errcode) & 0xff : 0;
  return new Error(`The history ${file} cannot be used: ${reason}. ${REMEDIES[code] ?? ''}`.trimEnd(), { cause });
}
