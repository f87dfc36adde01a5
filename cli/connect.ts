/** Databases, straight over TDS with a SQL Server login. */
import { messageOf } from '../shared/error-message.ts';
import type { SourceConnection } from '../shared/setup/setup.ts';
import { connectPool, LoginRefused } from '../shared/sql/connect.ts';
import { connectFailureCode, connectFailures } from '../shared/sql/connect-failure.ts';
import type { ConnectFailureCode } from '../shared/sql/connect-failure.ts';
import { SqlDatabase } from '../shared/sql/database.ts';

/** Who logs in, where. */
export interface Login {
  readonly side: 'source' | 'destination';
  readonly connection: SourceConnection;
  readonly password: string;
}

/** A database that cannot be opened. The message says why and how to mend it. */
export class ConnectProblem extends Error {}

const LONGEST_LOGIN_MS = 15_000;
/** A catalogue of many tables takes long. */
const LONGEST_REQUEST_MS = 30 * 60_000;

/** Opens a database for the time of some work. @throws {ConnectProblem} if it cannot be opened */
export async function withDatabase<T>(login: Login, work: (database: SqlDatabase) => Promise<T>): Promise<T> {
  const { connection, password } = login;
  const { server, database, userName, encrypt, trustServerCertificate } = connection;
  const { multiSubnetFailover = false, hostNameInCertificate, strictEncryption } = connection;
  const [host = '', port] = server.split(',');
  const pool = await connectPool({
    server: host,
    ...(port === undefined ? {} : { port: Number(port) }),
    database,
    user: userName,
    password,
    options: {
      encrypt: strictEncryption === true ? 'strict' : encrypt,
      trustServerCertificate,
      multiSubnetFailover,
      ...(hostNameInCertificate === undefined ? {} : { serverName: hostNameInCertificate }),
      appName: 'Cloud migration assessment',
    },
    connectionTimeout: LONGEST_LOGIN_MS,
    requestTimeout: LONGEST_REQUEST_MS,
  }).catch((error: unknown) => {
    throw problemOf(login, error);
  });
  try {
    return await work(new SqlDatabase(pool));
  } finally {
    await pool.close();
  }
}

// https://nodejs.org/api/errors.html#common-system-errors
// https://nodejs.org/api/tls.html#x509-certificate-error-codes
const codes: Readonly<Record<string, ConnectFailureCode>> = {
  ENOTFOUND: 'HostNotFound',
  EAI_AGAIN: 'HostNotFound',
  ECONNREFUSED: '1225',
  ECONNRESET: '0',
  EHOSTUNREACH: 'ServerUnreachable',
  ENETUNREACH: 'ServerUnreachable',
  EINSTLOOKUP: 'InstanceNotFound',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'CertificateNotTrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'CertificateNotTrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'CertificateNotTrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'CertificateNotTrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'CertificateNameWrong',
  CERT_HAS_EXPIRED: 'CertificateExpired',
  CERT_NOT_YET_VALID: 'CertificateExpired',
};

function problemOf({ side, connection }: Login, error: unknown): ConnectProblem {
  const text = messageOf(error);
  const code = error instanceof LoginRefused ? connectFailureCode(error.number, text) : codeOf(error);
  const silent = connection.server.includes('\\') ? 'InstanceNotFound' : 'ServerUnreachable';
  const isSilent = error instanceof Error && 'code' in error && error.code === 'ETIMEOUT';
  const known = code ?? (isSilent ? silent : undefined);
  const { title, remedy } = known === undefined ? unknownProblem : connectFailures[known];
  return new ConnectProblem(`The ${side} cannot be opened. ${title} ${remedy}\n  ${text}`, { cause: error });
}

const unknownProblem = {
  title: 'The server or the network has refused the connection.',
  remedy: 'Its own words are below.',
};

/** The code of the first cause that has one. */
function codeOf(error: unknown): ConnectFailureCode | undefined {
  if (!(error instanceof Error)) return undefined;
  const own = 'code' in error ? String(error.code) : '';
  // What OpenSSL refuses has many codes.
  const code = /^(?:EPROTO|ERR_SSL_)/.test(own) ? '0' : codes[own];
  const original = 'originalError' in error ? error.originalError : error.cause;
  const causes: readonly unknown[] = error instanceof AggregateError ? error.errors : [original];
  return code ?? codeOf(causes[0]);
}
