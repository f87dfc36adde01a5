import type { Writable } from 'node:stream';
import { ByteWriter } from './bytes.ts';

const HEADER_LENGTH = 8;
const END_OF_MESSAGE = 0x01;
const IGNORE_MESSAGE = 0x02;
const RESET_CONNECTION = 0x18;
const RESPONSE = 0x04;
/** Packets gathered before they are written: fewer, larger writes. */
const GATHERED_PACKETS = 16;

/** Message types: https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/ (section 2.2.3.1.1). */
export const MESSAGE = {
  batch: 0x01,
  procedure: 0x03,
  attention: 0x06,
  bulk: 0x07,
  transaction: 0x0e,
  login: 0x10,
  prelogin: 0x12,
} as const;

/** Packet size until the login agrees on another. */
export const FIRST_PACKET_SIZE = 4096;

export interface Message {
  readonly type: number;
  readonly body: Buffer;
  /** The client gave up while sending. */
  readonly ignored: boolean;
  /** The client took the connection from a pool. */
  readonly reset: boolean;
}

/** One packet with its header. */
export function packet(type: number, body: Buffer, last: boolean, id: number): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  header[0] = type;
  header[1] = last ? END_OF_MESSAGE : 0;
  header.writeUInt16BE(body.length + HEADER_LENGTH, 2);
  header[6] = id & 0xff;
  return Buffer.concat([header, body]);
}

/** Puts packets together to messages. */
export class PacketReader {
  #pending = Buffer.alloc(0);
  #parts: Buffer[] = [];

  /** True when no part of a packet is held. */
  get idle(): boolean {
    return this.#pending.length === 0;
  }

  /** Takes bytes as they come and yields each message they complete. */
  *feed(bytes: Buffer): Generator<Message> {
    this.#pending = this.#pending.length ? Buffer.concat([this.#pending, bytes]) : Buffer.from(bytes);
    while (this.#pending.length >= HEADER_LENGTH) {
      const length = this.#pending.readUInt16BE(2);
      if (length < HEADER_LENGTH || this.#pending.length < length) return;
      const type = this.#pending.readUInt8(0);
      const status = this.#pending.readUInt8(1);
      this.#parts.push(this.#pending.subarray(HEADER_LENGTH, length));
      this.#pending = this.#pending.subarray(length);
      if (!(status & END_OF_MESSAGE)) continue;
      const body = Buffer.concat(this.#parts);
      this.#parts = [];
      yield { type, body, ignored: (status & IGNORE_MESSAGE) !== 0, reset: (status & RESET_CONNECTION) !== 0 };
    }
  }
}

/** Cuts one response into packets and waits when the client reads slowly. */
export class ResponseWriter {
  /** Tokens are added here without waiting. */
  readonly tokens = new ByteWriter();
  readonly #output: Writable;
  readonly #room: number;
  #id = 1;

  constructor(output: Writable, packetSize: number) {
    this.#output = output;
    this.#room = packetSize - HEADER_LENGTH;
  }

  /** Resolves when the output has room again; undefined as long as nothing was written to it. */
  settle(): Promise<void> | undefined {
    return this.tokens.length > this.#room * GATHERED_PACKETS ? this.#flush(false) : undefined;
  }

  async end(): Promise<void> {
    await this.#flush(true);
  }

  async #flush(last: boolean): Promise<void> {
    const { written } = this.tokens;
    const packets: Buffer[] = [];
    let sent = 0;
    while (written.length - sent > this.#room) {
      packets.push(packet(RESPONSE, written.subarray(sent, sent + this.#room), false, this.#id++));
      sent += this.#room;
    }
    if (last) {
      packets.push(packet(RESPONSE, written.subarray(sent), true, this.#id++));
      sent = written.length;
    }
    this.tokens.drop(sent);
    if (!this.#output.write(Buffer.concat(packets))) await drained(this.#output);
  }
}

async function drained(output: Writable): Promise<void> {
  if (output.destroyed) return;
  await new Promise<void>((resolve) => {
    const settle = () => {
      output.off('drain', settle);
      output.off('close', settle);
      resolve();
    };
    output.once('drain', settle);
    output.once('close', settle);
  });
}
