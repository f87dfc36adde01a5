/**
 * What an attempt found that has a row each: checks, what was measured at the source, companies, extensions. In the
 * partition of its setup.
 */
import type { TableClient, TransactionAction } from '@azure/data-tables';
import { unlessMissing } from '../rest-errors.ts';
import { createdTable, MAXIMUM_TRANSACTION_ROWS, rowsWithPrefix } from '../table.ts';
import { decoded, findingPrefix, milestoneRow, padded, partitionOf } from './rows.ts';
import type { FindingKind } from './rows.ts';
import type { AttemptId } from './setup.ts';
import type { MilestoneName } from './states.ts';

/** The checkpoint that findings belong to: an attempt that took it over reads those of the attempt that made it. */
const checkpoints: Readonly<Record<FindingKind, MilestoneName | undefined>> = {
  check: 'checksCompleted',
  source: 'checksCompleted',
  company: 'checksCompleted',
  extension: 'inventoryCompleted',
  cause: undefined,
};

export class Findings {
  readonly #table: () => Promise<TableClient>;

  /** @param setups table of the setups */
  constructor(setups: TableClient) {
    this.#table = createdTable(setups);
  }

  /** Replaces the findings of one kind of an attempt. Each is stored as a row with its position. */
  async put(attempt: AttemptId, kind: FindingKind, findings: readonly object[]): Promise<void> {
    const table = await this.#table();
    const partitionKey = partitionOf(attempt);
    const prefix = findingPrefix(attempt.attempt, kind);
    const rows = findings.map((finding, index) => ({
      partitionKey,
      rowKey: `${prefix}${padded(index, 6)}`,
      data: JSON.stringify(finding),
    }));
    const before = await rowsWithPrefix(table, partitionKey, prefix);
    // Rows are numbered, so that what is left of a longer list comes last.
    const left = before.slice(rows.length).map(({ rowKey = '' }) => ({ partitionKey, rowKey }));
    const actions = [
      ...rows.map((row): TransactionAction => ['upsert', row, 'Replace']),
      ...left.map((row): TransactionAction => ['delete', row]),
    ];
    for (let start = 0; start < actions.length; start += MAXIMUM_TRANSACTION_ROWS) {
      await table.submitTransaction(actions.slice(start, start + MAXIMUM_TRANSACTION_ROWS));
    }
  }

  /** The findings that an attempt works with, in the order in which they were put: its own, or those it took over. */
  async of(attempt: AttemptId, kind: FindingKind): Promise<unknown[]> {
    const origin = await this.originOf(attempt, kind);
    const rows = await rowsWithPrefix(await this.#table(), partitionOf(attempt), findingPrefix(origin, kind));
    return rows.map((row) => decoded(row, ['data'])['data']);
  }

  /** The number of the attempt whose findings an attempt works with. */
  async originOf(attempt: AttemptId, kind: FindingKind): Promise<number> {
    const checkpoint = checkpoints[kind];
    if (checkpoint === undefined) return attempt.attempt;
    const table = await this.#table();
    const rowKey = milestoneRow(attempt.attempt, checkpoint);
    const row = await unlessMissing(() => table.getEntity<{ origin?: number }>(partitionOf(attempt), rowKey));
    return row?.origin ?? attempt.attempt;
  }
}
