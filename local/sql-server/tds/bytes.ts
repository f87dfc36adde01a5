/** Little-endian reads from one TDS message, in order. Throws when the message ends early. */
export class ByteReader {
  readonly bytes: Buffer;
  position: number;

  constructor(bytes: Buffer, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  get atEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  take(count: number): Buffer {
    const end = this.position + count;
    if (end > this.bytes.length) throw new RangeError('The TDS message ends early.');
    const part = this.bytes.subarray(this.position, end);
    this.position = end;
    return part;
  }

  uint8(): number {
    return this.take(1).readUInt8();
  }

  uint16(): number {
    return this.take(2).readUInt16LE();
  }

  uint32(): number {
    return this.take(4).readUInt32LE();
  }

  /** UTF-16 text of `length` code units. */
  text(length: number): string {
    return this.take(length * 2).toString('utf16le');
  }

  /** Text preceded by its length in one byte (B_VARCHAR). */
  shortText(): string {
    return this.text(this.uint8());
  }
}

const FIRST_ROOM = 512;

/** Bytes written one after another: what has many small parts, without a buffer for each. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(FIRST_ROOM);
  #end = 0;

  get length(): number {
    return this.#end;
  }

  /** What was written. Nothing may be written after it, unless it is no longer needed. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** Goes on with what comes after the first bytes, in their place. */
  drop(count: number): void {
    this.#bytes.copyWithin(0, count, this.#end);
    this.#end -= count;
  }

  uint8(value: number): void {
    const place = this.#place(1);
    this.#bytes[place] = value;
  }

  uint16(value: number): void {
    const place = this.#place(2);
    this.#bytes.writeUInt16LE(value, place);
  }

  /** The low bytes of a whole number of 32 bits. */
  integer(value: number, width: number): void {
    const place = this.#place(width);
    for (let index = 0; index < width; index++) this.#bytes[place + index] = value >> (8 * index);
  }

  uint64(value: bigint): void {
    const place = this.#place(8);
    this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), place);
  }

  text(text: string, encoding: 'utf16le' | 'latin1'): void {
    const place = this.#place(encoding === 'utf16le' ? text.length * 2 : text.length);
    this.#bytes.write(text, place, encoding);
  }

  bytes(bytes: Uint8Array): void {
    const place = this.#place(bytes.length);
    this.#bytes.set(bytes, place);
  }

  #place(count: number): number {
    const place = this.#end;
    this.#end += count;
    if (this.#end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * this.#end);
      larger.set(this.#bytes.subarray(0, place));
      this.#bytes = larger;
    }
    return place;
  }
}

/** Bytes given one by one. */
export const uint8 = (...values: number[]): Buffer => Buffer.from(values);

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value & 0xffff);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

export function uint64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return bytes;
}

/** An unsigned little-endian integer of any width. */
export function littleEndian(value: bigint, width: number): Buffer {
  const bytes = Buffer.alloc(width);
  let rest = value;
  for (let index = 0; index < width; index++) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** The inverse of {@link littleEndian}. */
export function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** UTF-16 text preceded by its length in one byte (B_VARCHAR). */
export function shortText(text: string): Buffer {
  return Buffer.concat([uint8(text.length), Buffer.from(text, 'utf16le')]);
}

/** UTF-16 text preceded by its length in two bytes (US_VARCHAR). */
export function longText(text: string): Buffer {
  return Buffer.concat([uint16(text.length), Buffer.from(text, 'utf16le')]);
}
