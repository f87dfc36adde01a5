/**
 * The audit log in Table Storage. An audit is written with its change, in the transaction of the change, and then moved
 * here: it may be a moment late, and a timer moves what was not moved.
 */
import { odata } from '@azure/data-tables';
import type { TableClient, TransactionAction } from '@azure/data-tables';
import { unlessMissing } from '../requests/rest-errors.ts';
import { createdTable } from '../table.ts';
import { auditRecordSchema } from './audit.ts';
import type { AuditRecord } from './audit.ts';
import { AUDIT_PREFIX, conditionsOf, LOG_PARTITION, logKeysOf, placeOf, rangeOf } from './rows.ts';
import type { AuditFilter, AuditRow } from './rows.ts';

interface AuditPage {
  readonly values: AuditRecord[];
  /** Where the next page begins; there is none after the last one. */
  readonly next?: string;
}

export class AuditLog {
  readonly #table: () => Promise<TableClient>;

  constructor(table: TableClient) {
    this.#table = createdTable(table);
  }

  /** Writes down what changes nothing of ours. Writing it again changes nothing. */
  async write(record: AuditRecord): Promise<void> {
    const table = await this.#table();
    await table.submitTransaction(
      logKeysOf(record).map((rowKey): TransactionAction => {
        return ['upsert', { partitionKey: LOG_PARTITION, rowKey, ...record }, 'Replace'];
      }),
    );
  }

  /** Moves an audit from where it was just written with its change. */
  async move(from: TableClient, row: AuditRow): Promise<void> {
    try {
      await this.#move(from, row);
    } catch {
      // The change is made, and its audit is stored: `moveAll` moves it, and says if that fails too.
    }
  }

  /** Moves every audit of a partition, or of a whole table, that was left where it was written. */
  async moveAll(from: TableClient, partitionKey?: string): Promise<void> {
    const keys = odata`RowKey ge ${AUDIT_PREFIX} and RowKey lt ${`${AUDIT_PREFIX}~`}`;
    const filter = partitionKey === undefined ? keys : `${odata`PartitionKey eq ${partitionKey}`} and ${keys}`;
    for await (const row of from.listEntities<AuditRow>({ queryOptions: { filter } })) await this.#move(from, row);
  }

  /**
   * A page, newest first.
   * @param after `next` of the page before
   */
  async page(filter: AuditFilter, size: number, after?: string): Promise<AuditPage> {
    const table = await this.#table();
    const { begin, end } = rangeOf(filter, after);
    const range = odata`PartitionKey eq ${LOG_PARTITION} and RowKey gt ${begin} and RowKey lt ${end}`;
    const conditions = conditionsOf(filter).map(([column, value]) => `${column} eq${odata` ${value}`}`);
    const queryOptions = { filter: [range, ...conditions].join(' and ') };
    const values: AuditRecord[] = [];
    // One more than wanted tells whether there is a next page. A page of the service may be short, or empty.
    for await (const rows of table.listEntities({ queryOptions }).byPage({ maxPageSize: size + 1 })) {
      values.push(...rows.map((row) => auditRecordSchema.parse(row)));
      if (values.length > size) break;
    }
    const shown = values.slice(0, size);
    const last = shown.at(-1);
    return { values: shown, ...(last === undefined || values.length <= size ? {} : { next: placeOf(last) }) };
  }

  /** Forgets what is older than a time, as long as there is time for it. */
  async purge(before: Date, hasTime: () => boolean): Promise<void> {
    const table = await this.#table();
    const { begin, end } = rangeOf({ until: before });
    const filter = odata`PartitionKey eq ${LOG_PARTITION} and RowKey gt ${begin} and RowKey lt ${end}`;
    for await (const row of table.listEntities({ queryOptions: { filter } })) {
      if (!hasTime()) return;
      const record = auditRecordSchema.parse(row);
      const rows = logKeysOf(record).map((rowKey): TransactionAction => {
        return ['delete', { partitionKey: LOG_PARTITION, rowKey }];
      });
      // Another host may purge, too.
      await unlessMissing(() => table.submitTransaction(rows));
    }
  }

  /** It may have been moved already. */
  async #move(from: TableClient, row: AuditRow): Promise<void> {
    await this.write(auditRecordSchema.parse(row));
    await unlessMissing(() => from.deleteEntity(row.partitionKey, row.rowKey));
  }
}
