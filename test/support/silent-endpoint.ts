import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TlsOptions } from 'node:tls';

/** A service that accepts connections and says nothing. */
export interface SilentEndpoint {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Starts one; with `tls` it agrees on the encryption before it falls silent.
 * @param meet what it does with a connection; left out: nothing
 */
export async function startSilentEndpoint(
  tls?: TlsOptions,
  meet: (socket: Socket) => void = () => undefined,
): Promise<SilentEndpoint> {
  const sockets = new Set<Socket>();
  const server = tls === undefined ? createTcpServer() : createTlsServer(tls);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    meet(socket);
  });
  server.listen(0);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
