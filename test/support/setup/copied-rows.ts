/** Many setups from one, without running each through the store. */
import type { TableClient, TableEntity, TransactionAction } from '@azure/data-tables';

const MAXIMUM_TRANSACTION_ROWS = 100;

/**
 * Copies every row that names a setup, in its key or elsewhere, for each of the other ids; rows of audits of others stay
 * single.
 */
export async function copyRows(
  tables: readonly TableClient[],
  setupId: string,
  copies: readonly string[],
): Promise<void> {
  await Promise.all(tables.map((table) => copyRowsOf(table, setupId, copies)));
}

async function copyRowsOf(table: TableClient, setupId: string, copies: readonly string[]): Promise<void> {
  const rows = (await Array.fromAsync(table.listEntities())).filter(({ partitionKey = '', rowKey = '' }) =>
    `${partitionKey} ${rowKey}`.includes(setupId),
  );
  const copied = copies.flatMap((copy) => rows.map((row) => copyOf(row, setupId, copy)));
  for (const partition of Map.groupBy(copied, ({ partitionKey }) => partitionKey).values()) {
    for (let start = 0; start < partition.length; start += MAXIMUM_TRANSACTION_ROWS) {
      const part = partition.slice(start, start + MAXIMUM_TRANSACTION_ROWS);
      await table.submitTransaction(part.map((row): TransactionAction => ['create', row]));
    }
  }
}

function copyOf(row: object, setupId: string, copy: string): TableEntity {
  const columns = Object.entries(row)
    .filter(([name]) => name !== 'etag' && name !== 'timestamp')
    .map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'string' ? value.replaceAll(setupId, copy) : value,
    ]);
  return Object.fromEntries(columns) as TableEntity;
}
