/** The only maker of SDK clients: settings in, gateways out. */
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { TableClient } from '@azure/data-tables';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { DefaultAzureCredential } from '@azure/identity';
import type { TokenCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { MetricsClient } from '@azure/monitor-query-metrics';
import { ServiceBusClient } from '@azure/service-bus';
import { BlobServiceClient, newPipeline } from '@azure/storage-blob';
import { AuditLog } from './audit/audit-log.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { checkThresholds } from './config.ts';
import type { Settings } from './config.ts';
import type { CheckThresholds } from './checks/thresholds.ts';
import { EnvironmentDirectory } from './environments/directory.ts';
import { DataFactories } from './factory/data-factory.ts';
import { FactoryIdentities } from './factory/identities.ts';
import type { ClientOf } from './factory/data-factory.ts';
import { EventPublisher } from './setup/publisher.ts';
import { FactoryBook } from './factory/book.ts';
import { EntityMetrics } from './factory/entity-metrics.ts';
import { ReplayBook } from './replays/replay-book.ts';
import { QuotaAnnouncer } from './factory/quota-announcer.ts';
import { Staging } from './factory/staging.ts';
import { StagingAccounts } from './factory/staging-accounts.ts';
import { OrphanBook } from './orphans/orphan-book.ts';
import { EndedBook } from './retention/ended-book.ts';
import { SetupRows } from './retention/setup-rows.ts';
import { ReplicationRuns } from './replication/replication-runs.ts';
import { RunFigures } from './replication/run-figures.ts';
import { RuntimeBook } from './runtimes/runtime-book.ts';
import { fewConnections } from './requests/few-connections.ts';
import { LONGEST_WAIT_MS } from './requests/request-queue.ts';
import { answeredWithin, blobsAnsweredWithin } from './requests/request-timeout.ts';
import { blobRefusalsCounted, refusalsCounted, sendsCounted } from './requests/refusals.ts';
import { withinBudget } from './requests/resource-manager-budget.ts';
import { Secrets } from './secrets.ts';
import { parseServerAddress } from './sql/server-address.ts';
import { ActiveSetups } from './setup/active.ts';
import { Attempts } from './setup/attempts.ts';
import { Findings } from './setup/findings.ts';
import { SetupIndex } from './setup/setup-index.ts';
import { RunIntents } from './setup/run-intents.ts';
import { SetupStore } from './setup/store.ts';
import { connectPool } from './sql/connect.ts';
import { SqlDatabases } from './sql/database.ts';
import type { Connect } from './sql/database.ts';
import { WaitBook } from './waits/wait-book.ts';

/** What handlers and activities work with. */
export interface Services {
  readonly settings: Settings;
  readonly thresholds: CheckThresholds;
  readonly clock: Clock;
  readonly store: SetupStore;
  readonly replicationRuns: ReplicationRuns;
  readonly runFigures: RunFigures;
  readonly active: ActiveSetups;
  readonly audit: AuditLog;
  readonly ended: EndedBook;
  readonly setupRows: SetupRows;
  readonly index: SetupIndex;
  readonly attempts: Attempts;
  readonly findings: Findings;
  readonly environments: EnvironmentDirectory;
  readonly book: FactoryBook;
  readonly quotas: QuotaAnnouncer;
  readonly runtimes: RuntimeBook;
  readonly publisher: EventPublisher;
  readonly factories: DataFactories;
  readonly entityMetrics: EntityMetrics;
  readonly identities: FactoryIdentities;
  readonly replays: ReplayBook;
  readonly waits: WaitBook;
  readonly runIntents: RunIntents;
  readonly databases: SqlDatabases;
  readonly staging: StagingAccounts;
  readonly orphans: OrphanBook;
  readonly secrets: Secrets;
}

const TRY_MS = 10_000;
/**
 * An activity that changes something outside may do so for 60 s after it asked the head row. In that time fit two
 * rounds of requests to Resource Manager, each with the wait for its turn, and the rows beside them, or a connection and one
 * batch; one that does more asks again in between.
 */
const RESOURCE_MANAGER_MS = 20_000 - LONGEST_WAIT_MS;
/**
 * Three requests sign for a container, and Resource Manager is asked next, all within those 60 s. It is enough for what is
 * written, a plan, since that of 100,000 tables has 1.2 MB; what is read, also a catalogue, may come for longer, as long as it comes.
 */
const BLOB_MS = 10_000;
const CONNECTION_MS = 15_000;

/** How often and how long a service is tried. A caller of the API waits for tables and the vault. */
const threeTries = { ...once(TRY_MS, fewConnections), retryOptions: { maxRetries: 2, maxRetryDelayInMs: 2_000 } };

function once(milliseconds: number, ...policies: readonly PipelinePolicy[]) {
  const additionalPolicies = [refusalsCounted, ...policies, answeredWithin(milliseconds)].map((policy) => ({
    policy,
    position: 'perRetry' as const,
  }));
  return { retryOptions: { maxRetries: 0 }, additionalPolicies };
}

/** Makes every gateway, all with the app's own identity. Connects to nothing yet. */
export function createServices(settings: Settings): Services {
  const credential = new DefaultAzureCredential(threeTries);
  const clock = systemClock;
  const table = (name: string) =>
    new TableClient(settings.MIGRATION_STATE_TABLE_ENDPOINT, name, credential, threeTries);
  const setups = table('setups');
  const active = new ActiveSetups(table('activesetups'), clock);
  const index = new SetupIndex(table('setupindex'));
  const audit = new AuditLog(table('audit'));
  const ended = new EndedBook(table('ended'));
  const eventSource = settings.MIGRATION_EVENT_SOURCE;
  const written = { setups, active, index, audit, clock, eventSource };
  const store = new SetupStore(written);
  const bus = new ServiceBusClient(settings.MIGRATION_SERVICE_BUS_NAMESPACE, credential, {
    retryOptions: { maxRetries: 0, timeoutInMs: TRY_MS },
  });
  const vault = new SecretClient(settings.MIGRATION_KEY_VAULT_URL, credential, {
    disableChallengeResourceVerification: !settings.MIGRATION_KEY_VAULT_VERIFY_CHALLENGE,
    ...threeTries,
  });
  const factories = new DataFactories(
    resourceManager(settings.MIGRATION_RESOURCE_MANAGER_URL, credential, clock),
    clock,
  );
  const topic = bus.createSender(settings.MIGRATION_EVENT_TOPIC);
  const sender = sendsCounted(topic, settings.MIGRATION_SERVICE_BUS_NAMESPACE);
  const book = new FactoryBook(table('factories'), clock);
  return {
    settings,
    thresholds: checkThresholds(settings),
    clock,
    store,
    replicationRuns: new ReplicationRuns(written),
    runFigures: new RunFigures(table('runfigures')),
    active,
    audit,
    ended,
    index,
    attempts: new Attempts(setups),
    setupRows: new SetupRows(setups),
    findings: new Findings(setups),
    environments: new EnvironmentDirectory(table('environments'), store, audit, clock),
    book,
    quotas: new QuotaAnnouncer(sender, book, eventSource),
    runtimes: new RuntimeBook(table('runtimes')),
    replays: new ReplayBook(table('replays'), audit, ended, clock),
    publisher: new EventPublisher(sender, store, active, clock),
    factories,
    entityMetrics: new EntityMetrics(settings.MIGRATION_METRICS_ENDPOINT, metricsOf(credential), clock),
    identities: new FactoryIdentities(factories, clock),
    runIntents: new RunIntents(setups, clock),
    waits: new WaitBook(table('waits'), clock),
    databases: new SqlDatabases(connectWith(credential)),
    staging: stagingAccounts(settings, credential),
    orphans: new OrphanBook(table('orphans')),
    secrets: new Secrets(vault),
  };
}

function stagingAccounts(
  {
    MIGRATION_STAGING_BLOB_ENDPOINT: others,
    MIGRATION_REGIONAL_STAGING_BLOB_ENDPOINTS: regional,
  }: Pick<Settings, 'MIGRATION_STAGING_BLOB_ENDPOINT' | 'MIGRATION_REGIONAL_STAGING_BLOB_ENDPOINTS'>,
  credential: TokenCredential,
): StagingAccounts {
  const pipeline = newPipeline(credential, { retryOptions: { maxTries: 1, tryTimeoutInMs: BLOB_MS } });
  pipeline.factories.push(blobRefusalsCounted, blobsAnsweredWithin(BLOB_MS));
  const at = (endpoint: string) => new Staging(new BlobServiceClient(endpoint, pipeline));
  const byRegion = Object.entries(regional).map(([region, endpoint]): [string, Staging] => [region, at(endpoint)]);
  return new StagingAccounts(new Map(byRegion), at(others));
}

/** One client a subscription: what is left of its requests is known in one place. */
function resourceManager(endpoint: string, credential: TokenCredential, clock: Clock): ClientOf {
  const clients = new Map<string, DataFactoryManagementClient>();
  return (subscriptionId) => {
    const made = clients.get(subscriptionId);
    if (made !== undefined) return made;
    const options = once(RESOURCE_MANAGER_MS, withinBudget(subscriptionId, clock));
    const client = new DataFactoryManagementClient(credential, subscriptionId, { endpoint, ...options });
    clients.set(subscriptionId, client);
    return client;
  };
}

/** https://learn.microsoft.com/azure/azure-monitor/platform/rest-api-walkthrough, and not what the SDK takes by default. */
const METRICS_SCOPE = 'https://metrics.monitor.azure.com/.default';

function metricsOf(credential: TokenCredential): (endpoint: string) => MetricsClient {
  const options = { credentials: { scopes: [METRICS_SCOPE] }, ...once(TRY_MS) };
  const clients = new Map<string, MetricsClient>();
  return (endpoint) => {
    const client = clients.get(endpoint) ?? new MetricsClient(endpoint, credential, options);
    clients.set(endpoint, client);
    return client;
  };
}

// https://learn.microsoft.com/azure/azure-sql/database/authentication-aad-configure
const AZURE_SQL_SCOPE = 'https://database.windows.net/.default';

function connectWith(credential: TokenCredential): Connect {
  return async ({ server, database }, longestRequestMs) => {
    const address = parseServerAddress(server);
    if (address === undefined) throw new Error('The destination server is not of the form host or host,port');
    const accessToken = await credential.getToken(AZURE_SQL_SCOPE);
    if (accessToken === null) throw new Error('The identity of the app got no access token for Azure SQL');
    return connectPool({
      server: address.host,
      ...(address.port === undefined ? {} : { port: address.port }),
      database,
      authentication: { type: 'azure-active-directory-access-token', options: { token: accessToken.token } },
      options: { encrypt: true, trustServerCertificate: false },
      connectionTimeout: CONNECTION_MS,
      requestTimeout: longestRequestMs,
    });
  };
}
