/**
 * Why a database cannot be connected to, from the number that SqlClient or the server gives: one code for each cause that is
 * mended in its own way. Pure.
 */

import type { SetupFailureCode } from '../errors.ts';

// Numbers below 18,000 are those of Windows, negative ones of SqlClient and of SChannel; all others are the server's.
// https://learn.microsoft.com/windows/win32/debug/system-error-codes
// https://learn.microsoft.com/windows/win32/seccrypto/sspi-status-codes
// https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues
// https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
const numbers: Readonly<Partial<Record<SetupFailureCode, readonly number[]>>> = {
  HostNotFound: [11_001, 11_002, 11_004, 53],
  InstanceNotFound: [-1, 26],
  '1225': [1_225, 10_061],
  '2': [2],
  ServerUnreachable: [258, 121, 10_060, 10_051, 10_065],
  FirewallRefused: [40_615, 40_914, 42_101, 47_073],
  CertificateNotTrusted: [-2_146_893_019],
  CertificateNameWrong: [-2_146_893_022],
  CertificateExpired: [-2_146_893_016],
  '0': [0, 20, 233, 10_054],
  '18456': [18_456, 18_452],
  LoginDisabled: [18_470],
  LoginLocked: [18_486],
  PasswordExpired: [18_487, 18_488],
  DatabaseNotFound: [4_060, 4_063, 4_064, 911, 916],
  DatabaseUnavailable: [40_613, 40_197, 40_501, 10_928, 10_929, 49_918, 49_919, 49_920, 18_401],
};
const codes = new Map(
  Object.entries(numbers).flatMap(([code, some]) => some.map((number) => [number, code as SetupFailureCode])),
);

/** The server says so to a token that is valid, of an identity that is no user of the database. */
const OF_AN_IDENTITY = '<token-identified principal>';

/**
 * The code of a failure to connect; undefined if it is another failure.
 * @param number as SqlClient numbers it
 * @param text the messages that came with it
 */
export function connectFailureCode(number: number, text: string): SetupFailureCode | undefined {
  const code = codes.get(number);
  return code === '18456' && text.includes(OF_AN_IDENTITY) ? 'IdentityRefused' : code;
}
