import { randomBytes } from 'node:crypto';
import type { Log, TlsIdentity, VerifyToken } from './endpoint.ts';
import { loadSample, sampleDatabases } from './sample/load-sample.ts';
import { startSqlServer } from './sql-server/server.ts';

/** A database and where it is, in the notation of connection strings. */
export interface DatabaseAddress {
  /** `host,port` */
  readonly server: string;
  readonly database: string;
}

/** The two SQL servers of the stack, with one sample database each. */
export interface Databases {
  /** On premises: SQL Server, reached with a password. */
  readonly source: DatabaseAddress & { readonly userName: string; readonly password: string };
  /** Online: Azure SQL, reached with access tokens. */
  readonly destination: DatabaseAddress;
  stop(): Promise<void>;
}

/** What the endpoint needs of the stack. */
export interface DatabasesOptions {
  readonly tls: TlsIdentity;
  readonly verifyToken: VerifyToken;
  readonly log: Log;
}

const SOURCE = 'source';
const DESTINATION = 'destination';
const USER_NAME = 'migration';
const DATABASE = { compatibilityLevel: 150, collation: 'SQL_Latin1_General_CP1_CI_AS' };

/** Starts both servers and resolves when their databases are filled. The password is new at each start. */
export async function startDatabases({ tls, verifyToken, log }: DatabasesOptions): Promise<Databases> {
  const password = randomBytes(24).toString('base64url');
  const sqlServer = await startSqlServer({
    tls,
    verifyToken,
    log,
    servers: [
      {
        name: SOURCE,
        profile: {
          productVersion: '15.0.4410.1',
          productMajorVersion: 15,
          edition: 'Standard Edition (64-bit)',
          engineEdition: 2,
        },
        logins: [{ name: USER_NAME, password, sysadmin: true, databases: {} }],
        acceptsTokens: false,
        databases: [{ name: sampleDatabases.source, ...DATABASE }],
      },
      {
        name: DESTINATION,
        profile: { productVersion: '12.0.2000.8', productMajorVersion: 12, edition: 'SQL Azure', engineEdition: 5 },
        logins: [],
        acceptsTokens: true,
        databases: [{ name: sampleDatabases.destination, ...DATABASE }],
      },
    ],
  });
  const addressOf = (name: typeof SOURCE | typeof DESTINATION): DatabaseAddress => ({
    server: `localhost,${sqlServer.servers[name]?.port}`,
    database: sampleDatabases[name],
  });
  try {
    for (const name of [SOURCE, DESTINATION] as const) {
      const database = sqlServer.database(name, sampleDatabases[name]);
      await loadSample(name, (batch) => database.execute(batch));
    }
  } catch (error) {
    await sqlServer.stop();
    throw error;
  }
  return {
    source: { ...addressOf(SOURCE), userName: USER_NAME, password },
    destination: addressOf(DESTINATION),
    stop: () => sqlServer.stop(),
  };
}
