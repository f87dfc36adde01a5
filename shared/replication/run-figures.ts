/** How long full replication runs took, of all tenants, for estimates. In Table Storage, a partition a kind of source. */
import { createHash } from 'node:crypto';
import type { TableClient } from '@azure/data-tables';
import { odata } from '@azure/data-tables';
import type { AttemptId, SourceKind } from '../setup/setup.ts';
import { createdTable } from '../table.ts';
import { runFigureSchema } from './estimate.ts';
import type { RunFigure } from './estimate.ts';
import { runOperationOf } from './run.ts';

/** Each run takes one of these places, whoever had it before: few rows, most of them of late, and none counted twice. */
const PLACES = 64;

export class RunFigures {
  readonly #table: () => Promise<TableClient>;

  constructor(table: TableClient) {
    this.#table = createdTable(table);
  }

  /** Notes a run that succeeded. Noting it again changes nothing. */
  async note(kind: SourceKind, attempt: AttemptId, run: { readonly number: number }, figure: RunFigure): Promise<void> {
    const digest = createHash('sha256').update(runOperationOf(attempt, run)).digest();
    const row = { partitionKey: kind, rowKey: String(digest.readUInt32BE() % PLACES), ...figure };
    await (await this.#table()).upsertEntity(row, 'Replace');
  }

  /** The figures of a kind of source, in no order. */
  async of(kind: SourceKind): Promise<RunFigure[]> {
    const table = await this.#table();
    const filter = odata`PartitionKey eq ${kind}`;
    return Array.fromAsync(table.listEntities({ queryOptions: { filter } }), (row) => runFigureSchema.parse(row));
  }
}
