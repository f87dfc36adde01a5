import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sample, SourceKind } from '../../local/stack/databases.ts';
import type { ReceivedEvent } from '../../local/demo/event-subscription.ts';
import { inspectFactory } from '../../local/demo/inspection.ts';
import { registerEnvironment } from '../../local/demo/sample-setup.ts';
import { startStack } from '../../local/stack/stack.ts';
import type { Stack } from '../../local/stack/stack.ts';
import { AuditLog } from '../../shared/audit/audit-log.ts';
import { newSecretName, Secrets } from '../../shared/secrets.ts';
import { setupKey } from '../../shared/setup/key.ts';
import { ActiveSetups } from '../../shared/setup/active.ts';
import { SetupIndex } from '../../shared/setup/setup-index.ts';
import { SetupStore } from '../../shared/setup/store.ts';
import { hostKind } from '../support/host-kind.ts';
import { listenToSetup, nameOf, runSetup } from '../support/setup/setup-run.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ hostKind, appDirectory: process.cwd(), samples: ['AzureSql', 'SqlServer'] });
  await Promise.all(stack.databases.samples.map((sample) => registerEnvironment(stack, sample)));
});

afterAll(() => stack.stop());

// At the same time as the other one: it waits for the timer, which kills do not keep from its work.
test.concurrent('a setup whose request died after it was stored is started by the timer, which publishes all of its events', async () => {
  const listener = await listenToSetup(stack, 'forgotten');
  await storeWithoutStarting('forgotten');
  await listener.ended;
  await listener.close();
  const events = listener.received;
  expect(events.map(nameOf).at(0)).toBe('accepted');
  expect(events.map(nameOf).at(-1)).toBe('ready');
});

test.concurrent(
  'a setup completes with nothing doubled when the host is killed after every other event',
  { timeout: 300_000 },
  async () => {
    let kills = 0;
    const onEvent = async (event: ReceivedEvent) => {
      if (Number(event.sequence) % 2 === 0) return;
      if (nameOf(event) === 'ready') return;
      await stack.host.kill();
      await stack.host.start();
      kills += 1;
    };
    const run = await runSetup(stack, 'survivor', sampleOf('SqlServer'), { onEvent });
    expect(run.setup.failure).toBeUndefined();
    expect(run.setup.state).toBe('Ready');
    expect(kills).toBe(5);
    expect(run.events.map(({ sequence }) => Number(sequence))).toEqual(run.events.map((_event, index) => index + 1));
    expect(new Set(run.events.map(nameOf)).size).toBe(run.events.length);

    const { factory, pipelines = [], runtime } = run.setup;
    if (factory === undefined) throw new Error('The setup has no factory');
    const content = await inspectFactory(stack, factory);
    const own = (names: readonly string[]) => names.filter((name) => name.includes(keyOf('survivor')));
    expect(own(content.pipelines).toSorted()).toEqual(pipelines.toSorted());
    expect(own(content.datasets)).toHaveLength(3);
    expect(own(content.linkedServices)).toHaveLength(3);
    expect(content.runtimes).toEqual([runtime?.name]);
    // One run of each stage: a repeated start found the run of the first one.
    expect(own(content.runs)).toHaveLength(2);
  },
);

function sampleOf(kind: SourceKind): Sample {
  const sample = stack.databases.samples.find((other) => other.kind === kind);
  if (sample === undefined) throw new Error(`There is no sample of kind ${kind}`);
  return sample;
}

function keyOf(setupId: string): string {
  return setupKey(stack.settings['MIGRATION_EVENT_SOURCE'] ?? '', { tenantId: stack.tenantId, setupId });
}

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
async function storeWithoutStarting(setupId: string): Promise<void> {
  const { kind, source, environment, destination } = sampleOf('AzureSql');
  const { server, database, userName, password } = source;
  const key = keyOf(setupId);
  const secretName = newSecretName(key);
  const vault = new SecretClient(stack.settings['MIGRATION_KEY_VAULT_URL'] ?? '', appCredential(), {
    disableChallengeResourceVerification: true,
  });
  await new Secrets(vault).put(secretName, password, { tenantId: stack.tenantId, setupId });
  const table = (name: string) =>
    new TableClient(stack.settings['MIGRATION_STATE_TABLE_ENDPOINT'] ?? '', name, appCredential());
  const aMinuteAgo = new Date(Date.now() - 60_000);
  const clock = { now: () => aMinuteAgo };
  const store = new SetupStore({
    setups: table('setups'),
    active: new ActiveSetups(table('activesetups'), clock),
    index: new SetupIndex(table('setupindex')),
    audit: new AuditLog(table('audit')),
    clock,
    eventSource: stack.settings['MIGRATION_EVENT_SOURCE'] ?? '',
  });
  const setup = {
    tenantId: stack.tenantId,
    setupId,
    key,
    secretName,
    request: {
      product: 'DynamicsBCLast' as const,
      source: { kind, connection: { server, database, userName, encrypt: true, trustServerCertificate: false } },
      destination: { environment },
    },
    destination: { environment, ...destination, region: 'westeurope' },
  };
  await store.create(setup, { actor: 'test', action: 'putSetup', requestId: 'test' });
}
