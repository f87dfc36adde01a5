/** Texts of a bounded length. Pure. */

/**
 * What a text may hold that is stored or sent. A property of Table Storage holds 32 K characters and one event 64 KiB,
 * each with several texts: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
 */
const LONGEST_TEXT = 4_000;
const LONGEST_LIST = 100;
const LONGEST_ITEM = 200;

/** A text, cut off where it is too long to be stored, with a mark that says so. */
export function clip(text: string, longest: number = LONGEST_TEXT): string {
  if (text.length <= longest) return text;
  const mark = ` … (${text.length} characters)`;
  return text.slice(0, longest - mark.length).replace(/[\uD800-\uDBFF]$/, '') + mark;
}

/** A list of texts that ends with how many more there are. */
export function clipList(items: readonly string[]): string[] {
  const shown = items.slice(0, LONGEST_LIST).map((item) => clip(item, LONGEST_ITEM));
  const more = items.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}
