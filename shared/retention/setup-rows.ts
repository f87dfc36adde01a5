/** The end of the rows of a setup that was deleted long ago. */
import type { TableClient } from '@azure/data-tables';
import { odata } from '@azure/data-tables';
import { unlessConflict, unlessMissing } from '../requests/rest-errors.ts';
import { HEAD, NUMBERS, partitionOf } from '../setup/rows.ts';
import type { SetupRecord } from '../setup/head.ts';
import { createdTable, deleteRows } from '../table.ts';

export class SetupRows {
  readonly #table: () => Promise<TableClient>;

  /** @param setups table of the setups */
  constructor(setups: TableClient) {
    this.#table = createdTable(setups);
  }

  /**
   * Takes away every row of a setup but its numbers, the head row last: until then it can be gone on with.
   * @returns false if somebody has begun the setup anew since it was read; rows of the new attempt are all there
   */
  async remove(setup: SetupRecord): Promise<boolean> {
    const table = await this.#table();
    const partitionKey = partitionOf(setup);
    const others = odata`RowKey ne ${HEAD} and RowKey ne ${NUMBERS}`;
    // Rows that were read before the head was seen unchanged belong to what has ended.
    if (!(await deleteRows(table, partitionKey, others, () => this.#isUnchanged(setup)))) return false;
    const { attempt, sequence, etag } = setup;
    await table.upsertEntity({ partitionKey, rowKey: NUMBERS, attempt, sequence }, 'Replace');
    // Not in one transaction: a deletion there knows no ETag. Numbers beside a head are not asked for.
    return unlessConflict(() => unlessMissing(() => table.deleteEntity(partitionKey, HEAD, { etag })));
  }

  async #isUnchanged(setup: SetupRecord): Promise<boolean> {
    const table = await this.#table();
    const head = await unlessMissing(() => table.getEntity(partitionOf(setup), HEAD));
    return head?.etag === setup.etag;
  }
}
