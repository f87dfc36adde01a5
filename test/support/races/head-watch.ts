/** Every version that head rows had, compared with the one before: what must hold at any moment, not only at the end. */
import type { StoredRow } from '../tables-in-memory/entity.ts';

/** Written by hand from the design, so that it finds a mistake in the module that the product asks. */
const following: Readonly<Record<string, readonly string[]>> = {
  Accepted: ['Running', 'Failed', 'Canceling'],
  Running: ['WaitingForRuntime', 'Ready', 'Failed', 'Canceling'],
  WaitingForRuntime: ['Running', 'Failed', 'Canceling'],
  Canceling: ['Canceled', 'Failed'],
  Ready: ['Deleting'],
  Failed: ['Accepted', 'Deleting'],
  Canceled: ['Accepted', 'Deleting'],
  Deleting: ['Deleted', 'Failed'],
  Deleted: ['Accepted'],
};

type Head = Readonly<Record<string, unknown>>;

export class HeadWatch {
  violations: string[] = [];

  readonly onChange = (table: string, before: StoredRow | undefined, after: StoredRow | undefined): void => {
    const row = after ?? before;
    if (table !== 'setups' || row?.rowKey !== 'head') return;
    if (after === undefined) this.#violated(row, 'a head row was deleted');
    else if (before !== undefined) this.#compare(before.columns, after.columns, row);
    else if (after.columns['state'] !== 'Accepted') this.#violated(row, `began as ${String(after.columns['state'])}`);
  };

  #compare(before: Head, after: Head, row: StoredRow): void {
    const [from, to] = [String(before['state']), String(after['state'])];
    if (from !== to && following[from]?.includes(to) !== true) this.#violated(row, `${from} became ${to}`);
    const isNext = after['attempt'] === Number(before['attempt']) + 1;
    if (after['attempt'] !== before['attempt'] && !(isNext && to === 'Accepted')) {
      this.#violated(row, `attempt ${String(before['attempt'])} became ${String(after['attempt'])}`);
    }
    const events = Number(after['sequence']) - Number(before['sequence']);
    // The end of a setup and the cleanup before it are told together, as are the steps of an installation.
    if (![0, 1, 2].includes(events)) this.#violated(row, `the number of events rose by ${events}`);
    if (isNext) return;
    if (before['openedBy'] !== '' && after['openedBy'] !== before['openedBy']) {
      this.#violated(row, `opened by ${String(before['openedBy'])}, then by ${String(after['openedBy'])}`);
    }
    if (Number(after['cleanup']) < Number(before['cleanup'])) this.#violated(row, 'an earlier cleanup came back');
    if (before['cancel'] !== '' && after['cancel'] === '') this.#violated(row, 'a cancellation was forgotten');
  }

  #violated({ partitionKey }: StoredRow, what: string): void {
    this.violations.push(`${partitionKey}: ${what}`);
  }
}
