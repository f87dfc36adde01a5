/** Takes out of a text from elsewhere what neither a tenant nor a log may see. Pure. */

type Rule = readonly [pattern: RegExp, replacement: string];

const secrets: readonly Rule[] = [
  // A password goes on to the end of its part of a connection string, whatever is in it.
  [/\b(password|pwd)\s*=\s*(?:\{[^}]*\}|"[^"]*"|'[^']*'|[^;'"\n]*)/gi, '$1=…'],
  [/\b(accountkey|sharedaccesskey|sharedaccesssignature|client_secret|access_token|sig)\s*=\s*[^;&\s'",)]*/gi, '$1=…'],
  [/\bBearer\s+[\w.~+/=-]+/gi, 'Bearer …'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '…'],
  [/\bIR@[\w-]+@[^\s'",;]+/g, 'IR@…'],
];

// What stands behind a value cannot be told from the value, so that the last mark that may end it counts.
// https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
const rowValues: readonly Rule[] = [
  [/(duplicate key value is )\([^]*\)/gi, '$1(…)'],
  [/(truncated value: )'[^]*'/gi, "$1'…'"],
  [/(\bvalue )'[^]*?'(?= to data type)/gi, "$1'…'"],
  [/(\bvalue = )[^.,]*/gi, '$1…'],
];

/**
 * The text with an ellipsis in the place of each secret (passwords, keys, tokens, signatures) and of each value of a row
 * that SQL Server's messages quote. Messages in another language than English keep their row values; what the service's
 * own procedures report of errors holds none in any language.
 */
export function redact(text: string): string {
  return [...secrets, ...rowValues].reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), text);
}
