import { ByteReader } from './bytes.ts';
import type { Column, Parameter, TransactionRequest } from './session.ts';
import { readType } from './types.ts';
import { type SqlValue, decodeValue } from './values.ts';

const ROW = 0xd1;
const COLUMN_HEADER_LENGTH = 6;
const NAMED_BY_ID = 0xffff;
const OUTPUT = 0x01;

// Procedure ids of RPC requests: https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/ (section 2.2.6.6)
const PROCEDURES: Readonly<Record<number, string>> = {
  10: 'sp_executesql',
  11: 'sp_prepare',
  12: 'sp_execute',
  13: 'sp_prepexec',
  15: 'sp_unprepare',
};

const TRANSACTIONS: Readonly<Record<number, TransactionRequest>> = {
  5: 'begin',
  7: 'commit',
  8: 'rollback',
  9: 'save',
};

/** A reader placed after ALL_HEADERS, which begin with their own length. */
function afterHeaders(body: Buffer): ByteReader {
  return new ByteReader(body, body.readUInt32LE(0));
}

/** The text of an SQL batch. */
export function readBatch(body: Buffer): string {
  const reader = afterHeaders(body);
  return reader.text((body.length - reader.position) >> 1);
}

/** A remote procedure call. Calls by an unknown id are named `procedure <id>`. */
export function readProcedureCall(body: Buffer): { name: string; parameters: Parameter[] } {
  const reader = afterHeaders(body);
  const length = reader.uint16();
  const id = length === NAMED_BY_ID ? reader.uint16() : undefined;
  const name = id === undefined ? reader.text(length) : (PROCEDURES[id] ?? `procedure ${id}`);
  reader.uint16();
  const parameters: Parameter[] = [];
  while (!reader.atEnd) {
    const parameterName = reader.shortText();
    const output = (reader.uint8() & OUTPUT) !== 0;
    const type = readType(reader);
    parameters.push({ name: parameterName, output, type, value: decodeValue(type, reader) });
  }
  return { name, parameters };
}

/** A transaction manager request; undefined for kinds this endpoint does not know. The isolation level is ignored. */
export function readTransaction(body: Buffer): { request: TransactionRequest; name: string } | undefined {
  const reader = afterHeaders(body);
  const request = TRANSACTIONS[reader.uint16()];
  if (request === undefined) return undefined;
  if (request === 'begin') reader.uint8();
  return { request, name: reader.atEnd ? '' : reader.shortText() };
}

/** The columns and rows of a bulk load. */
export function readBulk(body: Buffer): { columns: Column[]; rows: SqlValue[][] } {
  const reader = new ByteReader(body);
  reader.uint8();
  const columns: Column[] = [];
  for (let count = reader.uint16(); count > 0; count--) {
    reader.take(COLUMN_HEADER_LENGTH);
    const type = readType(reader);
    columns.push({ type, name: reader.shortText() });
  }
  const rows: SqlValue[][] = [];
  while (!reader.atEnd && reader.uint8() === ROW) {
    rows.push(columns.map((column) => decodeValue(column.type, reader)));
  }
  return { columns, rows };
}
