import type { Login } from './session.ts';

// Offsets in LOGIN7: https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/ (section 2.2.6.4)
const PACKET_SIZE = 8;
const OPTION_FLAGS_3 = 27;
const USER = 40;
const PASSWORD = 44;
const APPLICATION = 48;
const EXTENSION = 56;
const DATABASE = 68;

const HAS_EXTENSION = 0x10;
const FEDERATED_AUTHENTICATION = 0x02;
const TERMINATOR = 0xff;
const SMALLEST_PACKET = 512;
const LARGEST_PACKET = 32_767;

function field(body: Buffer, at: number): Buffer {
  const start = body.readUInt16LE(at);
  return body.subarray(start, start + body.readUInt16LE(at + 2) * 2);
}

const text = (body: Buffer, at: number) => field(body, at).toString('utf16le');

/** The password is scrambled: each byte is XORed with 0xA5 and its halves are swapped. */
function unscramble(bytes: Buffer): string {
  const plain = bytes.map((byte) => {
    const mixed = byte ^ 0xa5;
    return ((mixed << 4) | (mixed >> 4)) & 0xff;
  });
  return Buffer.from(plain).toString('utf16le');
}

/** The access token of a FEDAUTH feature extension, if there is one. */
function accessToken(body: Buffer): string | undefined {
  if (!(body.readUInt8(OPTION_FLAGS_3) & HAS_EXTENSION)) return undefined;
  let at = body.readUInt32LE(body.readUInt16LE(EXTENSION));
  while (at < body.length && body[at] !== TERMINATOR) {
    if (body[at] === FEDERATED_AUTHENTICATION) {
      const length = body.readUInt32LE(at + 6);
      return body.toString('utf16le', at + 10, at + 10 + length);
    }
    at += 5 + body.readUInt32LE(at + 1);
  }
  return undefined;
}

/** Reads LOGIN7. The packet size is the client's wish, brought into TDS's bounds. */
export function readLogin(body: Buffer): Login & { readonly packetSize: number } {
  return {
    user: text(body, USER),
    password: unscramble(field(body, PASSWORD)),
    database: text(body, DATABASE),
    application: text(body, APPLICATION),
    token: accessToken(body),
    packetSize: Math.min(Math.max(body.readUInt32LE(PACKET_SIZE), SMALLEST_PACKET), LARGEST_PACKET),
  };
}
