import { ServiceBusClient, type ServiceBusReceivedMessage, type ServiceBusReceiver } from '@azure/service-bus';
import { onTestFinished } from 'vitest';
import { createCertificateAuthority, trustCertificateAuthority } from '../../local/stack/certificates.ts';
import { VirtualClock } from '../../local/endpoint/clock.ts';
import { startServiceBus } from '../../local/service-bus/server.ts';
import { parseTopology } from '../../local/service-bus/topology.ts';

/** Entities in the words of the official emulator's `Config.json`. */
export interface Entities {
  readonly Queues?: readonly object[];
  readonly Topics?: readonly object[];
}

/** A `Config.json` with these entities. */
export function configuration(entities: Entities): object {
  return { UserConfig: { Namespaces: [{ Name: 'local', ...entities }] } };
}

// One for the whole file: trust cannot be taken back.
const authority = await createCertificateAuthority();
trustCertificateAuthority(authority.certificate);

export const ACCEPTED_TOKEN = 'the one accepted token';

async function verifyToken(token: string) {
  if (token !== ACCEPTED_TOKEN) throw new Error('the token is not the accepted one');
  return { subject: 'test', tenantId: 'test', roles: [] };
}

/** A broker for the running test, whose time stands still, and clients for it; both end with the test. */
export async function startTestBus(entities: Entities) {
  const clock = new VirtualClock(Date.now());
  const topology = parseTopology(configuration(entities));
  const log: string[] = [];
  const bus = await startServiceBus({
    topology,
    tls: await authority.issue(),
    verifyToken,
    clock,
    log: (line) => log.push(line),
  });
  onTestFinished(() => bus.stop());

  function connect({ token = ACCEPTED_TOKEN, timeoutInMs = 10_000 } = {}): ServiceBusClient {
    const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
    const retryOptions = { maxRetries: 0, timeoutInMs };
    const client = new ServiceBusClient(bus.fullyQualifiedNamespace, credential, { retryOptions });
    onTestFinished(() => client.close());
    return client;
  }

  return { bus, clock, log, connect, client: connect() };
}

/** Receives exactly that many messages. */
export async function receive(receiver: ServiceBusReceiver, count: number): Promise<ServiceBusReceivedMessage[]> {
  const received: ServiceBusReceivedMessage[] = [];
  while (received.length < count) {
    const some = await receiver.receiveMessages(count - received.length, { maxWaitTimeInMs: 5_000 });
    if (some.length === 0) throw new Error(`Only ${received.length} of ${count} messages arrived.`);
    received.push(...some);
  }
  return received;
}

export async function receiveOne(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await receive(receiver, 1);
  if (message === undefined) throw new Error('No message arrived.');
  return message;
}

/** The bodies of all messages of an entity, whatever their state. */
export async function peekBodies(receiver: ServiceBusReceiver): Promise<unknown[]> {
  const messages = await receiver.peekMessages(100);
  return messages.map((message): unknown => message.body);
}
