/** Databases, straight over TDS with a SQL Server login. */
import sql from 'mssql';
import type { SourceConnection } from '../shared/setup/setup.ts';
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
  const { multiSubnetFailover = false, hostNameInCertificate } = connection;
  const [host = '', port] = server.split(',');
  let refusal: number | undefined;
  const pool = new sql.ConnectionPool({
    server: host,
    ...(port === undefined ? {} : { port: Number(port) }),
    database,
    user: userName,
    password,
    options: {
      encrypt,
      trustServerCertificate,
      multiSubnetFailover,
      ...(hostNameInCertificate === undefined ? {} : { serverName: hostNameInCertificate }),
      appName: 'Cloud migration assessment',
    },
    connectionTimeout: LONGEST_LOGIN_MS,
    requestTimeout: LONGEST_REQUEST_MS,
    // The driver's error of a refused login lacks the number.
    beforeConnect: (opened) => {
      opened.on('errorMessage', ({ number }: { readonly number: number }) => {
        refusal ??= number;
      });
    },
  });
  try {
    await pool.connect();
  } catch (error) {
    throw problemOf(login, error, refusal);
  }
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
};

function problemOf({ side, connection }: Login, error: unknown, refusal: number | undefined): ConnectProblem {
  const text = error instanceof Error ? error.message : String(error);
  const code = refusal === undefined ? codeOf(error) : connectFailureCode(refusal, text);
  const silent = connection.server.includes('\\') ? 'InstanceNotFound' : 'ServerUnreachable';
  const { title, remedy } = connectFailures[code ?? silent];
  return new ConnectProblem(`The ${side} cannot be opened. ${title} ${remedy}\n  ${text}`, { cause: error });
}

/** The code of the first cause that has one. */
function codeOf(error: unknown): ConnectFailureCode | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? codes[String(error.code)] : undefined;
  const original = 'originalError' in error ? error.originalError : error.cause;
  const causes: readonly unknown[] = error instanceof AggregateError ? error.errors : [original];
  return code ?? codeOf(causes[0]);
}
