/** The one module that turns a name into T-SQL. */

/** SQL Server's sysname: https://learn.microsoft.com/sql/relational-databases/databases/database-identifiers */
const maxNameLength = 128;

/**
 * Quotes a name as QUOTENAME does: `a]b` becomes `[a]]b]`. Throws a RangeError for what is no name: empty, longer than
 * 128 characters or with a NUL character.
 */
export function quoteName(name: string): string {
  if (name.length === 0 || name.length > maxNameLength || name.includes('\0')) {
    throw new RangeError(`A name has 1 to ${maxNameLength} characters and no NUL; this one has ${name.length}.`);
  }
  return `[${name.replaceAll(']', ']]')}]`;
}
