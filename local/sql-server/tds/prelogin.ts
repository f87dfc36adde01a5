import { uint16, uint8 } from './bytes.ts';

const VERSION = 0x00;
const ENCRYPTION = 0x01;
const INSTANCE = 0x02;
const THREAD = 0x03;
const MARS = 0x04;
const FEDERATED_AUTHENTICATION = 0x06;
const TERMINATOR = 0xff;
const OPTION_LENGTH = 5;

const ENCRYPT_ON = 0x01;
const ENCRYPT_NOT_SUPPORTED = 0x02;
const ENCRYPT_REQUIRED = 0x03;

/** What a client's PRELOGIN says about encryption: whether it can start TLS at all. */
export function clientWantsTls(body: Buffer): boolean {
  for (let at = 0; at < body.length && body[at] !== TERMINATOR; at += OPTION_LENGTH) {
    if (body[at] === ENCRYPTION) return body[body.readUInt16BE(at + 1)] !== ENCRYPT_NOT_SUPPORTED;
  }
  return false;
}

/** The server's PRELOGIN: version, encryption, no instance check, no MARS, access tokens without a nonce. */
export function preloginResponse(majorVersion: number, encryption: 'inside-prelogin' | 'already' | 'refused'): Buffer {
  const answers: Record<typeof encryption, number> = {
    'inside-prelogin': ENCRYPT_ON,
    already: ENCRYPT_NOT_SUPPORTED,
    refused: ENCRYPT_REQUIRED,
  };
  const options: [number, Buffer][] = [
    [VERSION, Buffer.concat([uint8(majorVersion, 0), Buffer.alloc(4)])],
    [ENCRYPTION, uint8(answers[encryption])],
    [INSTANCE, uint8(0)],
    [THREAD, Buffer.alloc(4)],
    [MARS, uint8(0)],
    [FEDERATED_AUTHENTICATION, uint8(0)],
  ];
  let offset = options.length * OPTION_LENGTH + 1;
  const headers = options.map(([id, data]) => {
    const header = Buffer.concat([uint8(id), uint16(offset).reverse(), uint16(data.length).reverse()]);
    offset += data.length;
    return header;
  });
  return Buffer.concat([...headers, uint8(TERMINATOR), ...options.map(([, data]) => data)]);
}
