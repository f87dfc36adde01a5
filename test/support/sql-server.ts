import sql from 'mssql';
import { createCertificateAuthority, trustCertificateAuthority } from '../../local/stack/certificates.ts';
import type { ServerOptions } from '../../local/sql-server/options.ts';
import { AZURE_SQL, SQL_SERVER } from '../../local/sql-server/profiles.ts';
import { type SqlServers, startSqlServer } from '../../local/sql-server/server.ts';

/** The only access token that the test servers take. */
export const TOKEN = 'a token of the test';
export const PASSWORD = 'pässwörd!';

const DATABASE = { compatibilityLevel: 150, collation: 'SQL_Latin1_General_CP1_CI_AS' };

const SOURCE: ServerOptions = {
  name: 'source',
  profile: SQL_SERVER,
  logins: [
    { name: 'admin', password: PASSWORD, sysadmin: true, databases: {} },
    { name: 'reader', password: PASSWORD, databases: { shop: ['db_datareader'] } },
  ],
  acceptsTokens: false,
  databases: [
    { name: 'shop', ...DATABASE },
    { name: 'archive', ...DATABASE, compatibilityLevel: 110 },
    { name: 'shop.copy', ...DATABASE, isSecondary: true },
  ],
};

const DESTINATION: ServerOptions = {
  name: 'destination',
  profile: AZURE_SQL,
  logins: [],
  acceptsTokens: true,
  databases: [{ name: 'shop', ...DATABASE }],
};

export interface TestServers extends SqlServers {
  /** Connects with a password unless told otherwise. */
  connect(server: 'source' | 'destination', settings?: Partial<sql.config>): Promise<sql.ConnectionPool>;
}

/** A SQL Server and an Azure SQL server on one engine, trusted by this process. */
export async function startTestServers(): Promise<TestServers> {
  const authority = await createCertificateAuthority();
  trustCertificateAuthority(authority.certificate);
  const servers = await startSqlServer({
    servers: [SOURCE, DESTINATION],
    tls: await authority.issue(),
    verifyToken: async (token, audience) => {
      if (token !== TOKEN) throw new Error('The token is not valid.');
      return { subject: audience, tenantId: '', roles: [] };
    },
  });
  return {
    ...servers,
    connect: (server, settings = {}) =>
      new sql.ConnectionPool({
        server: 'localhost',
        port: servers.servers[server]?.port ?? 0,
        user: 'admin',
        password: PASSWORD,
        database: 'shop',
        options: { encrypt: true },
        ...settings,
      }).connect(),
  };
}

/** The options of a login with an access token. */
export function withToken(token: string): Partial<sql.config> {
  return { authentication: { type: 'azure-active-directory-access-token', options: { token } } };
}

/** The tables that the statement tests work on, with a few rows. */
const STAGE_TABLES = `
    CREATE TABLE stage.customer (
      [No_] nvarchar(20) NOT NULL, [Name 2] nvarchar(100) NULL,
      amount decimal(38, 20) NOT NULL CONSTRAINT DF_amount DEFAULT ((0)), height int NULL,
      CONSTRAINT PK_customer PRIMARY KEY CLUSTERED ([No_] ASC));
    CREATE TABLE stage.batch (
      id int IDENTITY(1, 1) NOT NULL PRIMARY KEY, name nvarchar(50) NOT NULL, state nvarchar(20) NOT NULL DEFAULT N'new',
      ready bit NOT NULL DEFAULT 0, INDEX IX_name UNIQUE NONCLUSTERED (name));
    CREATE TABLE stage.line (
      id int NOT NULL PRIMARY KEY, batch int NOT NULL REFERENCES stage.batch (id), quantity int NULL CHECK (quantity > 0));
    CREATE TABLE stage.event (id int IDENTITY NOT NULL, text nvarchar(4000) NULL);
    INSERT INTO stage.customer ([No_], [Name 2], amount, height)
      VALUES (N'C1', N'O''Neil', 1.25, 1), (N'C2', NULL, 2.5, 2), (N'C3', N'Größe', 3, 3);
    INSERT INTO stage.batch (name) VALUES (N'b1'), (N'b2'), (N'b3')`;

/** A database with the tables of schema `stage`. */
export interface Stage {
  readonly pool: sql.ConnectionPool;
  /** The rows of one query. */
  rows(statement: string): Promise<unknown>;
  /** All results of a script, which is undone afterwards. */
  results(script: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts servers and fills the source's database. */
export async function startStage(): Promise<Stage> {
  const servers = await startTestServers();
  const pool = await servers.connect('source');
  await pool.request().batch('CREATE SCHEMA stage AUTHORIZATION dbo');
  await pool.request().batch(STAGE_TABLES);
  return {
    pool,
    async rows(statement) {
      return (await pool.request().query(statement)).recordset;
    },
    async results(script) {
      return (await pool.request().batch(`BEGIN TRANSACTION; ${script}; ROLLBACK TRANSACTION`)).recordsets;
    },
    async stop() {
      await pool.close();
      await servers.stop();
    },
  };
}
