/** The tables and columns of a database, as `sql/catalogue-tables.sql` and `sql/catalogue-columns.sql` list them. */
import { z } from 'zod';

/** A row of `catalogueTables` or `sourceTables`. SQL's bigint arrives as text. */
const catalogueTableRowSchema = z.object({
  tableId: z.int(),
  schemaName: z.string(),
  tableName: z.string(),
  rowCount: z.coerce.number(),
  byteCount: z.coerce.number(),
});

/** A row of `catalogueColumns` or `sourceColumns`. */
const catalogueColumnRowSchema = z.object({
  tableId: z.int(),
  ordinal: z.int(),
  columnName: z.string(),
  typeName: z.string(),
  /** In bytes; -1 is (max). */
  maxLength: z.int(),
  precision: z.int(),
  scale: z.int(),
  isNullable: z.boolean(),
  isIdentity: z.boolean(),
  isComputed: z.boolean(),
  isRowVersion: z.boolean(),
  /** Place in the primary key, from 1; null outside it. */
  keyOrdinal: z.int().nullable(),
  collation: z.string().nullable(),
});
export type CatalogueColumn = z.infer<typeof catalogueColumnRowSchema>;

/** A table with its columns. */
export type CatalogueTable = z.infer<typeof catalogueTableRowSchema> & { readonly columns: readonly CatalogueColumn[] };

/**
 * Joins the two lists of one database, which must be in the order of `tableId`; holds one table at a time. Throws when
 * the columns do not belong to the tables, as after a change of the schema between the two queries.
 */
export async function* joinCatalogue(
  tables: AsyncIterable<unknown>,
  columns: AsyncIterable<unknown>,
): AsyncGenerator<CatalogueTable> {
  const rest = columns[Symbol.asyncIterator]();
  try {
    let column = await nextColumn(rest);
    for await (const row of tables) {
      const table = catalogueTableRowSchema.parse(row);
      const own: CatalogueColumn[] = [];
      while (column?.tableId === table.tableId) {
        own.push(column);
        column = await nextColumn(rest);
      }
      yield { ...table, columns: own };
    }
    if (column) throw new Error(`The column ${column.columnName} belongs to no table of the catalogue.`);
  } finally {
    await rest.return?.();
  }
}

async function nextColumn(columns: AsyncIterator<unknown>): Promise<CatalogueColumn | undefined> {
  const next = await columns.next();
  return next.done === true ? undefined : catalogueColumnRowSchema.parse(next.value);
}
