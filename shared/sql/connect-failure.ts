/**
 * Why a database cannot be connected to: one code for each cause that is mended in its own way, with the numbers that SqlClient
 * or the server gives for it. Codes that are numbers are those that Business Central's client knows. Pure.
 */

// Numbers below 18,000 are those of Windows, negative ones of SqlClient and of SChannel; all others are the server's.
// https://learn.microsoft.com/windows/win32/debug/system-error-codes
// https://learn.microsoft.com/windows/win32/seccrypto/sspi-status-codes
// https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues
// https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
export const connectFailures = {
  HostNotFound: {
    numbers: [11_001, 11_002, 11_004],
    title: 'No server has the name that was given.',
    remedy: 'Check the name in Server: the machine of the integration runtime must be able to resolve it.',
  },
  InstanceNotFound: {
    numbers: [-1, 26],
    title: 'The server has no instance of the name that was given, or its SQL Server Browser does not answer.',
    remedy:
      'Check the name of the instance, start the service SQL Server Browser and open UDP port 1434, or give host,port in place of host\\instance.',
  },
  '1225': {
    numbers: [1_225, 10_061],
    title: 'The server refuses connections at the port that was given.',
    remedy:
      'Check the port (1433 if none is given), that SQL Server runs and that TCP/IP is enabled in SQL Server Configuration Manager.',
  },
  '2': {
    numbers: [2, 53],
    title: 'The server was not found or cannot be reached.',
    remedy:
      'Check the name in Server, that SQL Server runs and that TCP/IP is enabled in SQL Server Configuration Manager.',
  },
  ServerUnreachable: {
    numbers: [-2, 258, 121, 10_060, 10_051, 10_065],
    title: 'Nothing answers at the address of the server.',
    remedy:
      'Let the machine of the integration runtime reach the port of the server (1433 if none is given) through every firewall in between.',
  },
  FirewallRefused: {
    numbers: [40_615, 40_914, 42_101, 47_073],
    title: 'The firewall of the Azure SQL server refuses the connection.',
    remedy:
      'Allow the address that the cause names in the firewall of the server, or Azure services if the connection comes from a data factory, and public network access or a private endpoint.',
  },
  CertificateNotTrusted: {
    numbers: [-2_146_893_019],
    title: 'The certificate of the server is not trusted.',
    remedy:
      'Install on SQL Server a certificate that the machine of the integration runtime trusts, or add its issuer there. If you decide to trust the server unseen, set source.trustServerCertificate (on the command line --trust-server-certificate).',
  },
  CertificateNameWrong: {
    numbers: [-2_146_893_022],
    title: 'The certificate of the server is for another name.',
    remedy: 'Give in Server the name that the certificate has, or install one for the name that is given.',
  },
  CertificateExpired: {
    numbers: [-2_146_893_016],
    title: 'The certificate of the server is not valid at present: it has expired, or is not valid yet.',
    remedy:
      'Install a valid certificate on SQL Server, and check the clocks of the server and of the machine of the integration runtime.',
  },
  '0': {
    numbers: [0, 20, 233, 10_054, -2_146_893_007, -2_146_893_018],
    title: 'The server ended the connection before the login.',
    remedy:
      'Let the server and the machine of the integration runtime have a version of TLS and a cipher in common, check that what answers at the port is SQL Server, and read its error log.',
  },
  '18456': {
    numbers: [18_456, 18_452],
    title: 'The login failed.',
    remedy:
      'Check the name and the password, that the login exists on this server, and that the server allows SQL Server logins (mixed mode); its error log names the reason by a state.',
  },
  LoginDisabled: {
    numbers: [18_470],
    title: 'The login is disabled.',
    remedy: 'Run on the server: ALTER LOGIN [name] ENABLE. Or give another login.',
  },
  LoginLocked: {
    numbers: [18_486],
    title: 'The login is locked after too many wrong passwords.',
    remedy: "Run on the server: ALTER LOGIN [name] WITH PASSWORD = '…' UNLOCK",
  },
  PasswordExpired: {
    numbers: [18_487, 18_488],
    title: 'The password of the login has expired or must be changed.',
    remedy: 'Change the password of the login, without the option that it must be changed at the next login.',
  },
  IdentityRefused: {
    numbers: [],
    title: 'The identity of the data factory or of the service may not enter the database.',
    remedy:
      'Ask the operator of the service to create a user for the identity in the database of the environment, with the rights that docs/security.md names.',
  },
  DatabaseNotFound: {
    numbers: [4_060, 4_063, 4_064, 911, 916],
    title: 'The server has no such database, or the login may not open it.',
    remedy: 'Check the name of the database, and that the login has a user in it (CREATE USER … FOR LOGIN …).',
  },
  DatabaseUnavailable: {
    numbers: [40_613, 40_197, 40_501, 10_928, 10_929, 49_918, 49_919, 49_920, 18_401],
    title: 'The database does not take connections at present.',
    remedy: 'Wait a few minutes. If it goes on, check the state of the database and its limits.',
  },
} as const satisfies Record<string, { numbers: readonly number[]; title: string; remedy: string }>;

export type ConnectFailureCode = keyof typeof connectFailures;

const codes = new Map<number, ConnectFailureCode>(
  Object.entries(connectFailures).flatMap(([code, { numbers }]) =>
    numbers.map((number) => [number, code as ConnectFailureCode] as const),
  ),
);

/** The server says so to a token that is valid, of an identity that is no user of the database. */
const OF_AN_IDENTITY = '<token-identified principal>';

/**
 * The code of a failure to connect; undefined if it is another failure.
 * @param number as SqlClient numbers it
 * @param text the messages that came with it
 */
export function connectFailureCode(number: number, text: string): ConnectFailureCode | undefined {
  const code = codes.get(number);
  return code === '18456' && text.includes(OF_AN_IDENTITY) ? 'IdentityRefused' : code;
}
