import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectFactory, listProcedures, queryDatabase } from '../../local/demo/inspection.ts';
import { registerEnvironment, sampleSetupBody } from '../../local/demo/sample-setup.ts';
import { SetupClient } from '../../local/demo/setup-client.ts';
import { startStack } from '../../local/stack/stack.ts';
import type { Answer } from '../../local/demo/setup-client.ts';
import type { Stack } from '../../local/stack/stack.ts';
import { databaseMarkOf } from '../../shared/setup/database-mark.ts';
import { hostKind } from '../support/host-kind.ts';
import { nameOf, provisioningClient, runSetup } from '../support/setup/setup-run.ts';
import type { SetupRun } from '../support/setup/setup-run.ts';
import { readStoredTexts } from '../support/setup/stored-text.ts';
import type { StoredTexts } from '../support/setup/stored-text.ts';

const EVENTS_OF_A_SUCCESS = [
  'accepted',
  'factory-selected',
  'runtime-created',
  'runtime-online',
  'checks-completed',
  'procedures-created',
  'inventory-completed',
  'tables-planned',
  'replication-pipeline-created',
  'cleanup-completed',
  'ready',
];

let stack: Stack;
const allEvents: unknown[] = [];

beforeAll(async () => {
  stack = await startStack({
    hostKind,
    appDirectory: process.cwd(),
    samples: ['SqlServer', 'SqlServer', 'SqlServer', 'AzureSql'],
    // Inputs are kept too, so that the search for secrets sees all that Durable Functions may store.
    settings: { AzureFunctionsJobHost__extensions__durableTask__storeInputsInOrchestrationHistory: 'true' },
  });
});

afterAll(() => stack.stop());

function sampleAt(index: number) {
  const sample = stack.databases.samples[index];
  if (sample === undefined) throw new Error(`There is no sample ${index}`);
  return sample;
}

/** Runs a setup of a sample, and keeps its events for the search for secrets. */
function run(setupId: string, sample: number, runtimeName?: string): Promise<SetupRun> {
  return runSetup(stack, setupId, sampleAt(sample), {
    onEvent: async (event) => {
      allEvents.push(event);
    },
    ...(runtimeName === undefined ? {} : { runtimeName }),
  });
}

function factoryOf({ setup }: SetupRun) {
  if (setup.factory === undefined) throw new Error('The setup has no factory');
  return setup.factory;
}

describe('two setups that start at once', () => {
  let first: SetupRun;
  let second: SetupRun;

  beforeAll(async () => {
    [first, second] = await Promise.all([run('first', 0), run('second', 1)]);
  });

  test('both reach Ready', () => {
    expect([first.setup.state, second.setup.state]).toEqual(['Ready', 'Ready']);
    expect([first.operation.status, second.operation.status]).toEqual(['Succeeded', 'Succeeded']);
    expect(first.accepted.status).toBe(201);
  });

  test('land on different factories, because all were equally free', () => {
    expect(factoryOf(first).name).not.toBe(factoryOf(second).name);
  });

  test.each([
    ['the first', () => first],
    ['the second', () => second],
  ])('send all events of %s in order, none missing', (_which, outcome) => {
    const { events } = outcome();
    expect(events.map(nameOf)).toEqual(EVENTS_OF_A_SUCCESS);
    expect(events.map(({ sequence }) => Number(sequence))).toEqual(
      EVENTS_OF_A_SUCCESS.map((_name, index) => index + 1),
    );
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

  test('leave three replication pipelines, idle, and no preparation pipeline', async () => {
    const { pipelines = [] } = first.setup;
    const content = await inspectFactory(stack, factoryOf(first));
    expect(content.pipelines.toSorted()).toEqual(pipelines.toSorted());
    expect(pipelines).toHaveLength(3);
    expect(content.runs.filter((name) => pipelines.includes(name))).toEqual([]);
    expect(content.runs).toHaveLength(2);
  });

  test('create the procedures on both sides', async () => {
    expect(await listProcedures(stack, sampleAt(0), 'source')).toEqual(
      expect.arrayContaining(['mig.IsFullCopyTable', 'mig.EnableChangeTracking', 'mig.PackTables']),
    );
    expect(await listProcedures(stack, sampleAt(0), 'destination')).toEqual(
      expect.arrayContaining(['mig.ApplyTable', 'mig.BeginReplication', 'mig.UnpackPack']),
    );
  });

  test('write the table plan and mark the environment as ready', async () => {
    const plan = await queryDatabase<{ copyMethod: string; tables: number }>(
      stack,
      sampleAt(0),
      'destination',
      'SELECT [copyMethod], COUNT(*) AS [tables] FROM [mig].[ReplicationTable] GROUP BY [copyMethod]',
    );
    expect(Object.fromEntries(plan.map(({ copyMethod, tables }) => [copyMethod, tables]))).toEqual(
      first.setup.tables?.byCopyMethod,
    );
    const marks = await queryDatabase(
      stack,
      sampleAt(0),
      'destination',
      'SELECT [setupKey], [attempt] FROM [mig].[Environment]',
    );
    const eventSource = stack.settings['MIGRATION_EVENT_SOURCE'] ?? '';
    const setupKey = databaseMarkOf(eventSource, { tenantId: stack.tenantId, setupId: 'first' });
    expect(marks).toEqual([{ setupKey, attempt: 1 }]);
    for (const side of ['source', 'destination'] as const) {
      const claims = await queryDatabase(stack, sampleAt(0), side, 'SELECT [setupKey], [attempt] FROM [mig].[Claim]');
      expect(claims).toEqual(marks);
    }
  });

  test('turn no change tracking on at the source, which is the replications’ affair', async () => {
    const tracked = await queryDatabase(
      stack,
      sampleAt(0),
      'source',
      'SELECT [retention_period] FROM sys.change_tracking_databases WHERE [database_id] = DB_ID()',
    );
    expect(tracked).toEqual([]);
  });

  test('report what both databases, the app itself, Data Factory and the vault say', async () => {
    const { body } = await provisioningClient(stack).get('first', 'checks');
    const { value } = body as { value: { id: string; status: string }[] };
    const others = value.filter(({ status }) => status !== 'passed').map(({ id, status }) => `${id} ${status}`);
    expect(others).toEqual([
      'SRV-04 nothingToDo',
      'SRV-06 skipped',
      'EXT-01 failed',
      'EXT-02 nothingToDo',
      'EXT-03 nothingToDo',
      'CMP-06 failed',
      'TAB-01 failed',
      'TAB-02 failed',
      'TAB-03 nothingToDo',
    ]);
    expect(value.map(({ id }) => id)).toEqual(expect.arrayContaining(['NET-02', 'AUT-07', 'SEC-02']));
  });

  test('are not changed by the same PUT, which says so', async () => {
    const before = await provisioningClient(stack).get('first');
    const again = await provisioningClient(stack).put('first', sampleSetupBody(sampleAt(0)));
    expect(again.status).toBe(200);
    expect(again.body).toEqual(before.body);
    expect(again.headers.get('operation-location')).toBe(first.accepted.headers.get('operation-location'));
  });

  test('are shown to the customer itself, without what concerns the provider alone', async () => {
    const customer = new SetupClient(stack.host.url, stack.tenantId, () => stack.accessToken('customer'));
    const { status, body } = await customer.get('first');
    expect(status).toBe(200);
    expect(body).toMatchObject({ destination: { environment: 'Production', region: 'westeurope' } });
    const { subscriptionId, name } = factoryOf(first);
    expect(body).toMatchObject({ factory: { name } });
    for (const hidden of [subscriptionId, 'candidates', sampleAt(0).destination.server]) {
      expect(JSON.stringify([body, first.events])).not.toContain(hidden);
    }
  });

  test('keep their environments: another one is refused at once, and makes nothing', async () => {
    const refused = await provisioningClient(stack).put('third', sampleSetupBody(sampleAt(0)));
    expect(refused).toMatchObject({ status: 409, body: { code: 'EnvironmentInUse' } });
    expect(refused.body).toMatchObject({ detail: expect.stringContaining('first') as string });
    expect(await provisioningClient(stack).get('third')).toMatchObject({ status: 404 });
  });

  test('are out of reach for another tenant', async () => {
    const token = () => stack.accessToken('otherTenant');
    const other = stack.registration('otherTenant').tenantId;
    const foreign = await new SetupClient(stack.host.url, stack.tenantId, token).get('first');
    const missing = await new SetupClient(stack.host.url, other, token).get('first');
    expect([foreign.status, missing.status]).toEqual([404, 404]);
    expect(foreign.body).toMatchObject({ code: 'SetupNotFound' });
    const shown = ({ body }: Answer) => ({ ...(body as object), instance: '', traceId: '' });
    expect(shown(foreign)).toEqual(shown(missing));
  });
});

describe('a source with compatibility level 120', () => {
  let outcome: SetupRun;

  beforeAll(async () => {
    await sampleAt(2).execute('source', 'ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = 120');
    outcome = await run('too-old', 2);
  });

  test('ends in Failed with code 50001, the measured and the expected level', () => {
    expect(outcome.setup).toMatchObject({ state: 'Failed', phase: 'Assessment', failure: { code: '50001' } });
    expect(outcome.setup.failure?.cause).toMatch(/measured 120\b.*expected.*130/);
    expect(outcome.setup.failure?.remedy).toContain('SET COMPATIBILITY_LEVEL');
    expect(outcome.operation).toMatchObject({ status: 'Failed', error: { code: '50001' } });
  });

  test('announces the failure once, as its last event', async () => {
    expect(outcome.events.map(nameOf).filter((name) => name === 'failed')).toHaveLength(1);
    expect(outcome.events.map(nameOf).at(-1)).toBe('failed');
    const client = new ServiceBusClient(stack.serviceBus.fullyQualifiedNamespace, stack.credential('subscriber'));
    const receiver = client.createReceiver('setup-events', 'failures');
    const messages = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
    await client.close();
    expect(messages.map(({ messageId }) => messageId)).toEqual([outcome.events.at(-1)?.id]);
  });

  test('has no procedure created', async () => {
    expect(await listProcedures(stack, sampleAt(2), 'source')).toEqual([]);
    expect(await listProcedures(stack, sampleAt(2), 'destination')).toEqual([]);
  });

  test('leaves nothing in its factory but the runtime, whose node an administrator installed', async () => {
    const key = outcome.setup.runtime?.name?.replace('shir-', '') ?? 'no runtime';
    const { pipelines, datasets, linkedServices, runtimes } = await inspectFactory(stack, factoryOf(outcome));
    const own = (names: readonly string[]) => names.filter((name) => name.includes(key));
    expect([...own(pipelines), ...own(datasets), ...own(linkedServices)]).toEqual([]);
    expect(own(runtimes)).toEqual([`shir-${key}`]);
  });
});

describe('the runtime of an earlier setup', () => {
  const runtimeName = async () => {
    const { body } = await provisioningClient(stack).get('too-old');
    return (body as SetupRun['setup']).runtime?.name ?? '';
  };

  test('is reused by the next one, on its factory and without waiting for an administrator', async () => {
    await sampleAt(2).execute('source', 'ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = 130');
    const name = await runtimeName();
    const outcome = await run('second-try', 2, name);
    expect(outcome.setup.failure).toBeUndefined();
    expect(outcome.setup.state).toBe('Ready');
    expect(outcome.setup.runtime?.name).toBe(name);
    const { runtimes } = await inspectFactory(stack, factoryOf(outcome));
    expect(runtimes.filter((other) => other === name)).toHaveLength(1);
  });

  test('is refused to another tenant', async () => {
    const { tenantId } = stack.registration('otherTenant');
    await registerEnvironment(stack, sampleAt(2), tenantId);
    const other = new SetupClient(stack.host.url, tenantId, () => stack.accessToken('otherTenant'));
    const accepted = await other.put('borrower', sampleSetupBody(sampleAt(2), await runtimeName()));
    const { body } = await other.follow(accepted.headers.get('operation-location') ?? '', 100);
    expect(body).toMatchObject({ status: 'Failed', error: { code: '52030' } });
  });
});

describe('an Azure SQL source', () => {
  let outcome: SetupRun;

  beforeAll(async () => {
    // Data Factory starts the first run, and its answer is lost.
    stack.dataFactory.faults.loseNextRunAnswer();
    outcome = await run('in-azure', 3);
  });

  test('reaches Ready without a self-hosted runtime', async () => {
    expect(outcome.setup.failure).toBeUndefined();
    expect(outcome.setup.state).toBe('Ready');
    const withoutRuntime = EVENTS_OF_A_SUCCESS.filter((name) => !name.startsWith('runtime-'));
    expect(outcome.events.map(nameOf)).toEqual(withoutRuntime);
    expect(outcome.setup.runtime?.name).toBeUndefined();
  });

  test('has each stage run once, although the start of one was not confirmed', async () => {
    const cleanup = outcome.events.find((event) => nameOf(event) === 'cleanup-completed');
    const preparation = String(cleanup?.data['removed']);
    const { runs } = await inspectFactory(stack, factoryOf(outcome));
    expect(runs.filter((name) => name === preparation)).toHaveLength(2);
  });
});

describe('the source password', () => {
  let texts: StoredTexts;

  beforeAll(async () => {
    texts = await readStoredTexts(stack);
  });

  test.each([
    ['tables', 'first'],
    ['blobs', 'mig-'],
    ['histories', 'first'],
    ['factories', 'encryptedCredential'],
    ['logs', 'mig-'],
  ] as const)('is not in the %s', (place, witness) => {
    // The search is worth something only if the place holds what the setups wrote.
    expect(texts[place]).toContain(witness);
    for (const { source } of stack.databases.samples) expect(texts[place]).not.toContain(source.password);
  });

  test.each(['tables', 'histories', 'factories', 'logs'] as const)(
    'and the signature for staging are not in the %s',
    (place) => {
      expect(texts[place]).not.toMatch(/[?&]sig=/);
    },
  );

  test('is not in the events', () => {
    expect(JSON.stringify(allEvents)).toContain('first');
    for (const { source } of stack.databases.samples) expect(JSON.stringify(allEvents)).not.toContain(source.password);
  });
});
