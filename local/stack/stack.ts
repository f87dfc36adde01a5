import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TokenCredential } from '@azure/identity';
import { appSettings } from './app-settings.ts';
import { createCertificateAuthority, trustCertificateAuthority } from './certificates.ts';
import { API_AUDIENCE, credentialOf, registerClients } from './clients.ts';
import type { ClientName } from './clients.ts';
import type { ClientRegistration } from '../identity/client-credentials.ts';
import { startDatabases } from './databases.ts';
import type { Databases, SourceKind } from './databases.ts';
import { startDataFactory } from '../data-factory/server.ts';
import type { DataFactory } from '../data-factory/server.ts';
import type { Log, TlsIdentity } from '../endpoint/endpoint.ts';
import { startFunctionsHostProcess } from './functions-host.ts';
import type { FunctionsHostProcess, HostKind } from './functions-host.ts';
import { startIdentity } from '../identity/server.ts';
import type { Identity } from '../identity/server.ts';
import { startMonitor } from '../monitor/server.ts';
import { freePort } from './process/free-port.ts';
import { createJournal } from './process/journal.ts';
import type { Journal } from './process/journal.ts';
import { startKeyVault } from '../key-vault/server.ts';
import { RunningParts } from './process/running-parts.ts';
import { startServiceBus } from '../service-bus/server.ts';
import type { ServiceBus } from '../service-bus/server.ts';
import { parseTopology } from '../service-bus/topology.ts';
import { startRuntimeStorage, startStorage } from '../storage/server.ts';

/** How the stack is started. */
export interface StackOptions {
  /** Folder of the built app, with its `package.json` and `host.json`. */
  readonly appDirectory: string;
  /** What runs the app. Absent: the local host. */
  readonly hostKind?: HostKind;
  /** Absent or 0: a free port. */
  readonly hostPort?: number;
  /** Kinds of the sample sources, each with an environment of its own. Absent: one on premises. */
  readonly samples?: readonly [SourceKind, ...SourceKind[]];
  /** App settings beside those that point at the parts of the stack. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What stands for the storage account of the app. Absent: Azurite. */
  readonly startStorage?: typeof startStorage;
  /** Where the app's telemetry goes; gets the certificate of the stack's servers. Absent: it makes none. */
  readonly startTelemetry?: (tls: TlsIdentity) => Promise<TelemetryPart>;
  /** Whether the host records orchestrations and activities in traces, as newer ones do. */
  readonly recordsDurable?: boolean;
  /** Gets every log line as it comes. */
  readonly log?: Log;
}

/** What takes the app's telemetry. */
interface TelemetryPart {
  /** The app settings that point at it. */
  readonly settings: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** The app and everything it needs, running on this machine. */
export interface Stack {
  /** The customer's tenant, whose setups are run. */
  readonly tenantId: string;
  readonly identity: Identity;
  readonly databases: Databases;
  readonly serviceBus: ServiceBus;
  readonly dataFactory: DataFactory;
  readonly host: FunctionsHostProcess;
  /** The environment of the app. */
  readonly settings: Readonly<Record<string, string>>;
  /** The certificate that clients outside this process must trust, for example by `NODE_EXTRA_CA_CERTS`; a file. */
  readonly certificateFile: string;
  /** How a client is registered; holds its secret, which is new at each start. */
  registration(client: ClientName): ClientRegistration;
  /** What a client signs in with, at the API as at Azure resources. */
  credential(client: ClientName): TokenCredential;
  /** A token of a client for the API. */
  accessToken(client: ClientName): Promise<string>;
  /** The last log lines of all parts, each with the name of its part. */
  logs(): readonly string[];
  /** Stops everything and removes every file. */
  stop(): Promise<void>;
}

const TOPOLOGY_FILE = new URL('./service-bus-topology.json', import.meta.url);
const FACTORIES = ['migration-factory-1', 'migration-factory-2', 'migration-factory-3'].map((name) => ({
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'cloud-migration',
  name,
  location: 'westeurope',
}));

/**
 * Starts everything, as much at once as can be, and resolves when the app answers. When a part does not start, those
 * that did are stopped and the error is thrown. From then on this process trusts the certificates of the stack.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const directory = await mkdtemp(join(tmpdir(), 'cloud-migration-setup-'));
  const running = new RunningParts();
  const stop = async () => {
    try {
      await running.stop();
    } finally {
      await rm(directory, { recursive: true, force: true, maxRetries: 10 });
    }
  };
  try {
    return { ...(await startParts(options, directory, running)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(options: StackOptions, directory: string, running: RunningParts) {
  const journal = createJournal(options.log);
  const authority = await createCertificateAuthority();
  trustCertificateAuthority(authority.certificate);
  const certificateFile = join(directory, 'authority.pem');
  await writeFile(certificateFile, authority.certificate);
  const tls = await authority.issue();

  // What is added first is stopped last. Storage is a process and takes longest, so it does not wait for the identity.
  const startAccount = options.startStorage ?? startStorage;
  const storageStarting = running.add(startAccount({ tls, directory, log: journal.of('storage') }));
  const [providerTenant, tenantId] = [randomUUID(), randomUUID()];
  const clients = registerClients(providerTenant, tenantId);
  const apps = { clients: Object.values(clients), apis: [API_AUDIENCE] };
  const identity = await running.add(
    startIdentity({ tls, tenantId: providerTenant, ...apps, log: journal.of('identity') }),
  );
  const endpointsStarting = startEndpoints({
    tls,
    providerTenant,
    identity,
    journal,
    running,
    samples: options.samples ?? ['SqlServer'],
  });
  const [storage, endpoints] = await Promise.all([storageStarting, endpointsStarting]);

  const telemetry = options.startTelemetry && (await running.add(options.startTelemetry(tls)));
  // Known before the host is: the app writes it into its links.
  const hostPort = options.hostPort || (await freePort());
  const publicUrl = `http://localhost:${hostPort}/api`;
  const settings = {
    ...appSettings({
      identity,
      storage,
      ...endpoints,
      factories: FACTORIES,
      publicUrl,
      providerTenant,
      certificateFile,
    }),
    ...(await runtimeSettings(options, { directory, running, journal })),
    ...telemetry?.settings,
    ...options.settings,
  };
  const { hostKind: kind = 'local', appDirectory, recordsDurable } = options;
  const host = await running.add(
    startFunctionsHostProcess({
      kind,
      appDirectory,
      port: hostPort,
      settings,
      directory,
      recordsDurable,
      log: journal.of('app'),
    }),
  );
  const credential = (name: ClientName) => credentialOf(clients[name], identity.url);
  return {
    ...endpoints,
    tenantId,
    identity,
    host,
    settings,
    certificateFile,
    registration: (name: ClientName) => clients[name],
    credential,
    accessToken: (name: ClientName) => tokenOf(credential(name)),
    logs: () => journal.lines(),
  };
}

/** What Core Tools need beside the settings of the app: they keep their own state and the orchestrations in storage. */
async function runtimeSettings(
  { hostKind }: StackOptions,
  { directory, running, journal }: { directory: string; running: RunningParts; journal: Journal },
): Promise<Readonly<Record<string, string>>> {
  if (hostKind !== 'func') return {};
  const storage = await running.add(startRuntimeStorage({ directory, log: journal.of('runtime-storage') }));
  return { AzureWebJobsStorage: storage.connectionString };
}

async function tokenOf(credential: TokenCredential): Promise<string> {
  const token = await credential.getToken(`${API_AUDIENCE}/.default`);
  if (token === null) throw new Error('The client got no token.');
  return token.token;
}

interface EndpointContext {
  readonly tls: TlsIdentity;
  readonly providerTenant: string;
  readonly identity: Identity;
  readonly journal: Journal;
  readonly running: RunningParts;
  readonly samples: readonly [SourceKind, ...SourceKind[]];
}

/** Starts the endpoints that live in this process; each checks its callers by tokens of the identity. */
async function startEndpoints({ tls, providerTenant, identity, journal, running, samples }: EndpointContext) {
  const { verifyToken, appIdentity } = identity;
  const topology = parseTopology(JSON.parse(await readFile(TOPOLOGY_FILE, 'utf8')));
  const [databases, keyVault, serviceBus, dataFactory] = await Promise.all([
    running.add(startDatabases({ tls, verifyToken, samples, log: journal.of('sql-server') })),
    running.add(
      startKeyVault({
        tls,
        verifyToken,
        authority: `${identity.url}/${providerTenant}`,
        access: { [appIdentity.objectId]: ['get', 'list', 'set', 'delete', 'purge'] },
        log: journal.of('key-vault'),
      }),
    ),
    running.add(startServiceBus({ tls, verifyToken, topology, log: journal.of('service-bus') })),
    running.add(
      startDataFactory({
        tls,
        verifyToken,
        getToken: identity.getToken,
        factories: FACTORIES.map((one) => ({
          ...one,
          identity: identity.addManagedIdentity({ [API_AUDIENCE]: ['Factory.Notify'] }),
        })),
        log: journal.of('data-factory'),
      }),
    ),
  ]);
  const monitor = await running.add(
    startMonitor({
      tls,
      verifyToken,
      resources: dataFactory.measured,
      readers: [appIdentity.objectId],
      log: journal.of('monitor'),
    }),
  );
  return { databases, keyVault, serviceBus, dataFactory, monitor };
}
