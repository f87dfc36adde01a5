/** Tables that exist from their first use on. */
import type { TableClient } from '@azure/data-tables';

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
