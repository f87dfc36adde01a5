/**
 * The grammar of connection strings, as SqlClient reads them: `keyword=value;…`. Not that of ODBC, in which braces quote. Pure.
 * https://learn.microsoft.com/dotnet/api/microsoft.data.sqlclient.sqlconnection.connectionstring
 */

/** A keyword with its value. */
export interface Part {
  readonly key: string;
  readonly value: string;
  /** Where the part starts, from 1. */
  readonly position: number;
}

const gap = /[\s;]*/y;
// A doubled equals sign stands for one within a keyword. Within a value it needs no doubling.
const keyPattern = /(?<key>(?:[^=;\p{Cc}]|==)+)=(?!=)\s*/uy;
const valuePattern =
  /(?:"(?<double>(?:[^"\0]|"")*)"|'(?<single>(?:[^'\0]|'')*)'|(?<bare>(?!["'])(?:[^;\s\p{Cc}]|\s+(?=[^;\s\p{Cc}]))*(?<!["'])))\s*(?:;|$)/uy;

/** Where a text cannot be read, and what stands there otherwise. */
export interface Unreadable {
  readonly problem: string;
}

/** Reads the parts of a text in their order; ends at the first place that cannot be read. */
export function* readParts(text: string): Generator<Part | Unreadable> {
  let index = 0;
  const match = (pattern: RegExp) => {
    pattern.lastIndex = index;
    const found = pattern.exec(text);
    if (found !== null) index = pattern.lastIndex;
    return found?.groups;
  };
  for (;;) {
    match(gap);
    if (index === text.length) return;
    const position = index + 1;
    const key = match(keyPattern)?.['key']?.trim();
    if (key === undefined || key === '') {
      yield unreadable(position, 'a keyword and an equals sign');
      return;
    }
    const valueStart = index + 1;
    const value = match(valuePattern);
    if (value === undefined) {
      yield unreadable(valueStart, 'a value that ends with a semicolon');
      return;
    }
    const { double, single, bare = '' } = value;
    yield { key, position, value: double?.replaceAll('""', '"') ?? single?.replaceAll("''", "'") ?? bare };
  }
}

function unreadable(position: number, expected: string): Unreadable {
  return { problem: `cannot be read: at character ${position}, ${expected} should stand` };
}
