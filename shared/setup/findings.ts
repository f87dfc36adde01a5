/**
 * What an attempt found that has a row each: checks, what was measured at the source, fingerprints of catalogues, companies,
 * extensions. In the partition of its setup.
 */
import { odata } from '@azure/data-tables';
import type { TableClient, TransactionAction } from '@azure/data-tables';
import { unlessConflict, unlessMissing } from '../requests/rest-errors.ts';
import { createdTable, MAXIMUM_TRANSACTION_ROWS, rowsWithPrefix } from '../table.ts';
import { milestoneColumn, milestonesFromRow } from './milestone-data.ts';
import { attemptRowKey, decoded, findingPrefix, padded, partitionOf } from './rows.ts';
import type { FindingKind } from './rows.ts';
import { isTakenOver } from './replay.ts';
import type { AttemptId } from './setup.ts';
import type { MilestoneName, Phase } from './states.ts';

/** The checkpoint that findings belong to: an attempt that took it over reads those of the attempt that made it. */
const checkpoints: Readonly<Record<FindingKind, MilestoneName | undefined>> = {
  check: 'checksCompleted',
  source: 'checksCompleted',
  catalogue: 'checksCompleted',
  company: 'checksCompleted',
  extension: 'inventoryCompleted',
  cause: undefined,
};

type FindingLists = Readonly<Partial<Record<FindingKind, readonly object[]>>>;

export class Findings {
  readonly #table: () => Promise<TableClient>;

  /** @param setups table of the setups */
  constructor(setups: TableClient) {
    this.#table = createdTable(setups);
  }

  /** Replaces the findings of some kinds of an attempt. Each is stored as a row with its position. */
  async put(attempt: AttemptId, findings: FindingLists): Promise<void> {
    const table = await this.#table();
    const lists = (Object.entries(findings) as [FindingKind, readonly object[]][]).map(([kind, list]) => ({
      kind,
      rows: findingRows(attempt, kind, list),
    }));
    const all = lists.flatMap(({ rows }) => rows);
    // Rows are numbered: where the first can be created there are none.
    const isNew =
      lists.every(({ rows }) => rows.length > 0) &&
      (await unlessConflict(() =>
        submit(
          table,
          all.map((row): TransactionAction => ['create', row]),
        ),
      ));
    if (isNew) return;
    for (const { kind, rows } of lists) {
      const before = await rowsWithPrefix(table, partitionOf(attempt), findingPrefix(attempt.attempt, kind));
      // What is left of a longer list comes last.
      const left = before.slice(rows.length).map(({ partitionKey = '', rowKey = '' }) => ({ partitionKey, rowKey }));
      await submit(table, [
        ...rows.map((row): TransactionAction => ['upsert', row, 'Replace']),
        ...left.map((row): TransactionAction => ['delete', row]),
      ]);
    }
  }

  /**
   * The findings that an attempt works with, in the order in which they were put: its own, or those it took over.
   * @param from the phase at which the attempt began, if that is known
   */
  async of(attempt: AttemptId, kind: FindingKind, from?: Phase): Promise<unknown[]> {
    const origin = await this.originOf(attempt, kind, from);
    const rows = await rowsWithPrefix(await this.#table(), partitionOf(attempt), findingPrefix(origin, kind));
    return rows.map((row) => decoded(row, ['data'])['data']);
  }

  /**
   * Some of the findings that an attempt works with, in the order in which they were put.
   * @param start how many come before them
   * @param size most of them
   */
  async page(attempt: AttemptId, kind: FindingKind, start: number, size: number): Promise<unknown[]> {
    const table = await this.#table();
    const prefix = findingPrefix(await this.originOf(attempt, kind), kind);
    const filter = odata`PartitionKey eq ${partitionOf(attempt)} and RowKey ge ${prefix + position(start)} and RowKey lt ${prefix + position(start + size)}`;
    const rows = table.listEntities({ queryOptions: { filter } });
    return Array.fromAsync(rows, (row) => decoded(row, ['data'])['data']);
  }

  /** The number of the attempt whose findings an attempt works with. @param from as for `of` */
  async originOf(attempt: AttemptId, kind: FindingKind, from: Phase = 'Cleanup'): Promise<number> {
    const checkpoint = checkpoints[kind];
    const mayBeTakenOver = checkpoint !== undefined && isTakenOver(checkpoint, from);
    if (!mayBeTakenOver) return attempt.attempt;
    const table = await this.#table();
    const select = [milestoneColumn(checkpoint)];
    const rowKey = attemptRowKey(attempt.attempt);
    const row = await unlessMissing(() => table.getEntity(partitionOf(attempt), rowKey, { queryOptions: { select } }));
    return milestonesFromRow(attempt.attempt, row ?? {})[0]?.origin ?? attempt.attempt;
  }
}

function findingRows(attempt: AttemptId, kind: FindingKind, findings: readonly object[]) {
  const prefix = findingPrefix(attempt.attempt, kind);
  return findings.map((finding, index) => ({
    partitionKey: partitionOf(attempt),
    rowKey: `${prefix}${position(index)}`,
    data: JSON.stringify(finding),
  }));
}

function position(index: number): string {
  return padded(index, 6);
}

/** Changes rows of one partition, part by part. */
async function submit(table: TableClient, actions: readonly TransactionAction[]): Promise<void> {
  for (let start = 0; start < actions.length; start += MAXIMUM_TRANSACTION_ROWS) {
    await table.submitTransaction(actions.slice(start, start + MAXIMUM_TRANSACTION_ROWS));
  }
}
