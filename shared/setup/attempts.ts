/** The attempts of a setup, of which only the last is in its head row. In the partition of the setup. */
import type { TableClient } from '@azure/data-tables';
import { createdTable, rowsWithPrefix } from '../table.ts';
import { attemptFromRow } from './attempt-record.ts';
import type { AttemptRecord } from './attempt-record.ts';
import { milestonesFromRow } from './milestone-data.ts';
import type { MilestoneRecord } from './milestone-data.ts';
import { ATTEMPT_PREFIX, attemptRowKey, partitionOf } from './rows.ts';
import type { SetupKey } from './rows.ts';
import type { AttemptId } from './setup.ts';

/** An attempt with what it reached, in that order. */
export interface ReachedAttempt extends AttemptRecord {
  readonly reached: readonly MilestoneRecord[];
}

export class Attempts {
  readonly #table: () => Promise<TableClient>;

  /** @param setups table of the setups */
  constructor(setups: TableClient) {
    this.#table = createdTable(setups);
  }

  /** All attempts of a setup, the first one first. */
  async of(setup: SetupKey): Promise<ReachedAttempt[]> {
    const table = await this.#table();
    const rows = await rowsWithPrefix(table, partitionOf(setup), ATTEMPT_PREFIX);
    return rows.map((row) => {
      const record = attemptFromRow(row);
      return { ...record, reached: milestonesFromRow(record.attempt, row) };
    });
  }

  /** Notes that the histories of an attempt are purged. */
  async markPurged({ attempt, ...setup }: AttemptId): Promise<void> {
    const table = await this.#table();
    const row = { partitionKey: partitionOf(setup), rowKey: attemptRowKey(attempt), historyPurged: true };
    await table.updateEntity(row, 'Merge');
  }
}
