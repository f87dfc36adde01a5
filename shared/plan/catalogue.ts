/**
 * The tables and columns of a database, as `sql/catalogue.sql` lists them. A machine of the tenant can write what is read
 * here, and it becomes part of statements: beside names, which are quoted, nothing in it is free text.
 */
import { z } from 'zod';

const nameSchema = z.string().min(1).max(128);

const rowSchema = z.object({
  tableId: z.int(),
  schemaName: nameSchema,
  tableName: nameSchema,
  // SQL's bigint may arrive as text.
  rowCount: z.coerce.number(),
  byteCount: z.coerce.number(),
  ordinal: z.int(),
  columnName: nameSchema,
  typeName: nameSchema,
  /** In bytes; -1 is (max). */
  maxLength: z.int(),
  precision: z.int(),
  scale: z.int(),
  isNullable: z.boolean(),
  isIdentity: z.boolean(),
  isComputed: z.boolean(),
  isRowVersion: z.boolean(),
  /** Place in the primary key, from 1; null outside it. A copy to a file leaves out what is NULL. */
  keyOrdinal: z.int().nullable().default(null),
  collation: z
    .string()
    .regex(/^\w{1,128}$/)
    .nullable()
    .default(null),
});
type Row = z.infer<typeof rowSchema>;

type TableFields = 'tableId' | 'schemaName' | 'tableName' | 'rowCount' | 'byteCount';
export type CatalogueColumn = Readonly<Omit<Row, TableFields>>;
/** A table with its columns. */
export type CatalogueTable = Readonly<Pick<Row, TableFields>> & { readonly columns: readonly CatalogueColumn[] };

/**
 * Puts the rows of a catalogue together to tables; holds one table at a time.
 * @throws {Error} if a row is none of a catalogue, or if those of a table are not together
 */
export async function* readCatalogue(rows: AsyncIterable<unknown>): AsyncGenerator<CatalogueTable> {
  const met = new Set<number>();
  let columns: CatalogueColumn[] = [];
  let table: CatalogueTable | undefined;
  for await (const row of rows) {
    const { tableId, schemaName, tableName, rowCount, byteCount, ...column } = rowSchema.parse(row);
    if (table?.tableId !== tableId) {
      if (table !== undefined) yield table;
      if (met.has(tableId)) throw new Error(`The columns of the table ${tableName} are not together in the catalogue.`);
      met.add(tableId);
      columns = [];
      table = { tableId, schemaName, tableName, rowCount, byteCount, columns };
    }
    columns.push(column);
  }
  if (table !== undefined) yield table;
}
