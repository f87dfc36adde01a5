/** The only maker of SDK clients: settings in, gateways out. */
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { TableClient } from '@azure/data-tables';
import { DefaultAzureCredential } from '@azure/identity';
import type { TokenCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { ServiceBusClient } from '@azure/service-bus';
import sql from 'mssql';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { checkThresholds } from './config.ts';
import type { Settings } from './config.ts';
import type { CheckThresholds } from './checks/check.ts';
import { EnvironmentDirectory } from './environments/directory.ts';
import { DataFactories } from './factory/data-factory.ts';
import type { SubscriptionClients } from './factory/data-factory.ts';
import { EventPublisher } from './setup/publisher.ts';
import { FactoryReservations } from './factory/reservations.ts';
import { ReplayBook } from './replays/replay-book.ts';
import { RuntimeBook } from './runtimes/runtime-book.ts';
import { answeredWithin } from './request-timeout.ts';
import { Secrets } from './secrets.ts';
import { parseServerAddress } from './sql/server-address.ts';
import { ActiveSetups } from './setup/active.ts';
import { Attempts } from './setup/attempts.ts';
import { Findings } from './setup/findings.ts';
import { SetupIndex } from './setup/setup-index.ts';
import { SetupStore } from './setup/store.ts';
import { SqlDatabases } from './sql/database.ts';
import type { Connect } from './sql/database.ts';
import { WaitBook } from './waits/wait-book.ts';

/** What handlers and activities work with. */
export interface Services {
  readonly settings: Settings;
  readonly thresholds: CheckThresholds;
  readonly clock: Clock;
  readonly store: SetupStore;
  readonly active: ActiveSetups;
  readonly index: SetupIndex;
  readonly attempts: Attempts;
  readonly findings: Findings;
  readonly environments: EnvironmentDirectory;
  readonly reservations: FactoryReservations;
  readonly runtimes: RuntimeBook;
  readonly publisher: EventPublisher;
  readonly factories: DataFactories;
  readonly replays: ReplayBook;
  readonly waits: WaitBook;
  readonly databases: SqlDatabases;
  readonly secrets: Secrets;
}

/** Makes every gateway, all with the app's own identity. Connects to nothing yet. */
export function createServices(settings: Settings): Services {
  const credential = new DefaultAzureCredential();
  const clock = systemClock;
  const table = (name: string) => new TableClient(settings.MIGRATION_STATE_TABLE_ENDPOINT, name, credential);
  const setups = table('setups');
  const active = new ActiveSetups(table('activesetups'), clock);
  const index = new SetupIndex(table('setupindex'));
  const store = new SetupStore(setups, active, index, clock, settings.MIGRATION_EVENT_SOURCE);
  const bus = new ServiceBusClient(settings.MIGRATION_SERVICE_BUS_NAMESPACE, credential);
  const vault = new SecretClient(settings.MIGRATION_KEY_VAULT_URL, credential, {
    disableChallengeResourceVerification: !settings.MIGRATION_KEY_VAULT_VERIFY_CHALLENGE,
    // A caller of the API waits for the vault: at worst three tries of ten seconds.
    retryOptions: { maxRetries: 2, maxRetryDelayInMs: 5_000 },
    additionalPolicies: [{ policy: answeredWithin(10_000), position: 'perRetry' }],
  });
  return {
    settings,
    thresholds: checkThresholds(settings),
    clock,
    store,
    active,
    index,
    attempts: new Attempts(setups),
    findings: new Findings(setups),
    environments: new EnvironmentDirectory(table('environments'), store, clock),
    reservations: new FactoryReservations(table('factoryreservations')),
    runtimes: new RuntimeBook(table('runtimes')),
    publisher: new EventPublisher(bus.createSender(settings.MIGRATION_EVENT_TOPIC), store),
    factories: new DataFactories(subscriptionClients(settings.MIGRATION_RESOURCE_MANAGER_URL, credential), clock),
    replays: new ReplayBook(table('replays'), clock),
    waits: new WaitBook(table('waits'), clock),
    databases: new SqlDatabases(connectWith(credential)),
    secrets: new Secrets(vault),
  };
}

function subscriptionClients(
  endpoint: string,
  credential: TokenCredential,
): (subscriptionId: string) => SubscriptionClients {
  const clients = new Map<string, SubscriptionClients>();
  return (subscriptionId) => {
    const known = clients.get(subscriptionId);
    if (known !== undefined) return known;
    const made = {
      client: new DataFactoryManagementClient(credential, subscriptionId, { endpoint }),
      withoutRetries: new DataFactoryManagementClient(credential, subscriptionId, {
        endpoint,
        retryOptions: { maxRetries: 0 },
      }),
    };
    clients.set(subscriptionId, made);
    return made;
  };
}

// https://learn.microsoft.com/azure/azure-sql/database/authentication-aad-configure
const AZURE_SQL_SCOPE = 'https://database.windows.net/.default';

function connectWith(credential: TokenCredential): Connect {
  return async ({ server, database }) => {
    const address = parseServerAddress(server);
    if (address === undefined) throw new Error('The destination server is not of the form host or host,port');
    const accessToken = await credential.getToken(AZURE_SQL_SCOPE);
    if (accessToken === null) throw new Error('The identity of the app got no access token for Azure SQL');
    const pool = new sql.ConnectionPool({
      server: address.host,
      ...(address.port === undefined ? {} : { port: address.port }),
      database,
      authentication: { type: 'azure-active-directory-access-token', options: { token: accessToken.token } },
      options: { encrypt: true, trustServerCertificate: false },
      connectionTimeout: 30_000,
      requestTimeout: 10 * 60_000,
    });
    return pool.connect();
  };
}
