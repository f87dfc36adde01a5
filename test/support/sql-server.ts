import sql from 'mssql';
import { createCertificateAuthority, trustCertificateAuthority } from '../../local/certificates.ts';
import type { ServerOptions } from '../../local/sql-server/options.ts';
import { type SqlServers, startSqlServer } from '../../local/sql-server/server.ts';

/** The only access token that the test servers take. */
export const TOKEN = 'a token of the test';
export const PASSWORD = 'pässwörd!';

const DATABASE = { compatibilityLevel: 150, collation: 'SQL_Latin1_General_CP1_CI_AS' };

const SOURCE: ServerOptions = {
  name: 'source',
  profile: {
    productVersion: '15.0.4410.1',
    productMajorVersion: 15,
    edition: 'Standard Edition (64-bit)',
    engineEdition: 2,
  },
  logins: [
    { name: 'admin', password: PASSWORD, sysadmin: true, databases: {} },
    { name: 'reader', password: PASSWORD, databases: { shop: ['db_datareader'] } },
  ],
  acceptsTokens: false,
  databases: [
    { name: 'shop', ...DATABASE },
    { name: 'archive', ...DATABASE, compatibilityLevel: 110 },
  ],
};

const DESTINATION: ServerOptions = {
  name: 'destination',
  profile: { productVersion: '12.0.2000.8', productMajorVersion: 12, edition: 'SQL Azure', engineEdition: 5 },
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
