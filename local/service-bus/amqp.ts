/** AMQP 1.0 encoding on top of rhea's codec, with the types that rhea leaves open. */
import rhea from 'rhea';

/** A value that keeps its AMQP type, so that writing it again loses nothing. */
export interface Typed {
  readonly value: unknown;
  readonly descriptor?: Typed;
}

interface Codec {
  readonly Reader: new (bytes: Buffer) => { readonly position: number; remaining(): number; read(): Typed };
  readonly Writer: new () => { write(value: Typed): void; toBuffer(): Buffer };
  Map32(items: readonly Typed[]): Typed;
  described(descriptor: Typed, value: Typed): Typed;
  unwrap(value: Typed): unknown;
  wrap(value: unknown): Typed;
  wrap_array(items: readonly unknown[], typeCode: number): Typed;
  wrap_boolean(value: boolean): Typed;
  wrap_int(value: number): Typed;
  wrap_list(items: readonly unknown[]): Typed;
  wrap_long(value: number | Buffer): Typed;
  wrap_string(value: string): Typed;
  wrap_symbol(value: string): Typed;
  wrap_timestamp(value: number): Typed;
  wrap_uint(value: number): Typed;
  wrap_ulong(value: number): Typed;
  wrap_uuid(value: Buffer): Typed;
}

const codec = rhea.types as unknown as Codec;

/** Descriptor codes: https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-messaging-v1.0-os.html#section-message-format */
export const SECTION = {
  header: 0x70,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  footer: 0x78,
} as const;

export interface Section {
  readonly code: number;
  readonly content: Typed;
  readonly bytes: Buffer;
}

/** The sections of one encoded message, in order. Throws when the bytes are no message. */
export function readSections(bytes: Buffer): Section[] {
  const reader = new codec.Reader(bytes);
  const sections: Section[] = [];
  while (reader.remaining() > 0) {
    const start = reader.position;
    const content = reader.read();
    const code = Number(content.descriptor?.value);
    if (!(code >= SECTION.header && code <= SECTION.footer)) throw new Error('The message has an unknown section.');
    sections.push({ code, content, bytes: bytes.subarray(start, reader.position) });
  }
  return sections;
}

/** Key and value of each entry of a map. */
export function readMap(map: Typed): Map<string, Typed> {
  const items = map.value as Typed[];
  const entries = new Map<string, Typed>();
  for (let index = 0; index + 1 < items.length; index += 2) {
    const [key, value] = [items[index], items[index + 1]];
    if (key !== undefined && value !== undefined) entries.set(String(key.value), value);
  }
  return entries;
}

export function encodeSection(code: number, content: Typed): Buffer {
  const writer = new codec.Writer();
  writer.write(codec.described(codec.wrap_ulong(code), content));
  return Buffer.from(writer.toBuffer());
}

export function typedMap(entries: ReadonlyMap<string, Typed>, key: (name: string) => Typed): Typed {
  return codec.Map32([...entries].flatMap(([name, value]) => [key(name), value]));
}

export const typed = {
  any: (value: unknown) => codec.wrap(value),
  boolean: (value: boolean) => codec.wrap_boolean(value),
  int: (value: number) => codec.wrap_int(value),
  list: (items: readonly unknown[]) => codec.wrap_list(items),
  long: (value: number) => codec.wrap_long(value),
  longs: (values: readonly number[]) => codec.wrap_array(values, 0x81),
  string: (value: string) => codec.wrap_string(value),
  symbol: (value: string) => codec.wrap_symbol(value),
  timestamp: (milliseconds: number) => codec.wrap_timestamp(Math.trunc(milliseconds)),
  timestamps: (values: readonly number[]) => codec.wrap_array(values.map(Math.trunc), 0x83),
  uint: (value: number) => codec.wrap_uint(value),
  uuid: (value: Buffer) => codec.wrap_uuid(value),
};

const TICKS_OF_UNIX_EPOCH = 621_355_968_000_000_000n;

/** Milliseconds since the epoch as .NET ticks, which is how the service writes some link properties. */
export function dotNetTicks(milliseconds: number): Typed {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(TICKS_OF_UNIX_EPOCH + BigInt(Math.trunc(milliseconds)) * 10_000n);
  return codec.wrap_long(bytes);
}

/** A long arrives as a number when small and as its eight bytes when not. */
export function toNumber(value: unknown): number {
  return Buffer.isBuffer(value) ? Number(value.readBigInt64BE(0)) : Number(value);
}

/**
 * A lock token as a delivery tag, or back. Delivery tags carry a GUID in .NET byte order, `$management` carries the same
 * GUID in RFC 4122 order.
 */
export function swapGuidOrder(guid: Buffer): Buffer {
  const swapped = Buffer.from(guid);
  swapped.subarray(0, 4).reverse();
  swapped.subarray(4, 6).reverse();
  swapped.subarray(6, 8).reverse();
  return swapped;
}
