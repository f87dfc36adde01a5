/** What of a source is migrated, as callers choose it: its companies, and tables that have another name online. Pure. */
import { z } from 'zod';

/** Names of companies have at most 30 characters, names in SQL 128. */
const companyNameSchema = z.string().min(1).max(30);
const MAXIMUM_NAME = 128;

const spelling = /^(?:(?:dbo|\[dbo\])\.)?(?:\[(?<quoted>(?:[^\]]|\]\])+)\]|(?<plain>[^[\]].*))$/is;

/** The name of a table without `dbo.` and brackets; undefined if the text names none of the schema `dbo`. */
export function readTableName(text: string): string | undefined {
  const { quoted, plain } = spelling.exec(text)?.groups ?? {};
  const name = quoted?.replaceAll(']]', ']') ?? plain;
  return name === undefined || name.length > MAXIMUM_NAME ? undefined : name;
}

/**
 * A table of the source that fills a table of another name online, as Business Central's own table mappings have it:
 * https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/migration-table-mapping
 */
export const tableMappingSchema = z.strictObject({
  /**
   * As SQL names it, with `dbo.` and brackets or without: `Company$Table` and `Company$Table$app id` for one company, `Table`
   * and `Table$app id` for all companies and the whole database.
   */
  sourceTableName: z
    .string()
    .max(300)
    .refine((text) => readTableName(text) !== undefined, {
      message: 'names no table of the schema dbo. Write it as SQL has it: CRONUS$Item, or [dbo].[CRONUS$Item].',
    }),
  /** The app online to which the other table belongs. */
  appId: z.guid().toLowerCase(),
  /** The name of that table as SQL has it, without company and app id. */
  tableName: z.string().min(1).max(MAXIMUM_NAME),
});
export type TableMapping = z.infer<typeof tableMappingSchema>;

/** What callers may choose; what is left out does not limit: all companies, and tables under their own names. */
export const selectionSchema = z.object({
  companies: z.array(companyNameSchema).min(1).max(400).optional(),
  tableMappings: z.array(tableMappingSchema).min(1).max(100).optional(),
});
export type Selection = z.infer<typeof selectionSchema>;

/**
 * Most characters of a selection as JSON: it is stored in a property of at most 64 KiB, two bytes a character, with the rest
 * of a request. https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
 */
const MAXIMUM_SELECTION = 24_000;

/** What is wrong with the size of a selection; undefined if nothing is. */
export function selectionFault(selection: Selection): string | undefined {
  const length = JSON.stringify(selection).length;
  return length <= MAXIMUM_SELECTION
    ? undefined
    : `and the companies have ${length} characters as JSON. At most ${MAXIMUM_SELECTION} can be stored.`;
}
