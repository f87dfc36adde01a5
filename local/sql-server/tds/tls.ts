import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import type { TlsIdentity } from '../../endpoint/endpoint.ts';
import { MESSAGE, packet } from './packets.ts';

/** First byte of a TLS record that carries a handshake. */
export const TLS_HANDSHAKE = 0x16;

/**
 * Carries TLS bytes over a socket: inside PRELOGIN packets until the handshake is over (TDS 7), then bare.
 * TDS 8 starts bare.
 */
class TlsCarrier extends Duplex {
  wrapped: boolean;
  readonly #socket: Socket;

  constructor(socket: Socket, wrapped: boolean) {
    super();
    this.#socket = socket;
    this.wrapped = wrapped;
  }

  override _read(): void {
    // Bytes are pushed as they arrive.
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, written: () => void): void {
    this.#socket.write(this.wrapped ? packet(MESSAGE.prelogin, bytes, true, 1) : bytes);
    written();
  }
}

export interface TlsLayer {
  /** Plain bytes go in and out here. */
  readonly secure: TLSSocket;
  /** True while the handshake travels inside PRELOGIN packets. */
  readonly wrapped: () => boolean;
  /** Takes TLS bytes from the client. */
  readonly receive: (bytes: Buffer) => void;
}

/** What the connections of a server have in common: making it costs as much as a handshake. */
export interface TlsContexts {
  /** TDS 7: the handshake travels inside PRELOGIN packets. */
  readonly wrapped: SecureContext;
  /** TDS 8: TLS before anything else. */
  readonly strict: SecureContext;
}

export function createTlsContexts({ key, cert }: TlsIdentity): TlsContexts {
  return {
    // The handshake inside PRELOGIN is defined for TLS 1.2: a TLS 1.3 server would send its tickets in there too.
    wrapped: createSecureContext({ key, cert, maxVersion: 'TLSv1.2' }),
    strict: createSecureContext({ key, cert }),
  };
}

/** Starts TLS as the server, of TDS 8 when it is strict. */
export function startTls(socket: Socket, contexts: TlsContexts, strict: boolean): TlsLayer {
  const carrier = new TlsCarrier(socket, !strict);
  const secure = new TLSSocket(carrier, {
    isServer: true,
    ...(strict ? { secureContext: contexts.strict, ALPNProtocols: ['tds/8.0'] } : { secureContext: contexts.wrapped }),
  });
  secure.on('secure', () => {
    setImmediate(() => {
      carrier.wrapped = false;
    });
  });
  return { secure, wrapped: () => carrier.wrapped, receive: (bytes) => void carrier.push(bytes) };
}
