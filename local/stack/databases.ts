import { randomBytes } from 'node:crypto';
import { setImmediate as nextLoopTurn } from 'node:timers/promises';
import type { Log, TlsIdentity, VerifyToken } from '../endpoint/endpoint.ts';
import { loadSample, sampleDatabases } from '../sample/load-sample.ts';
import type { SampleSize } from '../sample/load-sample.ts';
import { AZURE_SQL, SQL_SERVER } from '../sql-server/profiles.ts';
import { startSqlServer } from '../sql-server/server.ts';
import type { SqlFault } from '../sql-server/options.ts';
import type { SqlServers } from '../sql-server/server.ts';

/** A database and where it is, in the notation of connection strings. */
export interface DatabaseAddress {
  /** `host,port` */
  readonly server: string;
  readonly database: string;
}

/** Where a sample source stands: on premises, or in Azure. */
export type SourceKind = 'SqlServer' | 'AzureSql';

/** A migration to try: a filled source database, and a filled environment to which it can go. */
export interface Sample {
  readonly kind: SourceKind;
  /** Name of the environment. */
  readonly environment: string;
  /** Reached with a password. */
  readonly source: DatabaseAddress & { readonly userName: string; readonly password: string };
  /** Online: Azure SQL, reached with access tokens, and from the command line with the login of the source. */
  readonly destination: DatabaseAddress;
  /** Runs a batch in one of the two databases as an owner, past TDS. */
  execute(side: 'source' | 'destination', batch: string): Promise<void>;
}

/** The SQL servers of the stack. */
export interface Databases {
  readonly samples: readonly [Sample, ...Sample[]];
  stop(): Promise<void>;
}

/** What the endpoint needs of the stack. */
export interface DatabasesOptions {
  readonly tls: TlsIdentity;
  readonly verifyToken: VerifyToken;
  /** One sample each. */
  readonly samples: readonly [SourceKind, ...SourceKind[]];
  readonly size?: SampleSize;
  /** Asked once for each request. */
  readonly fault?: () => SqlFault | undefined;
  readonly log: Log;
}

const DESTINATION = 'destination';
const ENVIRONMENT = 'Production';
const USER_NAME = 'migration';
const DATABASE = { compatibilityLevel: 150, collation: 'SQL_Latin1_General_CP1_CI_AS' };

/** Starts the servers and resolves when their databases are filled. Passwords are new at each start. */
export async function startDatabases({
  tls,
  verifyToken,
  samples,
  size,
  fault = () => undefined,
  log,
}: DatabasesOptions): Promise<Databases> {
  const password = randomBytes(24).toString('base64url');
  const planned = samples.map((kind, index) => ({
    kind,
    environment: numbered(ENVIRONMENT, index),
    source: numbered(sampleDatabases.source, index),
    destination: numbered(sampleDatabases.destination, index),
  }));
  const sourceDatabases = (kind: SourceKind) =>
    planned.filter((sample) => sample.kind === kind).map(({ source: name }) => ({ name, ...DATABASE }));
  const environments = planned.map(({ destination: name }) => ({ name, ...DATABASE }));
  const servers = await startSqlServer({
    tls,
    verifyToken,
    log,
    fault,
    servers: [
      {
        name: 'SqlServer',
        profile: SQL_SERVER,
        logins: [{ name: USER_NAME, password, sysadmin: true, databases: {} }],
        acceptsTokens: false,
        databases: sourceDatabases('SqlServer'),
      },
      {
        name: 'AzureSql',
        profile: AZURE_SQL,
        logins: [{ name: USER_NAME, password, databases: ownerOf(sourceDatabases('AzureSql')) }],
        acceptsTokens: false,
        databases: sourceDatabases('AzureSql'),
      },
      {
        name: DESTINATION,
        profile: AZURE_SQL,
        logins: [{ name: USER_NAME, password, databases: ownerOf(environments) }],
        acceptsTokens: true,
        databases: environments,
      },
    ],
  });
  const address = (server: string, database: string) => ({
    server: `localhost,${servers.servers[server]?.port}`,
    database,
  });
  const made = planned.map(({ kind, environment, source, destination }): Sample => {
    const databases = {
      source: servers.database(kind, source),
      destination: servers.database(DESTINATION, destination),
    };
    return {
      kind,
      environment,
      source: { ...address(kind, source), userName: USER_NAME, password },
      destination: address(DESTINATION, destination),
      execute: (side, batch) => databases[side].execute(batch),
    };
  });
  await fillOrStop(made, size, servers);
  const [first, ...others] = made;
  if (first === undefined) throw new Error('There is no sample to start.');
  return {
    samples: [first, ...others],
    stop: () => servers.stop(),
  };
}

async function fillOrStop(
  samples: readonly Sample[],
  size: SampleSize | undefined,
  servers: SqlServers,
): Promise<void> {
  try {
    for (const sample of samples) {
      for (const side of ['source', 'destination'] as const) {
        const execute = async (batch: string) => {
          await sample.execute(side, batch);
          // The engine lets nothing in between by itself; other parts of the stack are starting at the same time.
          await nextLoopTurn();
        };
        await loadSample(side, execute, size);
      }
    }
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

function numbered(name: string, index: number): string {
  return index === 0 ? name : `${name}-${index + 1}`;
}

/** On Azure SQL no login is sysadmin; this one owns its databases. */
function ownerOf(databases: readonly { readonly name: string }[]): Record<string, readonly string[]> {
  return Object.fromEntries(databases.map(({ name }) => [name, ['db_owner']]));
}
