import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { subscribeToSetup } from '../../local/event-subscription.ts';
import type { EventSubscription } from '../../local/event-subscription.ts';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { Secrets } from '../../shared/secrets.ts';
import { setupKey } from '../../shared/setup-key.ts';
import { SetupStore } from '../../shared/setup-store.ts';
import { nameOf } from '../support/setup-run.ts';

const SETUP_ID = 'forgotten';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ appDirectory: process.cwd(), samples: ['AzureSql'] });
});

afterAll(() => stack.stop());

test('a setup whose request died after it was stored is started by the timer, with all of its events', async () => {
  const ended = Promise.withResolvers<void>();
  const subscription: EventSubscription = await subscribeToSetup({
    namespace: stack.serviceBus.fullyQualifiedNamespace,
    credential: stack.credential('subscriber'),
    tenantId: stack.tenantId,
    setupId: SETUP_ID,
    async receive(event) {
      if (['ready', 'failed'].includes(nameOf(event))) ended.resolve();
    },
  });
  await storeWithoutStarting();
  await ended.promise;
  await subscription.close();
  const names = subscription.received.map(nameOf);
  expect(names.at(0)).toBe('accepted');
  expect(names.at(-1)).toBe('ready');
});

/** The identity of the app, without the way over its endpoint. */
function appCredential(): TokenCredential {
  return {
    async getToken(scopes) {
      const resource = String(scopes).replace(/\/\.default$/, '');
      return { token: await stack.identity.getToken(resource), expiresOnTimestamp: Date.now() + 600_000 };
    },
  };
}

/** Does what the request does up to the moment in which it would start the orchestration, a minute ago. */
async function storeWithoutStarting(): Promise<void> {
  const { kind, source, destination } = stack.databases.samples[0];
  const { server, database, userName, password } = source;
  const key = setupKey(stack.tenantId, SETUP_ID);
  const secretName = `mig-${key}-source`;
  const vault = new SecretClient(stack.settings['MIGRATION_KEY_VAULT_URL'] ?? '', appCredential(), {
    disableChallengeResourceVerification: true,
  });
  const secretVersion = await new Secrets(vault).put(secretName, password);
  const table = (name: string) =>
    new TableClient(stack.settings['MIGRATION_STATE_TABLE_ENDPOINT'] ?? '', name, appCredential());
  const aMinuteAgo = new Date(Date.now() - 60_000);
  const clock = { now: () => aMinuteAgo };
  const store = new SetupStore(
    table('setups'),
    table('activesetups'),
    clock,
    stack.settings['MIGRATION_EVENT_SOURCE'] ?? '',
  );
  await store.create({
    tenantId: stack.tenantId,
    setupId: SETUP_ID,
    key,
    secretName,
    secretVersion,
    request: {
      product: 'DynamicsBCLast',
      source: { kind, connection: { server, database, userName, encrypt: true, trustServerCertificate: false } },
      destination: { environment: 'Production', ...destination },
    },
  });
}
