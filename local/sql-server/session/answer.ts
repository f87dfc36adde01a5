import { protocol } from '@electric-sql/pglite';

/** A column of a result. The modifier of a numeric holds precision and scale; -1 or absent: not declared. */
interface Field {
  readonly name: string;
  readonly dataTypeID: number;
  readonly dataTypeModifier?: number;
}

/** Rows as PostgreSQL's text, with the type of each column. */
export interface Result {
  readonly fields: readonly Field[];
  readonly rows: readonly (string | null)[][];
  readonly affected: number;
}

// https://www.postgresql.org/docs/current/protocol-message-formats.html
const DATA_ROW = 0x44;
const HEADER_LENGTH = 5;

/**
 * The answer to one statement, from the bytes of PostgreSQL's protocol. Throws the error that it holds. Rows are read here: the parser
 * that PGlite brings, which reads the rest, takes ten times as long for them.
 */
export function readAnswer(bytes: Buffer): Result {
  const { Parser, messages } = protocol;
  const parser = new Parser();
  let fields: readonly Field[] = [];
  let affected = 0;
  let failure: Error | undefined;
  const take: Parameters<typeof parser.parse>[1] = (message) => {
    if (message instanceof messages.RowDescriptionMessage) fields = message.fields;
    else if (message instanceof messages.CommandCompleteMessage) affected = countIn(message.text);
    else if (message instanceof messages.DatabaseError) failure ??= message;
  };
  const rows: (string | null)[][] = [];
  for (let start = 0, end = 0; start < bytes.length; start = end) {
    end = start + 1 + bytes.readInt32BE(start + 1);
    if (bytes[start] === DATA_ROW) rows.push(readRow(bytes, start + HEADER_LENGTH));
    else parser.parse(bytes.subarray(start, end), take);
  }
  if (failure) throw failure;
  return { fields, rows, affected };
}

function readRow(bytes: Buffer, start: number): (string | null)[] {
  const row: (string | null)[] = [];
  let at = start + 2;
  for (let left = bytes.readInt16BE(start); left > 0; left--) {
    const length = bytes.readInt32BE(at);
    at += 4;
    // The length of NULL is -1.
    if (length < 0) row.push(null);
    // As most flags and digits are: without a call into the runtime.
    else if (length === 1) row.push(String.fromCharCode(bytes[at] ?? 0));
    else row.push(bytes.toString('utf8', at, at + length));
    if (length > 0) at += length;
  }
  return row;
}

/** The rows that a statement changed, at the end of what PostgreSQL says of it: `INSERT 0 5`. */
function countIn(completed: string): number {
  return Number(/\d+$/.exec(completed)?.[0] ?? 0);
}
