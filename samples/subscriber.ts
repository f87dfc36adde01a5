/**
 * A downstream service in one file: it takes the setups that have news, one session each, and handles their events in
 * order. Where it listens is told by settings, with which it runs against the local stack and against Azure:
 *
 * - `SERVICE_BUS_NAMESPACE`: host name of the namespace, such as `….servicebus.windows.net`
 * - `SERVICE_BUS_TOPIC`, `SERVICE_BUS_SUBSCRIPTION`: a subscription with sessions. Default `setup-events`, `provisioning`
 *
 * It signs in as `DefaultAzureCredential` does (a managed identity, `AZURE_CLIENT_ID` and its like, `az login`), and needs the role
 * Azure Service Bus Data Receiver on the subscription.
 */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { DefaultAzureCredential } from '@azure/identity';
import { isServiceBusError, ServiceBusClient } from '@azure/service-bus';
import type { ServiceBusReceivedMessage, ServiceBusSessionReceiver } from '@azure/service-bus';

/** How many setups are handled side by side. */
const SESSIONS = 4;
/** A setup without news for so long makes room for another one; its next event is a session again. */
const IDLE_MS = 5_000;
/** After Service Bus has refused to give a session. */
const PAUSE_MS = 5_000;

interface SetupEvent {
  readonly id: string;
  readonly type: string;
  /** Of a setup, without gaps. Ten digits, so that texts compare as numbers do. An event of a factory has none. */
  readonly sequence?: string;
  readonly data: object;
}

/** What your service does with an event, at least once. If it throws, the event comes again, ten times at most. */
async function handle({ id, type, data }: SetupEvent): Promise<void> {
  console.log(id, type, JSON.stringify(data));
}

const { env } = process;
const topic = env['SERVICE_BUS_TOPIC'] ?? 'setup-events';
const subscription = env['SERVICE_BUS_SUBSCRIPTION'] ?? 'provisioning';
const stopping = new AbortController();
process.once('SIGINT', () => stopping.abort()).once('SIGTERM', () => stopping.abort());

// An authority that is not one of the public clouds cannot be looked up there.
const credential = new DefaultAzureCredential({ disableInstanceDiscovery: env['AZURE_AUTHORITY_HOST'] !== undefined });
const client = new ServiceBusClient(required('SERVICE_BUS_NAMESPACE'), credential);
console.log(`Listening to ${topic}/${subscription}. Ctrl-C ends it.`);
const inHand = new Set<Promise<void>>();
await Promise.race([Promise.all(Array.from({ length: SESSIONS }, takeSessions)), once(stopping.signal, 'abort')]);
await Promise.all(inHand);
// The SDK does not end a wait for the next session.
process.exit();

async function takeSessions(): Promise<void> {
  while (!stopping.signal.aborted) {
    const session = await nextSession();
    if (session === undefined) continue;
    const taken = takeOver(session);
    inHand.add(taken);
    await taken;
    inHand.delete(taken);
  }
}

async function takeOver(session: ServiceBusSessionReceiver): Promise<void> {
  try {
    await takeEvents(session);
  } catch (error) {
    // The lock is lost, or handling failed: the session is given away, and what was not completed comes again.
    console.error(`${session.sessionId}:`, error);
  }
  await session.close();
}

/** The next setup with news; undefined if there was none for a while. */
async function nextSession(): Promise<ServiceBusSessionReceiver | undefined> {
  try {
    return await client.acceptNextSession(topic, subscription);
  } catch (error) {
    if (isServiceBusError(error) && error.code === 'ServiceTimeout') return undefined;
    console.error(error);
    await setTimeout(PAUSE_MS);
    return undefined;
  }
}

/** Handles what one setup has to tell. The number of the last event is kept with the session, and so survives this process. */
async function takeEvents(session: ServiceBusSessionReceiver): Promise<void> {
  let last = String((await session.getSessionState()) ?? '');
  while (!stopping.signal.aborted) {
    const [message] = await session.receiveMessages(1, { maxWaitTimeInMs: IDLE_MS });
    if (message === undefined) return;
    const event = eventOf(message);
    if (event === undefined) {
      const deadLetterErrorDescription = 'The body has no id and type of a CloudEvent.';
      await session.deadLetterMessage(message, { deadLetterReason: 'NoEvent', deadLetterErrorDescription });
      continue;
    }
    const { sequence } = event;
    if (sequence === undefined || sequence > last) await handleOrGiveBack(session, message, event);
    if (sequence !== undefined && sequence > last) {
      last = sequence;
      await session.setSessionState(last);
    }
    await session.completeMessage(message);
  }
}

/** Only an event that is given back counts as delivered: once that was too often, it is put aside. */
async function handleOrGiveBack(
  session: ServiceBusSessionReceiver,
  message: ServiceBusReceivedMessage,
  event: SetupEvent,
): Promise<void> {
  try {
    await handle(event);
  } catch (error) {
    await session.abandonMessage(message);
    throw error;
  }
}

function eventOf({ body }: ServiceBusReceivedMessage): SetupEvent | undefined {
  const event = body as Partial<SetupEvent> | undefined;
  return typeof event?.id === 'string' && typeof event.type === 'string' ? (event as SetupEvent) : undefined;
}

function required(name: string): string {
  const value = env[name];
  if (value !== undefined) return value;
  console.error(`Set ${name}: the first lines of this file say to what.`);
  process.exit(2);
}
