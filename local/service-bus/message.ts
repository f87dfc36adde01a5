import { randomUUID } from 'node:crypto';
import rhea from 'rhea';
import { encodeSection, readMap, readSections, SECTION, typed, typedMap, type Section, type Typed } from './amqp.ts';

/** Properties that a filter can name, under the names AMQP gives them. */
export interface SystemProperties {
  readonly message_id?: string | number | Buffer;
  readonly correlation_id?: string | number | Buffer;
  readonly to?: string;
  readonly reply_to?: string;
  readonly subject?: string;
  readonly content_type?: string;
  readonly group_id?: string;
  readonly reply_to_group_id?: string;
}

interface Decoded extends SystemProperties {
  readonly ttl?: number;
  readonly creation_time?: Date;
  readonly absolute_expiry_time?: Date;
  readonly message_annotations?: Readonly<Record<string, unknown>>;
  readonly application_properties?: Readonly<Record<string, unknown>>;
}

/** What the broker writes in front of a message that it hands out. */
export interface BrokerFields {
  readonly deliveryCount: number;
  /** Milliseconds; `Infinity` for none. */
  readonly timeToLive: number;
  readonly annotations: ReadonlyMap<string, Typed>;
}

const NO_BODY = encodeSection(SECTION.data, typed.any(Buffer.alloc(0)));

/**
 * One message as its sender encoded it. Properties and body are handed on byte for byte, because decoding and encoding
 * again loses types (a symbol becomes a string, a long an unsigned int).
 */
export class Message {
  readonly properties: SystemProperties;
  readonly applicationProperties: Readonly<Record<string, unknown>>;
  /** Milliseconds; `Infinity` for none. */
  readonly timeToLive: number;
  /** Milliseconds since the epoch. */
  readonly scheduledFor: number | undefined;
  readonly #sections: readonly Section[];

  private constructor(sections: readonly Section[]) {
    this.#sections = sections;
    const whole = Buffer.concat(sections.map((section) => section.bytes));
    const decoded = rhea.message.decode(whole) as unknown as Decoded;
    this.properties = decoded;
    this.applicationProperties = decoded.application_properties ?? {};
    this.timeToLive = timeToLiveOf(decoded);
    const scheduled = decoded.message_annotations?.['x-opt-scheduled-enqueue-time'];
    this.scheduledFor = scheduled instanceof Date ? scheduled.getTime() : undefined;
  }

  /** Throws when the bytes are no AMQP message. */
  static decode(bytes: Buffer): Message {
    // The transport reuses its buffers; the message outlives them.
    const sections = readSections(Buffer.from(bytes));
    return new Message(withMessageId(sections));
  }

  /** The messages of a batch: each data section of the envelope holds one, the rest of the envelope is to be ignored. */
  static decodeBatch(envelope: Buffer): Message[] {
    return readSections(envelope)
      .filter((section) => section.code === SECTION.data)
      .map((section) => Message.decode(section.content.value as Buffer));
  }

  get id(): string {
    const id = this.properties.message_id;
    return Buffer.isBuffer(id) ? id.toString('hex') : String(id);
  }

  get sessionId(): string | undefined {
    return this.properties.group_id;
  }

  /** A copy with application properties added or replaced. */
  withApplicationProperties(changes: Readonly<Record<string, unknown>>): Message {
    const current = this.#sections.find((section) => section.code === SECTION.applicationProperties);
    const entries = current === undefined ? new Map<string, Typed>() : readMap(current.content);
    for (const [name, value] of Object.entries(changes)) entries.set(name, typed.any(value));
    return new Message(replaceSection(this.#sections, SECTION.applicationProperties, typedMap(entries, typed.string)));
  }

  /** The message as a receiver gets it. */
  encode(fields: BrokerFields, omitBody = false): Buffer {
    const annotations = this.#section(SECTION.messageAnnotations);
    const merged = annotations === undefined ? new Map<string, Typed>() : readMap(annotations.content);
    for (const [name, value] of fields.annotations) merged.set(name, value);
    const body = this.#sections.filter((section) => section.code >= SECTION.data).map((section) => section.bytes);
    return Buffer.concat([
      this.#encodeHeader(fields),
      encodeSection(SECTION.messageAnnotations, typedMap(merged, typed.symbol)),
      this.#section(SECTION.properties)?.bytes ?? Buffer.alloc(0),
      this.#section(SECTION.applicationProperties)?.bytes ?? Buffer.alloc(0),
      ...(omitBody ? [NO_BODY] : body),
    ]);
  }

  #encodeHeader({ deliveryCount, timeToLive }: BrokerFields): Buffer {
    const [durable, priority] = (this.#section(SECTION.header)?.content.value ?? []) as Typed[];
    const ttl = timeToLive <= MAX_UINT ? typed.uint(timeToLive) : undefined;
    const firstAcquirer = typed.boolean(deliveryCount === 0);
    return encodeSection(
      SECTION.header,
      typed.list([durable ?? typed.boolean(true), priority, ttl, firstAcquirer, typed.uint(deliveryCount)]),
    );
  }

  #section(code: number): Section | undefined {
    return this.#sections.find((section) => section.code === code);
  }
}

const MAX_UINT = 2 ** 32 - 1;

/** The header's 32 bits end at 49 days; beyond, only the difference of the two times says what the sender meant. */
function timeToLiveOf({ ttl, creation_time: created, absolute_expiry_time: expires }: Decoded): number {
  if (created !== undefined && expires !== undefined) return expires.getTime() - created.getTime();
  return ttl ?? Infinity;
}

/** The service gives a message an id when the sender gave none; the SDK cannot settle a message without one. */
function withMessageId(sections: readonly Section[]): readonly Section[] {
  const properties = sections.find((section) => section.code === SECTION.properties);
  const [id, ...rest] = (properties?.content.value ?? []) as Typed[];
  if (id?.value !== undefined && id.value !== null) return sections;
  const list = typed.list([typed.string(randomUUID().replaceAll('-', '')), ...rest]);
  return replaceSection(sections, SECTION.properties, list);
}

function replaceSection(sections: readonly Section[], code: number, content: Typed): readonly Section[] {
  const [section] = readSections(encodeSection(code, content));
  const others = sections.filter((other) => other.code !== code);
  return section === undefined ? others : [...others, section].sort((a, b) => a.code - b.code);
}
