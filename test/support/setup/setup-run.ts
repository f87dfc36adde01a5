/** One setup on the local stack, from the request to its end, with everybody who takes part. */
import { registerRuntimeNode } from '../../../local/data-factory/runtime-node.ts';
import type { Sample } from '../../../local/stack/databases.ts';
import { subscribeToSetup } from '../../../local/demo/event-subscription.ts';
import type { EventSubscription, ReceivedEvent } from '../../../local/demo/event-subscription.ts';
import { registerEnvironment, sampleSetupBody } from '../../../local/demo/sample-setup.ts';
import { SetupClient } from '../../../local/demo/setup-client.ts';
import type { Answer } from '../../../local/demo/setup-client.ts';
import type { Stack } from '../../../local/stack/stack.ts';

/** What came of a setup. */
export interface SetupRun {
  /** The answer to the PUT. */
  readonly accepted: Answer;
  /** The operation when it had ended. */
  readonly operation: { readonly status: string; readonly error?: { readonly code: string; readonly message: string } };
  /** The setup when it had ended. */
  readonly setup: SetupDocument;
  /** Its events, in the order of their arrival. */
  readonly events: readonly ReceivedEvent[];
}

/** The parts of the API's resource that tests look at. */
interface SetupDocument {
  readonly state: string;
  readonly phase: string;
  readonly failure?: { readonly code: string; readonly cause: string; readonly remedy: string };
  /** Whole, as operators see it. */
  readonly factory?: { readonly subscriptionId: string; readonly resourceGroup: string; readonly name: string };
  readonly runtime?: { readonly name?: string; readonly reason?: string };
  readonly pipelines?: readonly string[];
  readonly tables?: { readonly byCopyMethod: Readonly<Record<string, number>> };
}

/** How a setup is run. */
interface RunOptions {
  /** Gets each event before the next one is received. */
  readonly onEvent?: (event: ReceivedEvent) => Promise<void>;
  /** A runtime to reuse. */
  readonly runtimeName?: string;
}

/** The client of the provider's provisioning system, which acts for the customer. */
export function provisioningClient(stack: Stack): SetupClient {
  return new SetupClient(stack.host.url, stack.tenantId, () => stack.accessToken('provisioning'));
}

/** The client of an operator, who sees all of the customer's setups. */
export function operatorClient(stack: Stack): SetupClient {
  return new SetupClient(stack.host.url, stack.tenantId, () => stack.accessToken('operations'));
}

/** The name of an event's type, such as `runtime-created`. */
export function nameOf({ type }: ReceivedEvent): string {
  return type.split('.').at(-2) ?? type;
}

/**
 * Runs a setup to its end. An administrator registers a node as soon as a new runtime exists, and is in a hurry.
 */
export async function runSetup(
  stack: Stack,
  setupId: string,
  sample: Sample,
  { onEvent, runtimeName }: RunOptions = {},
): Promise<SetupRun> {
  const client = provisioningClient(stack);
  const listener = await listenToSetup(stack, setupId, async (event) => {
    if (nameOf(event) === 'runtime-created' && event.data['created'] === true)
      await registerNode(stack, client, setupId);
    await onEvent?.(event);
  });
  await registerEnvironment(stack, sample);
  const accepted = await client.put(setupId, sampleSetupBody(sample, runtimeName));
  await listener.ended;
  const operation = await client.follow(accepted.headers.get('operation-location') ?? '', 100);
  const setup = await operatorClient(stack).get(setupId);
  await listener.close();
  return {
    accepted,
    operation: operation.body as SetupRun['operation'],
    setup: setup.body as SetupDocument,
    events: listener.received,
  };
}

/** Who hears the events of a setup. */
interface Listener extends EventSubscription {
  /** Resolves when the setup is ready or has failed. */
  readonly ended: Promise<void>;
}

/** Listens to a setup, which need not have begun. @param onEvent gets each event before the next one is received */
export async function listenToSetup(
  stack: Stack,
  setupId: string,
  onEvent: (event: ReceivedEvent) => Promise<void> = () => Promise.resolve(),
): Promise<Listener> {
  const ended = Promise.withResolvers<void>();
  const subscription = await subscribeToSetup({
    namespace: stack.serviceBus.fullyQualifiedNamespace,
    credential: stack.credential('subscriber'),
    tenantId: stack.tenantId,
    setupId,
    async receive(event) {
      await onEvent(event);
      if (['ready', 'failed'].includes(nameOf(event))) ended.resolve();
    },
    lost: ended.reject,
  });
  return { ...subscription, ended: ended.promise };
}

async function registerNode(stack: Stack, client: SetupClient, setupId: string): Promise<void> {
  const { body } = await client.listRuntimeKeys(setupId);
  const { authKey1 } = body as { authKey1: string };
  await registerRuntimeNode(stack.dataFactory.url, { authKey: authKey1, nodeName: `node-of-${setupId}` });
  await client.findNode(setupId);
}
