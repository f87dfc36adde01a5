// The two sample databases, for tests that run the product's T-SQL over TDS: on a server of their own each, or both on the
// one that TEST_SQL_SERVER names.
import { randomBytes } from 'node:crypto';
import sql from 'mssql';
import { loadSample, sampleDatabases } from '../../local/sample/load-sample.ts';
import { AZURE_SQL, SQL_SERVER } from '../../local/sql-server/profiles.ts';
import { startSqlServer } from '../../local/sql-server/server.ts';
import { createCertificateAuthority } from '../../local/stack/certificates.ts';
import { quoteName } from '../../shared/sql/quote-name.ts';
import { openGivenServer } from './given-server.ts';
import type { GivenServer } from './given-server.ts';

export type Rows = Record<string, unknown>[];

export interface SampleServers {
  readonly source: sql.ConnectionPool;
  readonly destination: sql.ConnectionPool;
  /** Another connection: to the server, to a database of it, as the owner or as a login without rights. */
  connect(server: ServerName, database: string, user: LoginName): Promise<sql.ConnectionPool>;
  stop(): Promise<void>;
}

/** `old`: a SQL Server 2014 with one database, in which there is nothing. */
type ServerName = 'onprem' | 'online' | 'old';
/** `owner`: a sysadmin. `dbo`: an owner of the database. `reader`: may open it, and has a password that expires. `datareader`: may read its rows. */
type LoginName = 'owner' | 'dbo' | 'reader' | 'datareader' | 'stranger';

/** Servers here, for who opens connections of its own. */
export interface LocalServers extends SampleServers {
  /** Of all logins. */
  readonly password: string;
  /** Of the authority that has signed the certificates of the servers, as PEM. */
  readonly certificate: string;
  portOf(server: ServerName): number;
}

/** Starts both servers and fills the databases. */
export async function startSampleServers(): Promise<SampleServers> {
  const given = await openGivenServer();
  return given === undefined ? startLocalServers() : fillGivenServer(given);
}

/** A database that is only read stands for the secondary. */
async function fillGivenServer(given: GivenServer): Promise<SampleServers> {
  for (const name of [...Object.values(sampleDatabases), 'BC.250', 'replica']) await given.create(name);
  const source = await given.open(sampleDatabases.source);
  const destination = await given.open(sampleDatabases.destination);
  await loadSample('source', (batch) => source.batch(batch));
  await loadSample('destination', (batch) => destination.batch(batch));
  await source.query(`ALTER DATABASE ${quoteName(given.nameOf('replica'))} SET READ_ONLY`);
  return {
    source,
    destination,
    connect: async (_server, name, user) => given.open(name, user === 'reader' ? await given.createReader(name) : {}),
    stop: () => given.stop(),
  };
}

/** As long as the policy of a server lets a password live. */
const PASSWORD_LIFE_MS = 42 * 24 * 60 * 60 * 1000;

/** Starts both servers, and the old one, here, whatever TEST_SQL_SERVER names. */
export async function startLocalServers(): Promise<LocalServers> {
  const password = randomBytes(16).toString('hex');
  const authority = await createCertificateAuthority();
  const database = (name: string) => ({ name, compatibilityLevel: 150, collation: 'Latin1_General_100_CI_AS' });
  const passwordExpires = new Date(Date.now() + PASSWORD_LIFE_MS);
  const loginsOf = (name: string) => [
    { name: 'owner', password, sysadmin: true, databases: { [name]: ['db_owner'] } },
    { name: 'dbo', password, databases: { [name]: ['db_owner'] } },
    { name: 'reader', password, passwordExpires, databases: { [name]: ['public'] } },
    { name: 'datareader', password, databases: { [name]: ['db_datareader'] } },
  ];
  const servers = await startSqlServer({
    tls: await authority.issue(),
    verifyToken: () => Promise.reject(new Error('Tokens are not used here.')),
    servers: [
      {
        name: 'onprem',
        acceptsTokens: false,
        profile: SQL_SERVER,
        databases: [
          database(sampleDatabases.source),
          database('BC.250'),
          { ...database('replica'), isSecondary: true },
          { ...database('BC.CS'), collation: 'Latin1_General_100_CS_AS' },
          database('msdb'),
        ],
        logins: loginsOf(sampleDatabases.source),
      },
      {
        name: 'old',
        acceptsTokens: false,
        profile: { ...SQL_SERVER, productVersion: '12.0.6024.0', productMajorVersion: 12 },
        databases: [database('BC140')],
        logins: loginsOf('BC140'),
      },
      {
        name: 'online',
        acceptsTokens: false,
        profile: AZURE_SQL,
        databases: [database(sampleDatabases.destination), database('empty')],
        logins: loginsOf(sampleDatabases.destination),
      },
    ],
  });
  await loadSample('source', (batch) => servers.database('onprem', sampleDatabases.source).execute(batch));
  await servers.database('onprem', 'msdb').execute(backupHistory);
  await loadSample('destination', (batch) => servers.database('online', sampleDatabases.destination).execute(batch));

  const portOf = (server: ServerName) => servers.servers[server]?.port ?? 0;
  const pools: sql.ConnectionPool[] = [];
  const connect: SampleServers['connect'] = async (server, name, user) => {
    const options = { encrypt: true, cryptoCredentialsDetails: { ca: authority.certificate } };
    const pool = new sql.ConnectionPool({
      server: 'localhost',
      port: portOf(server),
      database: name,
      user,
      password,
      options,
    });
    pools.push(pool);
    return pool.connect();
  };
  return {
    source: await connect('onprem', sampleDatabases.source, 'owner'),
    destination: await connect('online', sampleDatabases.destination, 'owner'),
    connect,
    password,
    certificate: authority.certificate,
    portOf,
    async stop() {
      await Promise.all(pools.map((pool) => pool.close()));
      await servers.stop();
    },
  };
}

/** As far as the probe reads it. The source was backed up today. */
const backupHistory = `
  CREATE TABLE [dbo].[backupset] ([database_name] nvarchar(128) NULL, [type] char(1) NULL, [backup_finish_date] datetime NULL);
  INSERT INTO [dbo].[backupset] VALUES (N'${sampleDatabases.source}', 'D', GETDATE())`;

/** Runs a batch with parameters and gives the rows of its first result set. */
export async function rows(
  pool: sql.ConnectionPool,
  query: string,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<Rows> {
  const request = pool.request();
  for (const [name, value] of Object.entries(parameters)) request.input(name, value);
  const result = await request.query<Record<string, unknown>>(query);
  return result.recordset ?? [];
}

/** Runs batches one after the other. */
export async function run(pool: sql.ConnectionPool, batches: readonly string[]): Promise<void> {
  for (const batch of batches) await pool.request().batch(batch);
}
