// A setup's databases, its factory and its pipelines, up to where a replication can be started: what the app puts into a
// factory, on the local endpoints, without the app.
import { randomBytes } from 'node:crypto';
import { on } from 'node:events';
import { ManagedIdentityCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import sql from 'mssql';
import { z } from 'zod';
import { VirtualClock } from '../../local/endpoint/clock.ts';
import { companyTables, loadSample, sampleDatabases } from '../../local/sample/load-sample.ts';
import { registerRuntimeNode } from '../../local/data-factory/runtime-node.ts';
import { AZURE_SQL, SQL_SERVER } from '../../local/sql-server/profiles.ts';
import { startSqlServer } from '../../local/sql-server/server.ts';
import { companySchema, extensionSchema } from '../../shared/checks/check.ts';
import {
  destinationLinkedService,
  sourceLinkedService,
  stagingLinkedService,
  tableDataset,
} from '../../shared/factory/connections.ts';
import { DataFactories } from '../../shared/factory/data-factory.ts';
import { entityNames } from '../../shared/factory/names.ts';
import { largeTablesPipeline, replicatePipeline, smallTablesPipeline } from '../../shared/factory/pipelines.ts';
import { preparationActivities, preparationPipeline } from '../../shared/factory/preparation-pipeline.ts';
import { Staging } from '../../shared/factory/staging.ts';
import { joinCatalogue } from '../../shared/plan/catalogue.ts';
import { replacePlan } from '../../shared/plan/control-rows.ts';
import { planLimitsSchema } from '../../shared/plan/groups.ts';
import { planTables } from '../../shared/plan/plan.ts';
import type { PlannedTable } from '../../shared/plan/plan.ts';
import { replicationRuleSchema } from '../../shared/plan/rules.ts';
import type { OnlineApp } from '../../shared/plan/rules.ts';
import { SqlDatabase } from '../../shared/sql/database.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import { emptyStorage } from './shared-endpoints.ts';
import { FACTORY, GROUP, runEnd, startDataFactoryFixture, SUBSCRIPTION } from '../contract/fixtures/data-factory.ts';

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

/** Installs the sample, plans it and creates its companies online. Tables above `smallTableBytes` travel alone. */
export async function startReplicationWorld(smallTableBytes: number): Promise<ReplicationWorld> {
  const clock = new VirtualClock(Date.now());
  const fixture = await startDataFactoryFixture({ clock });
  // Time passes only where an activity waits for its next try.
  fixture.lines.on('line', (line: string) => {
    if (/^activity .*: Failed$/.test(line)) setImmediate(() => void clock.advance(30_000));
  });
  const password = randomBytes(24).toString('base64url');
  const [storage, servers] = await Promise.all([emptyStorage(), startServers(fixture, password)]);
  const staging = new Staging(new BlobServiceClient(storage.blobUrl, new ManagedIdentityCredential()));
  const factories = new DataFactories(() => fixture.client, { now: () => new Date() });
  const connect = (server: 'onprem' | 'online', database: string, login: Partial<sql.config>) =>
    new sql.ConnectionPool({
      server: 'localhost',
      port: servers.servers[server]?.port ?? 0,
      database,
      options: { encrypt: true },
      ...login,
    }).connect();
  const token = await fixture.identity.getToken('https://database.windows.net/');
  const source = await connect('onprem', sampleDatabases.source, { user: 'owner', password });
  const destination = await connect('online', sampleDatabases.destination, {
    authentication: { type: 'azure-active-directory-access-token', options: { token } },
  });

  const node = await putConnections(fixture, factories, { staging, password, ports: servers.servers });
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
  const installed = await start(names.pipelines.prepare, { stage: 'install' });
  if (installed.status !== 'Succeeded') throw new Error(installed.message);
  const outputs = await factories.activityOutputs(factory, installed.runId);
  const extensions = z.object({ value: extensionSchema.array() });
  const apps = extensions.parse(outputs.get(preparationActivities.extensions)).value;
  const plan = await planSample(source, destination, apps, smallTableBytes);

  return {
    names,
    source,
    destination,
    node,
    plan,
    replicate: (replicationId, mode) => start(names.pipelines.replicate, { replicationId, mode }),
    kill: (replicationId, mode, line) => start(names.pipelines.replicate, { replicationId, mode }, line),
    forgetChanges: () => servers.database('onprem', sampleDatabases.source).forgetChanges(),
    async stop() {
      await Promise.all([source.close(), destination.close()]);
      await fixture.stop();
      await servers.stop();
    },
  };
}

type Fixture = Awaited<ReturnType<typeof startDataFactoryFixture>>;
type Servers = Awaited<ReturnType<typeof startSqlServer>>;

async function startServers({ tls, identity }: Fixture, password: string): Promise<Servers> {
  const database = (name: string) => ({ name, compatibilityLevel: 150, collation: 'Latin1_General_100_CI_AS' });
  const servers = await startSqlServer({
    tls,
    verifyToken: identity.verifyToken,
    servers: [
      {
        name: 'onprem',
        acceptsTokens: false,
        profile: SQL_SERVER,
        databases: [database(sampleDatabases.source)],
        logins: [{ name: 'owner', password, sysadmin: true, databases: {} }],
      },
      {
        name: 'online',
        acceptsTokens: true,
        profile: AZURE_SQL,
        databases: [database(sampleDatabases.destination)],
        logins: [],
      },
    ],
  });
  for (const [side, server] of [
    ['source', 'onprem'],
    ['destination', 'online'],
  ] as const) {
    await loadSample(side, (batch) => servers.database(server, sampleDatabases[side]).execute(batch));
  }
  return servers;
}

async function putConnections(
  { client, dataFactory }: Fixture,
  factories: DataFactories,
  {
    staging,
    password,
    ports,
  }: { readonly staging: Staging; readonly password: string; readonly ports: Servers['servers'] },
) {
  await factories.createRuntime(factory, names.runtime, '');
  const { authKey1 = '' } = await client.integrationRuntimes.listAuthKeys(GROUP, FACTORY, names.runtime);
  const node = await registerRuntimeNode(dataFactory.url, { authKey: authKey1, nodeName: 'node' });
  const place = (server: 'onprem' | 'online', database: string) => ({
    server: `localhost,${ports[server]?.port ?? 0}`,
    database,
  });
  const connection = {
    ...place('onprem', sampleDatabases.source),
    userName: 'owner',
    encrypt: true,
    trustServerCertificate: false,
  };
  const online = {
    ...place('online', sampleDatabases.destination),
    environment: 'Production',
    region: 'westeurope',
  };
  for (const [name, document] of [
    [names.linkedServices.source, sourceLinkedService({ kind: 'SqlServer', connection }, password, names.runtime)],
    [names.linkedServices.destination, destinationLinkedService(online)],
    [names.linkedServices.staging, stagingLinkedService(await staging.open(key))],
  ] as const) {
    await factories.put(factory, 'linkedServices', name, document);
  }
  for (const side of ['source', 'destination'] as const) {
    await factories.put(factory, 'datasets', names.datasets[side], tableDataset(names, side, 'SqlServer'));
  }
  return node;
}

async function planSample(
  source: sql.ConnectionPool,
  destination: sql.ConnectionPool,
  onlineApps: readonly OnlineApp[],
  smallTableBytes: number,
): Promise<readonly PlannedTable[]> {
  const database = new SqlDatabase(destination);
  const companies = companySchema.array().parse(await new SqlDatabase(source).query(scripts.listCompanies));
  for (const { sqlName } of companies) {
    for (const statement of companyTables(sqlName)) await database.query(statement);
  }
  const online = companySchema.array().parse(await database.query(scripts.listCompanies));
  const planned = planTables(
    joinCatalogue(database.stream(scripts.sourceTables), database.stream(scripts.sourceColumns)),
    joinCatalogue(database.stream(scripts.catalogueTables), database.stream(scripts.catalogueColumns)),
    {
      companies,
      onlineCompanies: online.map(({ sqlName }) => sqlName),
      onlineApps,
      rules: replicationRuleSchema.array().parse(await database.query(scripts.replicationRules)),
      limits: planLimitsSchema.parse({ smallTableBytes }),
      collation: 'Latin1_General_100_CI_AS',
      selection: {},
    },
  );
  const plan: PlannedTable[] = [];
  const progress = {
    stillCurrent: () => Promise.resolve(true),
    written: (part: readonly PlannedTable[]) => plan.push(...part),
  };
  const outcome = await replacePlan(database, claimant, planned, progress);
  if (outcome !== 'replaced') throw new Error(`The plan is ${outcome}.`);
  return plan;
}
