/** How a database compares text. Pure. */

/**
 * Brings names that are equal under a collation into one form: regardless of case under `CI`, also of accents under `AI`,
 * as they stand under a binary one. Kana and width always count. Unknown collations are taken as `CI`, the usual case.
 */
export function nameKeyOf(collation: string | null): (name: string) => string {
  const parts = new Set((collation ?? '').toUpperCase().split('_'));
  if (parts.has('BIN') || parts.has('BIN2')) return (name) => name;
  const cased = parts.has('CS') ? (name: string) => name : (name: string) => name.toLowerCase();
  return parts.has('AI') ? (name) => cased(name.normalize('NFD').replaceAll(/\p{M}/gu, '')) : cased;
}
