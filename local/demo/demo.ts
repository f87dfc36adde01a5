/**
 * Builds the app, starts everything, runs one setup and two replications as their users would, says what came of it, and
 * stops everything. `--help`
 * tells the options.
 */
import { Listr } from 'listr2';
import type { ListrTask } from 'listr2';
import { registerRuntimeNode } from '../data-factory/runtime-node.ts';
import { printReport } from './report.ts';
import { Milestones } from './milestones.ts';
import { subscribeToSetup } from './event-subscription.ts';
import type { EventSubscription } from './event-subscription.ts';
import { buildApp } from '../stack/build-app.ts';
import { readCommandLine } from '../stack/command-line.ts';
import type { CommandLine } from '../stack/command-line.ts';
import { compareCustomers, createCompanies, replicate, workAtSource } from './replication.ts';
import { registerEnvironment, sampleSetupBody } from './sample-setup.ts';
import { SetupClient } from './setup-client.ts';
import { startStack } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import { stopOnSignal } from '../stack/process/stop-on-signal.ts';

const SETUP_ID = 'cronus';

interface Demo {
  options: CommandLine;
  stack: Stack;
  client: SetupClient;
  subscription: EventSubscription;
  operation: string;
}

const stopping = new AbortController();
const milestones = new Milestones();

const tasks = new Listr<Partial<Demo>>(
  [
    {
      title: 'Start the local stack',
      async task(demo, task) {
        const started = performance.now();
        const { hostKind, port: hostPort } = (demo as Demo).options;
        demo.stack = await startStack({ hostKind, hostPort, appDirectory: process.cwd() });
        stopOnSignal(demo.stack, stopping);
        task.title = `Local stack ready after ${seconds(performance.now() - started)}: ${demo.stack.host.url}`;
      },
    },
    {
      title: 'Subscribe to the events of the setup',
      task: async (demo) => {
        const { stack } = demo as Demo;
        demo.client = new SetupClient(stack.host.url, stack.tenantId, () => stack.accessToken('provisioning'));
        demo.subscription = await subscribeToSetup({
          namespace: stack.serviceBus.fullyQualifiedNamespace,
          credential: stack.credential('subscriber'),
          tenantId: stack.tenantId,
          setupId: SETUP_ID,
          receive: async (event) => milestones.reach(event),
          lost: (error) => milestones.fail(error),
        });
      },
    },
    {
      title: 'The provider registers the environment of its customer',
      async task(demo) {
        const { stack } = demo as Demo;
        await registerEnvironment(stack, stack.databases.samples[0]);
      },
    },
    {
      title: `PUT /api/tenants/{tenantId}/migrationSetups/${SETUP_ID}`,
      async task(demo, task) {
        const { stack, client } = demo as Demo;
        const answer = await client.put(SETUP_ID, sampleSetupBody(stack.databases.samples[0]));
        if (answer.status !== 201) throw new Error(`It was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
        demo.operation = answer.headers.get('operation-location') ?? '';
        task.title += `: ${answer.status}, Operation-Location: ${demo.operation}`;
      },
    },
    phase('FactorySelection', 'factory-selected', ({ factory }) => `chose ${(factory as { name: string }).name}`),
    {
      title: 'An administrator reads the key, installs the runtime and registers a node',
      async task(demo) {
        const { stack, client } = demo as Demo;
        await milestones.of('runtime-created');
        const { body } = await client.listRuntimeKeys(SETUP_ID);
        const { authKey1 } = body as { authKey1: string };
        await registerRuntimeNode(stack.dataFactory.url, { authKey: authKey1, nodeName: 'SQLSERVER01' });
        await client.findNode(SETUP_ID);
      },
    },
    phase('RuntimeRegistration', 'runtime-online', ({ runtimeName }) => `${String(runtimeName)} is online`),
    phase(
      'Assessment',
      'checks-completed',
      ({ passed, nothingToDo, warned }) =>
        `${String(passed)} checks passed, ${String(nothingToDo)} leave nothing to do, ${String(warned)} warn`,
    ),
    phase('Installation', 'procedures-created', () => 'procedures are on both sides'),
    phase(
      'Inventory',
      'inventory-completed',
      (data) => `${String(data['companies'])} companies, ${String(data['extensions'])} extensions`,
    ),
    phase('TablePlan', 'tables-planned', ({ byCopyMethod }) => counts(byCopyMethod as Record<string, number>)),
    phase('ReplicationPipeline', 'replication-pipeline-created', ({ pipelines }) => (pipelines as string[]).join(', ')),
    phase('Ready and Cleanup', 'cleanup-completed', ({ removed }) => `removed ${(removed as string[]).join(', ')}`),
    phase('The setup', 'ready', ({ environment }) => `${String(environment)} is ready for migration`),
    {
      title: 'Follow the operation to its end',
      async task(demo, task) {
        const { client, operation } = demo as Demo;
        const { body } = await client.follow(operation, 250);
        task.title += `: ${(body as { status: string }).status}`;
      },
    },
    {
      title: 'The customer creates its companies in the environment',
      async task(demo, task) {
        const { client, stack } = demo as Demo;
        const companies = await createCompanies(client, SETUP_ID, stack.databases.samples[0]);
        task.title += `: ${companies.join(', ')}`;
      },
    },
    replication('full'),
    {
      title: 'Somebody works on premises: one customer is new, one has moved, one is gone',
      async task(demo) {
        const { stack } = demo as Demo;
        await workAtSource(stack, stack.databases.samples[0]);
      },
    },
    replication('delta'),
  ],
  {
    fallbackRendererCondition: () => !process.stdout.isTTY,
    fallbackRenderer: 'simple',
    registerSignalListeners: false,
  },
);

const demo: Partial<Demo> = {};
try {
  const options = readCommandLine(process.argv.slice(2), 0);
  if (options !== undefined) await run(options);
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
} finally {
  await demo.subscription?.close();
  await demo.stack?.stop();
}

async function run(options: CommandLine): Promise<void> {
  buildApp(process.cwd());
  demo.options = options;
  await tasks.run(demo);
  await printReport(demo as Demo, SETUP_ID);
}

function phase(
  title: string,
  event: string,
  tell: (data: Record<string, unknown>) => string,
): ListrTask<Partial<Demo>> {
  return {
    title,
    async task(_demo, task) {
      const { data } = await milestones.of(event);
      task.title = `${title}: ${tell(data)}`;
    },
  };
}

function replication(mode: 'full' | 'delta'): ListrTask<Partial<Demo>> {
  return {
    title: `POST …/replicationRuns: ${mode}`,
    async task(context, task) {
      const { stack, client } = context as Demo;
      const { state, counts: copied } = await replicate(client, SETUP_ID, mode);
      const { rows, same } = await compareCustomers(stack, stack.databases.samples[0]);
      if (!same) throw new Error('The customers differ between both sides');
      task.title += `: ${state}, ${copied.rows} rows of ${copied.succeededTables} tables; ${rows} customers are the same on both sides`;
    },
  };
}

/** How many tables are copied by each method. */
function counts(byCopyMethod: Readonly<Record<string, number>>): string {
  return Object.entries(byCopyMethod)
    .map(([method, tables]) => `${tables} ${method}`)
    .join(', ');
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
