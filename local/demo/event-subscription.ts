/** The events of one setup, as a downstream service receives them. */
import type { TokenCredential } from '@azure/identity';
import { ServiceBusClient } from '@azure/service-bus';
import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { z } from 'zod';

const eventSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  sequence: z.string(),
  time: z.string(),
  data: z.looseObject({ setupId: z.string(), state: z.string(), phase: z.string() }),
});
/** A CloudEvent of a setup. */
export type ReceivedEvent = z.infer<typeof eventSchema>;

const TOPIC = 'setup-events';
/** Gets every event; a setup is a session, so that its events come in order. */
const SUBSCRIPTION = 'provisioning';

/** A subscription that is being listened to. */
export interface EventSubscription {
  /** Events that were received, oldest first. */
  readonly received: readonly ReceivedEvent[];
  close(): Promise<void>;
}

/** What to listen to. */
export interface SubscriptionOptions {
  /** Host name of the Service Bus namespace. */
  readonly namespace: string;
  readonly credential: TokenCredential;
  readonly tenantId: string;
  readonly setupId: string;
  /** Gets each event; the next one waits until it has ended. */
  readonly receive?: (event: ReceivedEvent) => Promise<void>;
  /** Told once when no more events will come although nobody has closed the subscription. */
  readonly lost: (error: Error) => void;
}

// The library renews the lock of a session for five minutes by default, and then falls silent; a setup may wait for a week.
const RENEWED_FOR_MS = 365 * 24 * 60 * 60 * 1000;

/** Listens to the events of a setup from the first one on, also when they were sent before. */
export async function subscribeToSetup(options: SubscriptionOptions): Promise<EventSubscription> {
  const { namespace, credential, tenantId, setupId, receive, lost } = options;
  const client = new ServiceBusClient(namespace, credential);
  const session = await client.acceptSession(TOPIC, SUBSCRIPTION, `${tenantId}.${setupId}`, {
    maxAutoLockRenewalDurationInMs: RENEWED_FOR_MS,
  });
  const received: ReceivedEvent[] = [];
  let ended = false;
  let handling = Promise.resolve();
  const handle = async (message: ServiceBusReceivedMessage) => {
    const event = eventSchema.parse(message.body);
    await receive?.(event);
    received.push(event);
    await session.completeMessage(message);
  };
  session.subscribe(
    {
      processMessage(message) {
        handling = handle(message);
        return handling;
      },
      async processError({ error }) {
        // Closing takes the link away under the SDK, which reports that too.
        if (ended) return;
        ended = true;
        lost(new Error('The events could not be received.', { cause: error }));
      },
    },
    // One at a time, and settled here, so that closing can wait for the last one.
    { maxConcurrentCalls: 1, autoCompleteMessages: false },
  );
  return {
    received,
    async close() {
      await handling;
      ended = true;
      await session.close();
      await client.close();
    },
  };
}
