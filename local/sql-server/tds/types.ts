import { type ByteReader, uint16, uint8 } from './bytes.ts';

/** A T-SQL type. `length` counts characters or bytes; Infinity stands for `max`. */
export interface SqlType {
  readonly name: string;
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
}

/** SQL_Latin1_General_CP1_CI_AS as the five bytes of a TDS collation. */
export const COLLATION = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);

// Type tokens of TYPE_INFO: https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/ (section 2.2.5.4)
const INTN = 0x26;
const BITN = 0x68;
const FLTN = 0x6d;
const DECIMALN = 0x6a;
const NUMERICN = 0x6c;
const MONEYN = 0x6e;
const GUID = 0x24;
const DATETIMN = 0x6f;
const UNKNOWN_LENGTH = 0xffff;

const DEFAULT_PRECISION = 18;
const DEFAULT_TIME_SCALE = 7;
/** Longer than this in bytes, a value is sent in chunks (`max`). */
const LONGEST_INLINE = 8000;

const INTEGER_WIDTHS: Readonly<Record<string, number>> = { tinyint: 1, smallint: 2, int: 4, bigint: 8 };
const FLOAT_WIDTHS: Readonly<Record<string, number>> = { real: 4, float: 8 };
const TEXT_TOKENS: Readonly<Record<string, number>> = {
  nvarchar: 0xe7,
  nchar: 0xef,
  varchar: 0xa7,
  char: 0xaf,
  varbinary: 0xa5,
  binary: 0xad,
};
const TIME_TOKENS: Readonly<Record<string, number>> = { date: 0x28, time: 0x29, datetime2: 0x2a, datetimeoffset: 0x2b };

function keyOf(table: Readonly<Record<string, number>>, value: number): string | undefined {
  return Object.keys(table).find((key) => table[key] === value);
}

/** Bytes of an integer type, undefined for others. */
export const integerWidth = (type: SqlType): number | undefined => INTEGER_WIDTHS[type.name];
/** Bytes of a floating-point type, undefined for others. */
export const floatWidth = (type: SqlType): number | undefined => FLOAT_WIDTHS[type.name];
export const isBinary = (type: SqlType): boolean => type.name.endsWith('binary');
export const isText = (type: SqlType): boolean => type.name.endsWith('char');
/** True for types whose text is UTF-16 on the wire. */
export const isNational = (type: SqlType): boolean => type.name.startsWith('n') && isText(type);
export const scaleOf = (type: SqlType): number => type.scale ?? (type.name === 'decimal' ? 0 : DEFAULT_TIME_SCALE);
/** True when values travel in chunks because the declared length has no inline form. */
export const isChunked = (type: SqlType): boolean => byteLength(type) > LONGEST_INLINE;

function byteLength(type: SqlType): number {
  const length = type.length ?? (isNational(type) ? LONGEST_INLINE / 2 : LONGEST_INLINE);
  return isNational(type) ? length * 2 : length;
}

/** Bytes that hold a decimal of this precision, with the sign byte. */
export function decimalWidth(type: SqlType): number {
  const precision = type.precision ?? DEFAULT_PRECISION;
  if (precision <= 9) return 5;
  if (precision <= 19) return 9;
  return precision <= 28 ? 13 : 17;
}

/** Bytes that hold a time of day with `scale` fraction digits. */
export function timeWidth(scale: number): number {
  if (scale <= 2) return 3;
  return scale <= 4 ? 4 : 5;
}

/** TYPE_INFO of a column or parameter. */
export function typeInfo(type: SqlType): Buffer {
  const width = integerWidth(type) ?? floatWidth(type);
  if (width !== undefined) return uint8(integerWidth(type) === undefined ? FLTN : INTN, width);
  switch (type.name) {
    case 'bit':
      return uint8(BITN, 1);
    case 'decimal':
      return uint8(DECIMALN, decimalWidth(type), type.precision ?? DEFAULT_PRECISION, scaleOf(type));
    case 'money':
      return uint8(MONEYN, 8);
    case 'uniqueidentifier':
      return uint8(GUID, 16);
    case 'datetime':
      return uint8(DATETIMN, 8);
    case 'smalldatetime':
      return uint8(DATETIMN, 4);
    case 'date':
      return uint8(0x28);
  }
  const time = TIME_TOKENS[type.name];
  if (time !== undefined) return uint8(time, scaleOf(type));
  const token = TEXT_TOKENS[type.name];
  if (token === undefined) throw new Error(`TDS has no encoding for ${type.name}.`);
  const length = isChunked(type) ? UNKNOWN_LENGTH : byteLength(type);
  return Buffer.concat([uint8(token), uint16(length), isText(type) ? COLLATION : Buffer.alloc(0)]);
}

/** Reads a TYPE_INFO. Throws for types this endpoint does not take (table-valued parameters, xml, sql_variant). */
export function readType(reader: ByteReader): SqlType {
  const token = reader.uint8();
  const time = keyOf(TIME_TOKENS, token);
  if (time !== undefined) return time === 'date' ? { name: time } : { name: time, scale: reader.uint8() };
  const text = keyOf(TEXT_TOKENS, token);
  if (text !== undefined) return readTextType(reader, text);
  const width = reader.uint8();
  switch (token) {
    case INTN:
      return { name: keyOf(INTEGER_WIDTHS, width) ?? 'int' };
    case FLTN:
      return { name: keyOf(FLOAT_WIDTHS, width) ?? 'float' };
    case BITN:
      return { name: 'bit' };
    case DECIMALN:
    case NUMERICN:
      return { name: 'decimal', precision: reader.uint8(), scale: reader.uint8() };
    case MONEYN:
      return { name: 'money' };
    case GUID:
      return { name: 'uniqueidentifier' };
    case DATETIMN:
      return { name: width === 4 ? 'smalldatetime' : 'datetime' };
  }
  throw new Error(`TDS type 0x${token.toString(16)} is not supported.`);
}

function readTextType(reader: ByteReader, name: string): SqlType {
  const bytes = reader.uint16();
  const type = { name };
  if (isText(type)) reader.take(COLLATION.length);
  if (bytes === UNKNOWN_LENGTH) return { name, length: Infinity };
  return { name, length: isNational(type) ? bytes / 2 : bytes };
}
