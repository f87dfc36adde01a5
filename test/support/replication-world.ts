// A setup's databases, its factory and its pipelines, up to where a replication can be started: what the app puts into a
// factory, on the local endpoints, without the app.
import { on } from 'node:events';
import { ManagedIdentityCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import type sql from 'mssql';
import { z } from 'zod';
import { VirtualClock } from '../../local/endpoint/clock.ts';
import { registerRuntimeNode } from '../../local/data-factory/runtime-node.ts';
import { extensionSchema } from '../../shared/checks/probe.ts';
import { catalogueDataset, stagingLinkedService, tableDataset } from '../../shared/factory/connections.ts';
import { DataFactories } from '../../shared/factory/data-factory.ts';
import { catalogueBlob, entityNames } from '../../shared/factory/names.ts';
import { largeTablesPipeline, replicatePipeline, smallTablesPipeline } from '../../shared/factory/pipelines.ts';
import { preparationActivities, preparationPipeline } from '../../shared/factory/preparation-pipeline.ts';
import type { PreparationStage } from '../../shared/factory/preparation-pipeline.ts';
import { Staging } from '../../shared/factory/staging.ts';
import { readCatalogue } from '../../shared/plan/catalogue.ts';
import type { PlannedTable } from '../../shared/plan/plan.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import { emptyStorage } from './shared-endpoints.ts';
import { FACTORY, GROUP, runEnd, startDataFactoryFixture, SUBSCRIPTION } from '../contract/fixtures/data-factory.ts';
import type { DataFactoryFixture } from '../contract/fixtures/data-factory.ts';
import { openReplicationDatabases } from './replication-databases.ts';
import type { ReplicationDatabases, WorldContent } from './replication-databases.ts';
import { openCompanies, planSource } from './replication-plan.ts';

const key = '0123456789ab';
const names = entityNames(key);
const claimant = { setupKey: 'a'.repeat(64), attempt: 1 };
const factory = { subscriptionId: SUBSCRIPTION, resourceGroup: GROUP, name: FACTORY };

/** How a run ended. */
interface Ended {
  readonly runId: string;
  readonly status: string;
  readonly message: string;
}

export interface ReplicationWorld {
  readonly names: typeof names;
  readonly fixture: DataFactoryFixture;
  readonly source: sql.ConnectionPool;
  readonly destination: sql.ConnectionPool;
  /** The runtime's only node. */
  readonly node: { stop(): Promise<void> };
  readonly plan: readonly PlannedTable[];
  /** Runs a replication to its end. */
  replicate(replicationId: number, mode: string): Promise<Ended>;
  /** Starts a replication, and cancels it with all that it has started at a line of the factory's log. */
  kill(replicationId: number, mode: string, line: RegExp): Promise<Ended>;
  /** What the source's change tracking does with changes when their retention is over. */
  forgetChanges(): Promise<void>;
  stop(): Promise<void>;
}

/** Prepares both databases, creates the source's companies online and plans. Tables above `smallTableBytes` travel alone. */
export async function startReplicationWorld(content: WorldContent, smallTableBytes: number): Promise<ReplicationWorld> {
  const clock = new VirtualClock(Date.now());
  const fixture = await startDataFactoryFixture({ clock });
  // Time passes only where an activity waits for its next try.
  fixture.lines.on('line', (line: string) => {
    if (/^activity .*: Failed$/.test(line)) setImmediate(() => void clock.advance(30_000));
  });
  const storage = await emptyStorage();
  // Not at the same time: filling a large database leaves no time to see the storage answer.
  const databases = await openReplicationDatabases(fixture, clock, content);
  const { source, destination } = databases;
  const staging = new Staging(new BlobServiceClient(storage.blobUrl, new ManagedIdentityCredential()));
  const factories = new DataFactories(() => fixture.client, { now: () => new Date() });
  const node = await putConnections(fixture, factories, databases, staging);
  const context = { key, names, sourceKind: 'SqlServer' } as const;
  const pipelines = [
    [names.pipelines.prepare, preparationPipeline(context, claimant, scripts)],
    [names.pipelines.large, largeTablesPipeline(context)],
    [names.pipelines.small, smallTablesPipeline(context)],
    [names.pipelines.replicate, replicatePipeline(context)],
  ] as const;
  for (const [name, document] of pipelines) await factories.put(factory, 'pipelines', name, document);

  const start = async (
    pipeline: string,
    parameters: Readonly<Record<string, unknown>>,
    cancelAt?: RegExp,
  ): Promise<Ended> => {
    const all = { operationId: crypto.randomUUID(), ...parameters };
    const { runId } = await fixture.client.pipelines.createRun(GROUP, FACTORY, pipeline, { parameters: all });
    if (cancelAt !== undefined) {
      for await (const [line] of on(fixture.lines, 'line')) if (cancelAt.test(String(line))) break;
      await fixture.client.pipelineRuns.cancel(GROUP, FACTORY, runId, { isRecursive: true });
    }
    const { status = '', message = '' } = await runEnd(fixture, runId);
    return { runId, status, message };
  };
  await openCompanies(databases, content);
  const prepare = async (stage: PreparationStage) => {
    const { runId, status, message } = await start(names.pipelines.prepare, { stage });
    if (status !== 'Succeeded') throw new Error(message);
    return factories.activityOutputs(factory, runId);
  };
  await prepare('assess');
  const outputs = await prepare('install');
  const extensions = z.object({ value: extensionSchema.array() });
  const apps = extensions.parse(outputs.get(preparationActivities.extensions)).value;
  const catalogueOf = (side: 'source' | 'destination') =>
    readCatalogue(staging.read(key, catalogueBlob(claimant.attempt, side)));
  const plan = await planSource(databases, catalogueOf, claimant, apps, smallTableBytes);

  return {
    names,
    fixture,
    source,
    destination,
    node,
    plan,
    replicate: (replicationId, mode) => start(names.pipelines.replicate, { replicationId, mode }),
    kill: (replicationId, mode, line) => start(names.pipelines.replicate, { replicationId, mode }, line),
    forgetChanges: () => databases.forgetChanges(),
    async stop() {
      await fixture.stop();
      await databases.stop();
    },
  };
}

async function putConnections(
  { client, dataFactory }: DataFactoryFixture,
  factories: DataFactories,
  databases: ReplicationDatabases,
  staging: Staging,
) {
  await factories.createRuntime(factory, names.runtime, '');
  const { authKey1 = '' } = await client.integrationRuntimes.listAuthKeys(GROUP, FACTORY, names.runtime);
  const node = await registerRuntimeNode(dataFactory.url, { authKey: authKey1, nodeName: 'node' });
  for (const [name, document] of [
    [names.linkedServices.source, databases.sourceService(names.runtime)],
    [names.linkedServices.destination, databases.destinationService],
    [names.linkedServices.staging, stagingLinkedService(await staging.open(key))],
  ] as const) {
    await factories.put(factory, 'linkedServices', name, document);
  }
  for (const side of ['source', 'destination'] as const) {
    await factories.put(factory, 'datasets', names.datasets[side], tableDataset(names, side, 'SqlServer'));
  }
  await factories.put(factory, 'datasets', names.datasets.catalogue, catalogueDataset(names, key));
  return node;
}
