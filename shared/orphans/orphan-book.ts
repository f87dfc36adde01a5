/** What the sweeper has found and what it has removed, in Table Storage: one partition a place. */
import { odata } from '@azure/data-tables';
import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { unlessMissing } from '../rest-errors.ts';
import { createdTable } from '../table.ts';
import { orphanSchema } from './orphan.ts';
import type { Orphan } from './orphan.ts';

const date = z.coerce.date();

const reportedOrphanSchema = orphanSchema.extend({
  /** Where it is, such as a factory. */
  place: z.string(),
  since: date.optional(),
  firstSeen: date,
  lastSeen: date,
  removedAt: date.optional(),
  /** Why it could not be removed when that was last tried. */
  problem: z.string().optional(),
});
/** An orphan that was reported. */
export type ReportedOrphan = z.infer<typeof reportedOrphanSchema>;

export class OrphanBook {
  readonly #table: () => Promise<TableClient>;

  constructor(table: TableClient) {
    this.#table = createdTable(table);
  }

  /** Everything that is reported, or was removed; of one place, or of all. */
  async list(place?: string): Promise<ReportedOrphan[]> {
    const table = await this.#table();
    const query = place === undefined ? {} : { queryOptions: { filter: odata`PartitionKey eq ${place}` } };
    const rows = await Array.fromAsync(table.listEntities(query));
    return rows.map((row) => reportedOrphanSchema.parse(row));
  }

  /** Writes down what is known of an orphan. */
  async put(orphan: ReportedOrphan): Promise<void> {
    const table = await this.#table();
    await table.upsertEntity({ ...orphan, partitionKey: orphan.place, rowKey: idOf(orphan) }, 'Replace');
  }

  /** Forgets one that is none any more. */
  async forget(orphan: ReportedOrphan): Promise<void> {
    const table = await this.#table();
    await unlessMissing(() => table.deleteEntity(orphan.place, idOf(orphan)));
  }
}

/** Names an orphan in its place. */
export function idOf({ kind, name }: Pick<Orphan, 'kind' | 'name'>): string {
  return `${kind}|${name}`;
}
