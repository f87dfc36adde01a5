/** The events of one setup, as a downstream service receives them. */
import type { TokenCredential } from '@azure/identity';
import { ServiceBusClient } from '@azure/service-bus';
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
}

/** Listens to the events of a setup from the first one on, also when they were sent before. */
export async function subscribeToSetup(options: SubscriptionOptions): Promise<EventSubscription> {
  const { namespace, credential, tenantId, setupId, receive } = options;
  const client = new ServiceBusClient(namespace, credential);
  const session = await client.acceptSession(TOPIC, SUBSCRIPTION, `${tenantId}.${setupId}`);
  const received: ReceivedEvent[] = [];
  let failure: unknown;
  session.subscribe(
    {
      async processMessage({ body }) {
        const event = eventSchema.parse(body);
        await receive?.(event);
        received.push(event);
      },
      async processError({ error }) {
        failure ??= error;
      },
    },
    { maxConcurrentCalls: 1 },
  );
  return {
    received,
    async close() {
      await session.close();
      await client.close();
      if (failure !== undefined) throw new Error('The events could not be received.', { cause: failure });
    },
  };
}
