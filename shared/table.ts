/** Tables that exist from their first use on, and the removal of many of their rows. */
import { odata } from '@azure/data-tables';
import type { TableClient, TableEntityResult, TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import { unlessConflict, unlessMissing } from './requests/rest-errors.ts';

/** Gives a table's client once the table exists; a creation that failed is tried again at the next call. */
export function createdTable(table: TableClient): () => Promise<TableClient> {
  let created: Promise<void> | undefined;
  return async () => {
    created ??= table.createTable();
    try {
      await created;
    } catch (error) {
      created = undefined;
      throw error;
    }
    return table;
  };
}

/**
 * Writes an entity.
 * @returns its new ETag; undefined if it exists already, has changed since it was read, or is gone
 */
export async function written(
  write: () => Promise<{ readonly etag?: string }>,
): Promise<{ readonly etag: string } | undefined> {
  let etag: string | undefined;
  const isWritten = await unlessMissing(() =>
    unlessConflict(async () => {
      ({ etag } = await write());
    }),
  );
  if (isWritten !== true) return undefined;
  if (etag === undefined) throw new Error('Table Storage gave no ETag for what it wrote');
  return { etag };
}

/** Submits a transaction whose first action writes an entity. @returns as `written`, for that entity and all others */
export function submitted(
  table: TableClient,
  actions: TransactionAction[],
): Promise<{ readonly etag: string } | undefined> {
  // The answers are in the order of the actions. Those of updates do not name their entity.
  return written(async () => (await table.submitTransaction(actions)).subResponses[0] ?? {});
}

/** The rows of a partition whose keys begin with a prefix, in the order of their keys; `condition` is a filter on them. */
export async function rowsWithPrefix(
  table: TableClient,
  partitionKey: string,
  prefix: string,
  condition?: string,
): Promise<TableEntityResult<object>[]> {
  // '~' sorts after every character that a row key of ours has.
  const range = odata`PartitionKey eq ${partitionKey} and RowKey ge ${prefix} and RowKey lt ${`${prefix}~`}`;
  const filter = condition === undefined ? range : `${range} and ${condition}`;
  return Array.fromAsync(table.listEntities({ queryOptions: { filter } }));
}

/** https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions */
export const MAXIMUM_TRANSACTION_ROWS = 100;

/**
 * Deletes rows of a partition, page by page; what is deleted stays so when it fails.
 * @param condition on the rows, as a filter
 * @param mayGoOn asked about each page once it is read
 * @returns false if it was not to go on
 */
export async function deleteRows(
  table: TableClient,
  partitionKey: string,
  condition: string,
  mayGoOn: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<boolean> {
  const filter = `${odata`PartitionKey eq ${partitionKey}`} and ${condition}`;
  const rows = table.listEntities({ queryOptions: { filter, select: ['PartitionKey', 'RowKey'] } });
  for await (const page of rows.byPage({ maxPageSize: MAXIMUM_TRANSACTION_ROWS })) {
    if (!(await mayGoOn())) return false;
    const actions = page.map(({ rowKey = '' }): TransactionAction => ['delete', { partitionKey, rowKey }]);
    if (actions.length > 0) await table.submitTransaction(actions);
  }
  return true;
}

/** JSON in one column, of a known shape. */
export const jsonColumn = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(schema);
