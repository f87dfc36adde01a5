/** Everywhere where something can be left behind, with setups that are alive beside it. */
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { SecretClient } from '@azure/keyvault-secrets';
import { BlobServiceClient } from '@azure/storage-blob';
import { registerRuntimeNode } from '../../local/data-factory/runtime-node.ts';
import { startDataFactory } from '../../local/data-factory/server.ts';
import type { DataFactory } from '../../local/data-factory/server.ts';
import type { Endpoint } from '../../local/endpoint/endpoint.ts';
import { startKeyVault } from '../../local/key-vault/server.ts';
import { AuditLog } from '../../shared/audit/audit-log.ts';
import { EnvironmentDirectory } from '../../shared/environments/directory.ts';
import { stagingLinkedService, tableDataset } from '../../shared/factory/connections.ts';
import { DataFactories } from '../../shared/factory/data-factory.ts';
import { entityNames, stagingContainer } from '../../shared/factory/names.ts';
import { FactoryBook } from '../../shared/factory/book.ts';
import type { Holder } from '../../shared/factory/book.ts';
import { Staging } from '../../shared/factory/staging.ts';
import { StagingAccounts } from '../../shared/factory/staging-accounts.ts';
import { OrphanBook } from '../../shared/orphans/orphan-book.ts';
import { RuntimeBook } from '../../shared/runtimes/runtime-book.ts';
import { Secrets } from '../../shared/secrets.ts';
import type { Services } from '../../shared/services.ts';
import { ActiveSetups } from '../../shared/setup/active.ts';
import { setupKey } from '../../shared/setup/key.ts';
import type { Factory } from '../../shared/setup/setup.ts';
import type { Milestone } from '../../shared/setup/states.ts';
import { SetupIndex } from '../../shared/setup/setup-index.ts';
import { SetupStore } from '../../shared/setup/store.ts';
import { settingsFor } from './api/http-call.ts';
import { audit, milestone, newSetup } from './setup/stored-setup.ts';
import type { Tables } from './tables.ts';

const { tenantId } = newSetup;
const ofSubscription = { subscriptionId: '00000000-0000-4000-8000-000000000001', resourceGroup: 'migration' };
export const first: Factory = { ...ofSubscription, name: 'factory-1' };
export const second: Factory = { ...ofSubscription, name: 'factory-2' };
const factories = [first, second];

export interface OrphanWorld {
  readonly services: Services;
  readonly tenantId: string;
  /** Hours that have passed for the product. */
  pass(hours: number): void;
  /** What the setting says. */
  act(sweep: 'report' | 'remove'): void;
  readonly keyOf: (setupId: string) => string;
  /** Creates a setup, with an environment and a password of its own, and moves it on. */
  create(setupId: string, milestones: readonly Milestone[]): Promise<void>;
  /** Removes a setup that rests, as far as its rows know. */
  remove(setupId: string): Promise<void>;
  /** Puts a linked service, a dataset and two pipelines, one of which starts the other. */
  putEntities(factory: Factory, key: string): Promise<void>;
  putBlob(key: string): Promise<void>;
  /** Holds a place in a factory. */
  takePlace(factory: Factory, holder: Holder): Promise<void>;
  registerNode(factory: Factory, runtimeName: string): Promise<void>;
  /** Everything that is there, each as a line. */
  inventory(): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startOrphanWorld(tables: Tables): Promise<OrphanWorld> {
  const { tls, verifyToken, getToken, credential, blobUrl } = tables;
  const dataFactory: DataFactory = await startDataFactory({
    tls,
    verifyToken,
    getToken,
    factories: factories.map((factory) => ({ ...factory, location: 'westeurope' })),
  });
  const keyVault: Endpoint = await startKeyVault({ tls, verifyToken, authority: 'https://login.example.com' });
  const vault = new SecretClient(keyVault.url, credential, { disableChallengeResourceVerification: true });
  const blobs = new BlobServiceClient(blobUrl, credential);
  let passed = 0;
  // The services give their own times, so that the product's begins with theirs.
  const clock = { now: () => new Date(Date.now() + passed) };
  const unused = 'https://unused.example.com';
  const settings = {
    ...settingsFor({ issuer: `${unused}/{tenantId}`, audience: 'api', keysUrl: unused }),
    MIGRATION_FACTORIES: factories,
  };
  const active = new ActiveSetups(tables.table(), clock);
  const index = new SetupIndex(tables.table());
  const log = new AuditLog(tables.table());
  const store = new SetupStore({ setups: tables.table(), active, index, audit: log, clock, eventSource: unused });
  const environments = new EnvironmentDirectory(tables.table(), store, log, clock);
  const client = new DataFactoryManagementClient(credential, first.subscriptionId, { endpoint: dataFactory.url });
  const gateways: Partial<Services> = {
    settings,
    clock,
    store,
    active,
    environments,
    book: new FactoryBook(tables.table(), clock),
    runtimes: new RuntimeBook(tables.table()),
    secrets: new Secrets(vault),
    factories: new DataFactories(() => client, clock),
    staging: new StagingAccounts(new Map(), new Staging(blobs)),
    orphans: new OrphanBook(tables.table()),
  };
  // The sweeper uses no other gateway.
  const services = gateways as Services;
  const keyOf = (setupId: string) => setupKey(settings.MIGRATION_EVENT_SOURCE, { tenantId, setupId });

  return {
    services,
    tenantId,
    pass(hours) {
      passed += hours * 3_600_000;
    },
    act(sweep) {
      settings.MIGRATION_SWEEP = sweep;
    },
    keyOf,
    async create(setupId, milestones) {
      const { destination, request } = newSetup;
      const environment = setupId.replaceAll('-', '');
      const { environment: _environment, ...place } = destination;
      const editor = { actor: 'operator', action: 'putEnvironment', requestId: crypto.randomUUID() };
      await environments.put(tenantId, { name: environment, ...place }, undefined, editor);
      await environments.claim(tenantId, environment, { setupId, attempt: 1 });
      const [key, secretName] = [keyOf(setupId), `mig-${keyOf(setupId)}-00000001`];
      await services.secrets.put(secretName, 'value', { tenantId, setupId });
      const wanted = { ...request, destination: { environment } };
      const setup = { tenantId, setupId, key, secretName, request: wanted, destination: { environment, ...place } };
      await store.create(setup, audit);
      for (const reached of milestones) await store.record({ tenantId, setupId, attempt: 1 }, reached);
    },
    async remove(setupId) {
      const setup = await store.require({ tenantId, setupId });
      const options = { removeRuntime: false, removeSource: false };
      const removing = await store.requestDelete(setup, options, { ...audit, requestId: crypto.randomUUID() });
      await store.record({ ...setup, cleanup: removing?.cleanup }, milestone('deleted'));
    },
    async putEntities(factory, key) {
      const names = entityNames(key);
      const { large, replicate } = names.pipelines;
      const start = { name: 'Run', type: 'ExecutePipeline', typeProperties: { pipeline: referTo(large) } };
      await services.factories.put(
        factory,
        'linkedServices',
        names.linkedServices.source,
        stagingLinkedService(`${blobUrl}/container?sig=none`),
      );
      await services.factories.put(
        factory,
        'datasets',
        names.datasets.source,
        tableDataset(names, 'source', 'AzureSql'),
      );
      await services.factories.put(factory, 'pipelines', large, { properties: { activities: [] } });
      await services.factories.put(factory, 'pipelines', replicate, { properties: { activities: [start] } });
    },
    async takePlace(factory, holder) {
      const view = await services.book.read([factory], holder);
      for (const one of view.factories) await services.book.reserve(one, holder, view);
    },
    async putBlob(key) {
      await services.staging.of('westeurope').open(key);
      await blobs.getContainerClient(stagingContainer(key)).getBlockBlobClient('run-1/data.csv').upload('1', 1);
    },
    async registerNode(factory, runtimeName) {
      const { authKey1 = '' } = (await services.factories.runtimeKeys(factory, runtimeName)) ?? {};
      await registerRuntimeNode(dataFactory.url, { authKey: authKey1, nodeName: 'node-1' });
    },
    async inventory() {
      const lines: string[] = [];
      for (const factory of factories) {
        for (const kind of ['pipelines', 'datasets', 'linkedServices', 'integrationRuntimes'] as const) {
          const names = await services.factories.names(factory, kind);
          lines.push(...names.map((name) => `${kind}|${name}|factory ${factory.name}`));
        }
      }
      const held = await services.book.held();
      lines.push(...held.map(({ key }) => `reservation|${key}|book of factories`));
      for await (const { name } of vault.listPropertiesOfSecrets()) lines.push(`secret|${name}|vault`);
      for (const key of await services.staging.keys()) lines.push(`stagedBlobs|${key}|staging`);
      return lines.toSorted();
    },
    async stop() {
      for (const key of await services.staging.keys()) await services.staging.remove(key);
      await Promise.all([dataFactory.stop(), keyVault.stop()]);
    },
  };
}

function referTo(pipeline: string) {
  return { type: 'PipelineReference', referenceName: pipeline };
}

/** The way of a setup to its factory. */
export function selected(factory: Factory): Milestone {
  return { name: 'factorySelected', data: { factory, candidates: [] } };
}

/** Everything after the selection. */
export const onward: readonly Milestone[] = [
  'runtimeCreated',
  'runtimeOnline',
  'checksCompleted',
  'proceduresCreated',
  'inventoryCompleted',
  'tablesPlanned',
  'replicationPipelineCreated',
  'environmentMarked',
  'cleanupCompleted',
  'ready',
].map((name) => milestone(name as Milestone['name']));
