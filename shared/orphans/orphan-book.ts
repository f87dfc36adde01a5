/** What the sweeper has found and what it has removed, in Table Storage: one partition a place. */
import { odata } from '@azure/data-tables';
import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { unlessMissing } from '../requests/rest-errors.ts';
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

  /** Everything of a place that is reported, or was removed. */
  async ofPlace(place: string): Promise<ReportedOrphan[]> {
    const table = await this.#table();
    const filter = odata`PartitionKey eq ${place}`;
    const rows = await Array.fromAsync(table.listEntities({ queryOptions: { filter } }));
    return rows.map((row) => reportedOrphanSchema.parse(row));
  }

  /**
   * A page of everything, by place, kind and name.
   * @param after `next` of the page before
   */
  async page(size: number, after = ''): Promise<{ values: ReportedOrphan[]; next?: string }> {
    const table = await this.#table();
    const [place = '', ...rest] = after.split('|');
    const filter = odata`PartitionKey gt ${place} or (PartitionKey eq ${place} and RowKey gt ${rest.join('|')})`;
    const values: ReportedOrphan[] = [];
    for await (const row of table.listEntities({ queryOptions: { filter } })) {
      const last = values.at(-1);
      if (values.length === size && last !== undefined) return { values, next: `${last.place}|${idOf(last)}` };
      values.push(reportedOrphanSchema.parse(row));
    }
    return { values };
  }

  /** Writes down what is known of an orphan. */
  async put(orphan: ReportedOrphan): Promise<void> {
    const table = await this.#table();
    await table.upsertEntity({ ...orphan, partitionKey: orphan.place, rowKey: idOf(orphan) }, 'Replace');
  }

  /** Forgets those that were removed before a time. */
  async purge(before: Date): Promise<void> {
    const table = await this.#table();
    for await (const row of table.listEntities({ queryOptions: { filter: odata`removedAt lt ${before}` } })) {
      await this.forget(reportedOrphanSchema.parse(row));
    }
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
