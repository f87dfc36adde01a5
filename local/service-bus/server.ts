import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import rhea from 'rhea';
import { systemClock, type Clock } from '../endpoint/clock.ts';
import type { Endpoint, Log, TlsIdentity, VerifyToken } from '../endpoint/endpoint.ts';
import { Broker } from './broker.ts';
import { Deadlines } from './deadlines.ts';
import { Faults } from './faults.ts';
import { Namespace } from './namespace.ts';
import type { Topology } from './topology.ts';

export interface ServiceBusOptions {
  /** What `parseTopology` returns. */
  readonly topology: Topology;
  readonly tls: TlsIdentity;
  /** Asked with the audience `https://servicebus.azure.net`. */
  readonly verifyToken: VerifyToken;
  /** A free port by default. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly log?: Log;
}

export interface ServiceBus extends Endpoint {
  /** First argument of `new ServiceBusClient(…, credential)`, for example `localhost:41002`. */
  readonly fullyQualifiedNamespace: string;
  readonly faults: Faults;
}

// As the service answers: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
const MAX_FRAME_SIZE = 64 * 1024;
const IDLE_TIMEOUT_MS = 120_000;

const CONTAINER_OPTIONS = {
  id: 'local-service-bus',
  // Credit is granted to senders that are let in, and every message is answered by us.
  credit_window: 0,
  autoaccept: false,
  // rhea would report every abandoned and deferred message as released as well.
  treat_modified_as_released: false,
};

/**
 * Starts a broker that the official Service Bus SDK can use over AMQP and TLS. Messages live in memory and are gone when
 * it stops. Rejects when the port is taken.
 */
export async function startServiceBus(options: ServiceBusOptions): Promise<ServiceBus> {
  const { topology, tls, verifyToken, port = 0, clock = systemClock, log = () => undefined } = options;
  const deadlines = new Deadlines(clock);
  const container = rhea.create_container(CONTAINER_OPTIONS);
  const faults = new Faults();
  const broker = new Broker(new Namespace(topology, deadlines), verifyToken, faults, log);
  broker.listenTo(container);
  const server = container.listen({
    transport: 'tls',
    ...tls,
    port,
    host: '127.0.0.1',
    max_frame_size: MAX_FRAME_SIZE,
    idle_time_out: IDLE_TIMEOUT_MS,
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', (error: Error) => {
    log(`A client's TLS handshake failed: ${error.message}`);
  });
  await once(server, 'listening');
  const { port: actualPort } = server.address() as AddressInfo;
  const fullyQualifiedNamespace = `localhost:${actualPort}`;
  return {
    url: `amqps://${fullyQualifiedNamespace}`,
    port: actualPort,
    fullyQualifiedNamespace,
    faults,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      deadlines.cancelAll();
    },
  };
}
