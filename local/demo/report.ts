import type { RunResource } from './replication.ts';
import type { EventSubscription } from './event-subscription.ts';
import { inspectFactory, listProcedures } from './inspection.ts';
import { memoryOfProcesses } from '../stack/process/process-memory.ts';
import { sampleSetupBody } from './sample-setup.ts';
import { SetupClient } from './setup-client.ts';
import type { Stack } from '../stack/stack.ts';

/* The parts of the API's documents that the report shows. */
interface SetupResource {
  readonly state: string;
  readonly factory: {
    readonly subscriptionId: string;
    readonly resourceGroup: string;
    readonly name: string;
    readonly candidates: readonly {
      readonly name: string;
      readonly score: number;
      readonly reasons: readonly string[];
    }[];
  };
  readonly runtime: {
    readonly name: string;
    readonly nodes: readonly { readonly name: string; readonly version: string }[];
  };
  readonly tables: {
    readonly byCopyMethod: Readonly<Record<string, number>>;
    readonly large: number;
    readonly small: number;
    readonly packs: number;
    readonly leftOut: number;
  };
  readonly pipelines: readonly string[];
  readonly phases: readonly { readonly phase: string; readonly durationMs: number }[];
}
interface Check {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly severity: string;
  readonly measured: string;
}
interface Company {
  readonly name: string;
  readonly sizeGigabytes: number | null;
}
interface Extension {
  readonly name: string;
  readonly publisher: string;
  readonly version: string;
}

/** What the report is about. */
export interface Reported {
  readonly stack: Stack;
  readonly client: SetupClient;
  readonly subscription: EventSubscription;
}

/** Prints what was decided and made, and checks from outside that it is there. */
export async function printReport({ stack, client, subscription }: Reported, setupId: string): Promise<void> {
  // How the factories did is shown to operators only.
  const operator = new SetupClient(stack.host.url, stack.tenantId, () => stack.accessToken('operations'));
  const setup = (await operator.get(setupId)).body as SetupResource;
  const list = async <Item>(name: string) => ((await client.get(setupId, name)).body as { value: Item[] }).value;
  const [checks, companies, extensions, runs] = await Promise.all([
    list<Check>('checks'),
    list<Company>('companies'),
    list<Extension>('extensions'),
    list<RunResource>('replicationRuns'),
  ]);
  const sample = stack.databases.samples[0];
  const [factory, onSource, onDestination] = await Promise.all([
    inspectFactory(stack, setup.factory),
    listProcedures(stack, sample, 'source'),
    listProcedures(stack, sample, 'destination'),
  ]);
  const again = await client.put(setupId, sampleSetupBody(sample));

  section(
    'Factories',
    setup.factory.candidates.map(
      ({ name, score, reasons }) => `${name.padEnd(22)} score ${score}: ${reasons.join(', ')}`,
    ),
  );
  section(
    'Runtime',
    setup.runtime.nodes.map(({ name, version }) => `${setup.runtime.name}: node ${name}, version ${version}`),
  );
  section(
    'Checks',
    columns(checks.map(({ id, title, measured, ...check }) => [id, outcomeOf(check), title, measured])),
  );
  section(
    'Companies',
    companies.map(({ name, sizeGigabytes }) => `${name.padEnd(40)} ${(sizeGigabytes ?? 0).toFixed(4)} GB`),
  );
  section('Extensions online', columns(extensions.map(({ name, publisher, version }) => [name, publisher, version])));
  const { byCopyMethod, large, small, packs, leftOut } = setup.tables;
  section('Tables', [
    ...Object.entries(byCopyMethod).map(([method, tables]) => `${method.padEnd(9)} ${tables}`),
    `${large} large, ${small} small in ${packs} packs; ${leftOut} of those that are not copied have rows`,
  ]);
  section('Made and left', [
    `pipelines in ${setup.factory.name}: ${factory.pipelines.join(', ')}`,
    `procedures on the source: ${onSource.join(', ')}`,
    `procedures on the destination: ${onDestination.join(', ')}`,
  ]);
  section(
    'Replication runs',
    runs.map(({ runId, mode, state, startedAt, endedAt, counts }) => {
      const took = ((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(2);
      return `${runId}: ${mode.padEnd(5)} ${state}, ${counts.succeededTables} of ${counts.tables} tables, ${counts.rows} rows, ${took} s`;
    }),
  );
  section('Events', [
    `${subscription.received.length} in order: ${subscription.received.map(({ type }) => type.split('.').at(-2)).join(', ')}`,
  ]);
  section('The same PUT again', [
    `${again.status}: the setup is ${(again.body as SetupResource).state}, nothing was changed`,
  ]);
  section(
    'Time by phase',
    setup.phases.map(({ phase, durationMs }) => `${phase.padEnd(20)} ${(durationMs / 1000).toFixed(2).padStart(6)} s`),
  );
  section(
    'Memory',
    (await memoryOfProcesses()).map(({ name, megabytes }) => `${name.padEnd(9)} ${megabytes} MB`),
  );
}

/** A check that fails without blocking says how much it matters. */
function outcomeOf({ status, severity }: Pick<Check, 'status' | 'severity'>): string {
  return status === 'failed' && severity !== 'blocks' ? severity : status;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function section(title: string, lines: readonly string[]): void {
  console.log(`\n${title}`);
  for (const line of lines) console.log(`  ${line}`);
}
