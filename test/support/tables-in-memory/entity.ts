/** Rows as Table Storage keeps and answers them: https://learn.microsoft.com/rest/api/storageservices/payload-format-for-table-service-operations */
import { TableFault } from './fault.ts';

/** Columns as they travel, with an `@odata.type` beside each whose type JSON does not say. */
export type Columns = Readonly<Record<string, unknown>>;

/** A stored row. */
export interface StoredRow {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly etag: string;
  readonly timestamp: string;
  readonly columns: Columns;
}

const TYPE = '@odata.type';
const SYSTEM = new Set(['PartitionKey', 'RowKey', 'Timestamp', 'odata.etag', 'odata.metadata']);
const LONGEST_TEXT = 32 * 1024;
const MOST_COLUMNS = 252;

/** What of a body is stored. Null is no value. @throws {TableFault} if Table Storage would not take it */
export function columnsOf(body: Columns): Columns {
  const names = Object.keys(body).filter((name) => !name.endsWith(TYPE) && !SYSTEM.has(name) && body[name] !== null);
  if (names.length > MOST_COLUMNS) throw new TableFault(400, 'TooManyProperties');
  const entries = names.flatMap((name) => {
    const value = body[name];
    if (typeof value === 'string' && value.length > LONGEST_TEXT) throw new TableFault(400, 'PropertyValueTooLarge');
    if (typeof value === 'object') throw new TableFault(400, 'InvalidInput');
    const type = body[`${name}${TYPE}`];
    return type === undefined
      ? [[name, value]]
      : [
          [`${name}${TYPE}`, type],
          [name, value],
        ];
  });
  return Object.fromEntries(entries) as Columns;
}

/** The columns of a row after a merge: those that are sent take the place of those of the same name, with their types. */
export function merged(before: Columns, sent: Columns): Columns {
  const kept = Object.entries(before).filter(([name]) => !(name.replace(TYPE, '') in sent));
  return { ...Object.fromEntries(kept), ...sent };
}

/** A row as it is answered. */
export function documentOf({ partitionKey, rowKey, etag, timestamp, columns }: StoredRow): Columns {
  const keys = { PartitionKey: partitionKey, RowKey: rowKey };
  return { 'odata.etag': etag, ...keys, [`Timestamp${TYPE}`]: 'Edm.DateTime', Timestamp: timestamp, ...columns };
}

/** The value of a column for a comparison: a time as milliseconds, a whole number of 64 bits as a bigint. */
export function comparable(row: StoredRow, name: string): unknown {
  if (name === 'PartitionKey') return row.partitionKey;
  if (name === 'RowKey') return row.rowKey;
  const value = row.columns[name];
  const type = row.columns[`${name}${TYPE}`];
  if (type === 'Edm.DateTime') return new Date(String(value));
  return type === 'Edm.Int64' ? BigInt(String(value)) : value;
}
