import { type ByteReader, type ByteWriter, fromLittleEndian, littleEndian, uint8 } from './bytes.ts';
import { decodeDateTime, encodeDateTime } from './date-time.ts';
import {
  type SqlType,
  decimalWidth,
  floatWidth,
  integerWidth,
  isBinary,
  isChunked,
  isNational,
  isText,
  scaleOf,
} from './types.ts';

/**
 * A value on the engine's side. Decimals, money, identifiers, dates and times are text
 * (`YYYY-MM-DD hh:mm:ss.fffffff +hh:mm`), so that no digit is lost.
 */
export type SqlValue = string | number | bigint | boolean | Uint8Array | null;

const NULL_LENGTH = 0xffff;
const NULL_CHUNKED = 0xffff_ffff_ffff_ffffn;
const MONEY_SCALE = 4;

/** Writes a value as it stands in a ROW or a parameter. */
export type WriteValue = (writer: ByteWriter, value: SqlValue) => void;

/** How values of a type are written: what depends on the type alone is decided once, not for each of many rows. */
export function valueWriter(type: SqlType): WriteValue {
  if (isText(type) || isBinary(type)) return textWriter(type);
  const write = fixedWriter(type);
  return (writer, value) => {
    if (value === null) writer.uint8(0);
    else write(writer, value);
  };
}

/** Reads a value of this type. */
export function decodeValue(type: SqlType, reader: ByteReader): SqlValue {
  if (isText(type) || isBinary(type)) return decodeText(type, reader);
  const width = reader.uint8();
  return width === 0 ? null : decodeFixed(type, reader.take(width));
}

function textWriter(type: SqlType): WriteValue {
  const chunked = isChunked(type);
  const [encoding, unit] = isNational(type) ? (['utf16le', 2] as const) : (['latin1', 1] as const);
  return (writer, value) => {
    if (value === null) return chunked ? writer.uint64(NULL_CHUNKED) : writer.uint16(NULL_LENGTH);
    const content = value instanceof Uint8Array ? value : String(value);
    const length = typeof content === 'string' ? content.length * unit : content.length;
    if (!chunked) writer.uint16(length);
    else {
      writer.uint64(BigInt(length));
      if (length > 0) writer.integer(length, 4);
    }
    if (typeof content === 'string') writer.text(content, encoding);
    else writer.bytes(content);
    if (chunked) writer.integer(0, 4);
  };
}

function fixedWriter(type: SqlType): (writer: ByteWriter, value: Exclude<SqlValue, null>) => void {
  const isBit = type.name === 'bit';
  const width = isBit ? 1 : integerWidth(type);
  if (width === undefined) {
    return (writer, value) => {
      const body = encodeFixed(type, value);
      writer.uint8(body.length);
      writer.bytes(body);
    };
  }
  return (writer, value) => {
    writer.uint8(width);
    if (isBit) writer.uint8(value === false || value === '0' || value === 0 ? 0 : 1);
    else if (width === 8) writer.uint64(BigInt(String(value)));
    else writer.integer(Number(value) | 0, width);
  };
}

function decodeText(type: SqlType, reader: ByteReader): SqlValue {
  const bytes = type.length === Infinity ? takeChunks(reader) : takeInline(reader);
  if (bytes === null || isBinary(type)) return bytes;
  return bytes.toString(isNational(type) ? 'utf16le' : 'latin1');
}

function takeInline(reader: ByteReader): Buffer | null {
  const length = reader.uint16();
  return length === NULL_LENGTH ? null : Buffer.from(reader.take(length));
}

function takeChunks(reader: ByteReader): Buffer | null {
  if (reader.take(8).readBigUInt64LE() === NULL_CHUNKED) return null;
  const chunks: Buffer[] = [];
  for (let length = reader.uint32(); length > 0; length = reader.uint32()) chunks.push(reader.take(length));
  return Buffer.concat(chunks);
}

function encodeFixed(type: SqlType, value: Exclude<SqlValue, null>): Buffer {
  const float = floatWidth(type);
  if (float !== undefined) return encodeFloat(Number(value), float);
  switch (type.name) {
    case 'decimal': {
      const scaled = scaledInteger(String(value), scaleOf(type));
      const magnitude = scaled < 0n ? -scaled : scaled;
      return Buffer.concat([uint8(scaled < 0n ? 0 : 1), littleEndian(magnitude, decimalWidth(type) - 1)]);
    }
    case 'money': // the high half comes first
      return swapHalves(littleEndian(BigInt.asUintN(64, scaledInteger(String(value), MONEY_SCALE)), 8));
    case 'uniqueidentifier':
      return mixEndian(Buffer.from(String(value).replaceAll('-', ''), 'hex'));
  }
  return encodeDateTime(type, String(value).replace('T', ' ').replace(/Z$/, ''));
}

function decodeFixed(type: SqlType, bytes: Buffer): SqlValue {
  if (integerWidth(type) !== undefined) return decodeInteger(type, bytes);
  if (floatWidth(type) !== undefined) return bytes.length === 4 ? bytes.readFloatLE() : bytes.readDoubleLE();
  switch (type.name) {
    case 'bit':
      return bytes[0] !== 0;
    case 'decimal': {
      const magnitude = fromLittleEndian(bytes.subarray(1));
      return decimalText(bytes[0] === 0 ? -magnitude : magnitude, scaleOf(type));
    }
    case 'money': {
      const whole = bytes.length === 4 ? BigInt(bytes.readInt32LE()) : swapHalves(bytes).readBigInt64LE();
      return decimalText(whole, MONEY_SCALE);
    }
    case 'uniqueidentifier':
      return identifierText(mixEndian(Buffer.from(bytes)));
  }
  return decodeDateTime(type, bytes);
}

function decodeInteger(type: SqlType, bytes: Buffer): SqlValue {
  if (type.name === 'bigint') return bytes.readBigInt64LE();
  return type.name === 'tinyint' ? bytes.readUInt8() : bytes.readIntLE(0, bytes.length);
}

function encodeFloat(value: number, width: number): Buffer {
  const bytes = Buffer.alloc(width);
  if (width === 4) bytes.writeFloatLE(value);
  else bytes.writeDoubleLE(value);
  return bytes;
}

/** `-12.5` with scale 4 is -125000; digits beyond the scale are cut. */
function scaledInteger(text: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const magnitude = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  return text.startsWith('-') ? -magnitude : magnitude;
}

function decimalText(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${value < 0n ? '-' : ''}${digits.slice(0, point)}${scale ? `.${digits.slice(point)}` : ''}`;
}

const swapHalves = (bytes: Buffer) => Buffer.concat([bytes.subarray(4), bytes.subarray(0, 4)]);

/** The first three groups of an identifier are little-endian on the wire. */
function mixEndian(bytes: Buffer): Buffer {
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

function identifierText(bytes: Buffer): string {
  return bytes
    .toString('hex')
    .toUpperCase()
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
