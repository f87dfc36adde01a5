import mssql from 'mssql';
import type { SqlProperties } from '../linked-services.ts';
import { RuntimeOfflineError } from '../runtimes.ts';
import { ActivityError } from './activity-error.ts';

// Where the network or a certificate failed, SqlClient shows the number of the Windows error.
// https://learn.microsoft.com/windows/win32/debug/system-error-codes
// https://learn.microsoft.com/windows/win32/seccrypto/sspi-status-codes
const NETWORK_ERROR_NUMBERS: Readonly<Record<string, number>> = {
  ECONNREFUSED: 1225,
  ECONNRESET: 10054,
  ENOTFOUND: 11001,
  ETIMEDOUT: 258,
  DEPTH_ZERO_SELF_SIGNED_CERT: -2_146_893_019,
  SELF_SIGNED_CERT_IN_CHAIN: -2_146_893_019,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: -2_146_893_019,
  ERR_TLS_CERT_ALTNAME_INVALID: -2_146_893_022,
  CERT_HAS_EXPIRED: -2_146_893_016,
  CERT_NOT_YET_VALID: -2_146_893_016,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: -2_146_893_007,
};

/** What SqlClient says when its own time for a connection is over. */
const TIMED_OUT = -2;
/** What SqlClient says when the SQL Server Browser does not answer, or knows no instance of the name. */
const INSTANCE_NOT_FOUND = -1;

function networkErrorNumber(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? NETWORK_ERROR_NUMBERS[String(error.code)] : undefined;
  const original = 'originalError' in error ? error.originalError : error.cause;
  const causes: readonly unknown[] = error instanceof AggregateError ? error.errors : [original];
  return code ?? networkErrorNumber(causes[0]);
}

/** A database that could not be reached or refused the login. */
export class ConnectFailure extends Error {
  /** Of the server's refusal, or of the network's. */
  readonly number: number | undefined;

  constructor(properties: SqlProperties, cause: unknown, refusal: number | undefined) {
    const user = properties.authenticationType === 'SQL' ? `, User: '${properties.userName}'` : '';
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `Cannot connect to SQL Database. Please contact SQL server team for further support. Server: '${properties.server}', Database: '${properties.database}'${user}. Check the linked service configuration is correct, and make sure the SQL Database firewall allows the integration runtime to access. ${reason}`,
      { cause },
    );
    this.name = 'ConnectFailure';
    // Where an instance is named, its port is asked for first.
    const silent = cause instanceof mssql.ConnectionError && cause.code === 'ETIMEOUT' ? TIMED_OUT : undefined;
    const otherwise = properties.server.includes('\\') ? INSTANCE_NOT_FOUND : silent;
    this.number = refusal ?? networkErrorNumber(cause) ?? otherwise;
  }
}

function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const head = (code: string, text: string) =>
    `ErrorCode=${code},'Type=Microsoft.DataTransfer.Common.Shared.HybridDeliveryException,Message=${text},Source=Microsoft.DataTransfer.ClientLibrary,'`;
  const sqlException = (details: string) =>
    `'Type=System.Data.SqlClient.SqlException,Message=${message},Source=.Net SqlClient Data Provider,${details},'`;
  if (error instanceof ConnectFailure) {
    const number = error.number === undefined ? '' : sqlException(`SqlErrorNumber=${error.number}`);
    return head('SqlFailedToConnect', message) + number;
  }
  if (!(error instanceof mssql.RequestError)) return head('UserErrorUnclassifiedError', message);
  const details = `SqlErrorNumber=${String(error.number)},Class=${String(error.class)},State=${String(error.state)}`;
  return (
    head('SqlOperationFailed', `A database operation failed with the following error: '${message}'`) +
    sqlException(details)
  );
}

function known(error: unknown): ActivityError | undefined {
  if (error instanceof ActivityError) return error;
  // https://learn.microsoft.com/azure/data-factory/data-factory-troubleshoot-guide#error-code-2010
  return error instanceof RuntimeOfflineError ? new ActivityError('2010', error.message) : undefined;
}

/** The failure of a Copy or Lookup activity on one of its sides. */
export function dataFailure(errorCode: string, side: 'Source' | 'Sink', error: unknown): ActivityError {
  return known(error) ?? new ActivityError(errorCode, `Failure happened on '${side}' side. ${describe(error)}`);
}

/** The failure of a Script or Stored procedure activity. */
export function statementFailure(errorCode: string, error: unknown): ActivityError {
  const text =
    error instanceof mssql.RequestError
      ? `Execution fail against sql server. Please contact SQL Server team if you need further support. Sql error number: ${String(error.number)}. Error Message: ${error.message}`
      : describe(error);
  return known(error) ?? new ActivityError(errorCode, text);
}
