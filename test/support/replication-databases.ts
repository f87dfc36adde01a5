// The two databases of a replication, and how a factory reaches them: on local servers, or on the one that TEST_SQL_SERVER
// names.
import { randomBytes } from 'node:crypto';
import sql from 'mssql';
import type { Clock } from '../../local/endpoint/clock.ts';
import { sampleDatabases } from '../../local/sample/load-sample.ts';
import { AZURE_SQL, SQL_SERVER } from '../../local/sql-server/profiles.ts';
import { startSqlServer } from '../../local/sql-server/server.ts';
import { destinationLinkedService, sourceLinkedService } from '../../shared/factory/connections.ts';
import type { EntityDocument } from '../../shared/factory/connections.ts';
import type { DataFactoryFixture } from '../contract/fixtures/data-factory.ts';
import { openGivenServer } from './given-server.ts';
import type { GivenServer } from './given-server.ts';
import { rows } from './sample-servers.ts';

/** What both databases hold. */
export interface WorldContent {
  /** Fills an empty database; `execute` runs one batch in it. */
  fill(side: 'source' | 'destination', execute: (batch: string) => Promise<unknown>): Promise<void>;
  /** Statements that make online the tables of a company of the source. */
  companyTables(sqlName: string): Iterable<string>;
}

/** Both databases, filled. */
export interface ReplicationDatabases {
  readonly source: sql.ConnectionPool;
  readonly destination: sql.ConnectionPool;
  sourceService(runtime: string): EntityDocument;
  readonly destinationService: EntityDocument;
  /** What the source's change tracking does with changes when their retention is over. */
  forgetChanges(): Promise<void>;
  stop(): Promise<void>;
}

/** @param clock times the waits of local servers for each other's transactions, which are long in a large database */
export async function openReplicationDatabases(
  fixture: DataFactoryFixture,
  clock: Clock,
  content: WorldContent,
): Promise<ReplicationDatabases> {
  const given = await openGivenServer();
  return given === undefined ? startLocalDatabases(fixture, clock, content) : fillGivenServer(given, content);
}

async function startLocalDatabases(
  fixture: DataFactoryFixture,
  clock: Clock,
  content: WorldContent,
): Promise<ReplicationDatabases> {
  const password = randomBytes(24).toString('base64url');
  const servers = await startServers(fixture, clock, password);
  for (const [side, server] of [
    ['source', 'onprem'],
    ['destination', 'online'],
  ] as const) {
    await content.fill(side, (batch) => servers.database(server, sampleDatabases[side]).execute(batch));
  }
  const port = (server: string) => servers.servers[server]?.port ?? 0;
  const connect = (server: string, database: string, login: Partial<sql.config>) => {
    // Of a large database, the catalogue takes longer than the driver waits.
    const options = { options: { encrypt: true }, requestTimeout: 0 };
    return new sql.ConnectionPool({
      server: 'localhost',
      port: port(server),
      database,
      ...options,
      ...login,
    }).connect();
  };
  const token = await fixture.identity.getToken('https://database.windows.net/');
  const source = await connect('onprem', sampleDatabases.source, { user: 'owner', password });
  const destination = await connect('online', sampleDatabases.destination, {
    authentication: { type: 'azure-active-directory-access-token', options: { token } },
  });
  return {
    source,
    destination,
    sourceService: (runtime) =>
      sourceLinkedService({ kind: 'SqlServer', connection: localConnection(port('onprem')) }, password, runtime),
    destinationService: destinationLinkedService({
      server: `localhost,${port('online')}`,
      database: sampleDatabases.destination,
      environment: 'Production',
      region: 'westeurope',
    }),
    forgetChanges: () => servers.database('onprem', sampleDatabases.source).forgetChanges(),
    async stop() {
      await Promise.all([source.close(), destination.close()]);
      await servers.stop();
    },
  };
}

function localConnection(port: number) {
  return {
    server: `localhost,${port}`,
    database: sampleDatabases.source,
    userName: 'owner',
    encrypt: true,
    trustServerCertificate: false,
  };
}

async function startServers({ tls, identity }: DataFactoryFixture, clock: Clock, password: string) {
  const database = (name: string) => ({ name, compatibilityLevel: 150, collation: 'Latin1_General_100_CI_AS' });
  return startSqlServer({
    tls,
    clock,
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
}

/** The server knows no token of the local identity, so that a password leads to both databases. */
async function fillGivenServer(given: GivenServer, content: WorldContent): Promise<ReplicationDatabases> {
  for (const name of Object.values(sampleDatabases)) await given.create(name);
  const source = await given.open(sampleDatabases.source);
  const destination = await given.open(sampleDatabases.destination);
  await content.fill('source', (batch) => source.batch(batch));
  await content.fill('destination', (batch) => destination.batch(batch));
  const service = (side: 'source' | 'destination', runtime?: string) => {
    const { server, port = 1433, user: userName = '', password = '', options } = given.config;
    const connection = {
      server: `${server},${port}`,
      database: given.nameOf(sampleDatabases[side]),
      userName,
      encrypt: true,
      trustServerCertificate: options?.trustServerCertificate === true,
    };
    return sourceLinkedService({ kind: side === 'source' ? 'SqlServer' : 'AzureSql', connection }, password, runtime);
  };
  return {
    source,
    destination,
    sourceService: (runtime) => service('source', runtime),
    destinationService: service('destination'),
    forgetChanges: () => trackAnew(source),
    stop: () => given.stop(),
  };
}

/** The clean-up has its own time; a table that is tracked anew knows as little of what was before. */
async function trackAnew(pool: sql.ConnectionPool): Promise<void> {
  const tables = await rows(
    pool,
    `SELECT QUOTENAME(OBJECT_SCHEMA_NAME([object_id])) + N'.' + QUOTENAME(OBJECT_NAME([object_id])) AS [name]
     FROM sys.change_tracking_tables`,
  );
  for (const { name } of tables) {
    await pool.query(`ALTER TABLE ${String(name)} DISABLE CHANGE_TRACKING`);
    await pool.query(`ALTER TABLE ${String(name)} ENABLE CHANGE_TRACKING`);
  }
}
