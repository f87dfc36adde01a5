/** Everything around the app, in this process but for storage: once for a test file, but for what the files of a process share. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDataFactory } from '../../../local/data-factory/server.ts';
import type { DataFactory } from '../../../local/data-factory/server.ts';
import type { Clock } from '../../../local/endpoint/clock.ts';
import { VirtualClock } from '../../../local/endpoint/clock.ts';
import { openHttpsEndpoint } from '../../../local/endpoint/https-endpoint.ts';
import type { GetToken } from '../../../local/endpoint/endpoint.ts';
import type { ClientRegistration } from '../../../local/identity/client-credentials.ts';
import { createTokenSigner } from '../../../local/identity/tokens.ts';
import { startKeyVault } from '../../../local/key-vault/server.ts';
import { startMonitor } from '../../../local/monitor/server.ts';
import type { Monitor } from '../../../local/monitor/server.ts';
import { startServiceBus } from '../../../local/service-bus/server.ts';
import { parseTopology } from '../../../local/service-bus/topology.ts';
import { appSettings } from '../../../local/stack/app-settings.ts';
import { API_AUDIENCE, registerClients } from '../../../local/stack/clients.ts';
import type { ClientName } from '../../../local/stack/clients.ts';
import type { SqlFault } from '../../../local/sql-server/options.ts';
import type { SampleSize } from '../../../local/sample/load-sample.ts';
import { startDatabases } from '../../../local/stack/databases.ts';
import type { Databases, SourceKind } from '../../../local/stack/databases.ts';
import { RunningParts } from '../../../local/stack/process/running-parts.ts';
import { startStorage } from '../../../local/storage/server.ts';
import type { Storage } from '../../../local/storage/server.ts';
import { emptyStorage, PROVIDER_TENANT, sharedIdentity } from '../shared-endpoints.ts';
import { RunProgress } from './run-progress.ts';
import { startUnreliableWire } from './unreliable-wire.ts';
import type { UnreliableWire } from './unreliable-wire.ts';
import { startUnreliableProxy } from './unreliable-proxy.ts';
import type { UnreliableProxy } from './unreliable-proxy.ts';
import { followClock, realDate } from './virtual-date.ts';

export const factories = ['world-factory-1', 'world-factory-2'].map((name) => ({
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'cloud-migration',
  name,
  location: 'westeurope',
}));

/** What stands before each service of Azure that the app calls over HTTP. */
type Proxies = Readonly<Record<'dataFactory' | 'monitor' | 'keyVault' | 'tables', UnreliableProxy>>;

export interface Endpoints {
  readonly clock: VirtualClock;
  readonly tenantId: string;
  readonly databases: Databases;
  readonly dataFactory: DataFactory;
  readonly monitor: Monitor;
  /** Which pipeline runs are being worked on. */
  readonly runs: RunProgress;
  readonly proxies: Proxies;
  /** What goes wrong in the databases; a test may set it. */
  readonly sql: { decide: () => SqlFault | undefined };
  /** Between the app and Service Bus. */
  readonly bus: UnreliableWire;
  readonly storage: Storage;
  readonly keyVaultUrl: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Lines of all endpoints. */
  readonly lines: string[];
  /** Tokens for resources of Azure, as the app's identity gets them. */
  readonly getToken: GetToken;
  /** A token of a client for the API, valid by the clock. */
  accessToken(client: ClientName): Promise<string>;
  /** Another storage account, for another deployment. */
  startStorage(): Promise<Storage>;
  stop(): Promise<void>;
}

const TOPOLOGY = new URL('../../../local/stack/service-bus-topology.json', import.meta.url);
const TOKEN_LIFETIME_SECONDS = 3_600;

/**
 * Starts them with sample databases of these kinds. From then on `Date` follows the clock, until they are stopped.
 * @param located the factories that there are
 */
export async function startEndpoints(
  samples: readonly [SourceKind, ...SourceKind[]],
  size?: SampleSize,
  located: readonly (typeof factories)[number][] = factories,
): Promise<Endpoints> {
  const directory = await mkdtemp(join(tmpdir(), 'world-test-'));
  const running = new RunningParts();
  const { tls, identity } = await sharedIdentity();
  const storage = await emptyStorage();
  const clock = new VirtualClock(realDate.now());
  const time = followClock(clock);
  const lines: string[] = [];
  const logOf = (name: string) => (line: string) => void lines.push(`${name}: ${line}`);

  const tenantId = randomUUID();
  const { verifyToken, appIdentity } = identity;
  const clients = await startClients(tls, clock, registerClients(PROVIDER_TENANT, tenantId), running);
  const runs = new RunProgress(clock);
  const sql: Endpoints['sql'] = { decide: () => undefined };
  const urls = { dataFactory: '', monitor: '', keyVault: '', tables: '' };
  const proxyOf = (name: keyof typeof urls) => running.add(startUnreliableProxy(tls, () => urls[name]));
  const proxies = {
    dataFactory: await proxyOf('dataFactory'),
    monitor: await proxyOf('monitor'),
    keyVault: await proxyOf('keyVault'),
    tables: await proxyOf('tables'),
  };
  const topology = parseTopology(JSON.parse(await readFile(TOPOLOGY, 'utf8')));
  const [databases, keyVault, serviceBus, dataFactory] = await Promise.all([
    running.add(
      startDatabases({
        tls,
        verifyToken,
        samples,
        ...(size === undefined ? {} : { size }),
        fault: () => sql.decide(),
        log: logOf('sql-server'),
      }),
    ),
    running.add(
      startKeyVault({
        tls,
        verifyToken,
        authority: `${identity.url}/${PROVIDER_TENANT}`,
        access: { [appIdentity.objectId]: ['get', 'list', 'set', 'delete', 'purge'] },
        log: logOf('key-vault'),
      }),
    ),
    running.add(startServiceBus({ tls, verifyToken, topology, log: logOf('service-bus') })),
    running.add(
      startDataFactory({
        tls,
        // The app takes the proxy for the service, and asks for tokens for it.
        verifyToken: (token, audience) =>
          verifyToken(token, audience === urls.dataFactory ? proxies.dataFactory.url : audience),
        getToken: identity.addManagedIdentity().getToken,
        factories: located,
        clock: runs.clock,
        log: (line) => {
          runs.note(line);
          lines.push(`data-factory: ${line}`);
        },
      }),
    ),
  ]);
  const monitor = await running.add(
    startMonitor({
      tls,
      verifyToken,
      resources: dataFactory.measured,
      readers: [appIdentity.objectId],
      clock,
      log: logOf('monitor'),
    }),
  );
  const bus = await running.add(startUnreliableWire(serviceBus.port));
  const { origin, pathname } = new URL(storage.tableUrl);
  Object.assign(urls, { dataFactory: dataFactory.url, monitor: monitor.url, keyVault: keyVault.url, tables: origin });
  const settings = {
    ...appSettings({
      identity,
      storage: { ...storage, tableUrl: `${proxies.tables.url}${pathname}` },
      keyVault: { ...keyVault, url: proxies.keyVault.url },
      serviceBus: { ...serviceBus, fullyQualifiedNamespace: `localhost:${bus.port}` },
      dataFactory: { ...dataFactory, url: proxies.dataFactory.url },
      monitor: { ...monitor, url: proxies.monitor.url },
      factories: located,
      publicUrl: 'http://localhost/api',
      providerTenant: PROVIDER_TENANT,
      certificateFile: '',
    }),
    ...clients.settings,
    // Nobody listens at the public address.
    MIGRATION_NOTIFICATION_RESOURCE: '',
  };
  return {
    clock,
    tenantId,
    databases,
    dataFactory,
    monitor,
    runs,
    proxies,
    sql,
    bus,
    storage,
    settings,
    lines,
    keyVaultUrl: keyVault.url,
    getToken: identity.getToken,
    accessToken: clients.accessToken,
    startStorage: () => running.add(startStorage({ tls, directory, log: logOf('storage') })),
    async stop() {
      await running.stop();
      time[Symbol.dispose]();
      await rm(directory, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** The issuer of the tokens with which callers come to the API. Their times are those of the clock. */
async function startClients(
  tls: Parameters<typeof openHttpsEndpoint>[0]['tls'],
  clock: Clock,
  clients: Readonly<Record<ClientName, ClientRegistration>>,
  running: RunningParts,
) {
  const endpoint = await running.add(openHttpsEndpoint({ tls }));
  const signer = await createTokenSigner({ url: endpoint.url, clock });
  endpoint.serve(() => Promise.resolve({ status: 200, body: signer.keys }));
  return {
    settings: {
      MIGRATION_TOKEN_ISSUER: `${endpoint.url}/{tenantId}/v2.0`,
      MIGRATION_TOKEN_KEYS_URL: `${endpoint.url}/keys`,
    },
    accessToken: (name: ClientName) => {
      const { roles, ...principal } = clients[name];
      return signer.sign({
        principal,
        audience: API_AUDIENCE,
        version: '2.0',
        roles: roles[API_AUDIENCE] ?? [],
        lifetimeSeconds: TOKEN_LIFETIME_SECONDS,
      });
    },
  };
}
