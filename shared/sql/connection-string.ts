/**
 * Connection strings as callers send them. Read by SqlClient's grammar, checked against a list of what the service can
 * honour, and taken apart: the text itself is never passed on, and no error repeats any of it.
 * https://learn.microsoft.com/dotnet/api/microsoft.data.sqlclient.sqlconnection.connectionstring
 */
import type { SourceConnection } from '../setup/setup.ts';
import { keywordOf, keywords, refusals, sqlLogin, unused } from './connection-keywords.ts';
import type { Keyword } from './connection-keywords.ts';
import { readParts } from './connection-string-grammar.ts';
import type { Part } from './connection-string-grammar.ts';

/** What is wrong with one keyword, and how to mend it. Names come from SqlClient's list, never from the caller's text. */
export interface ConnectionStringError {
  /** `Server`, `Password`…; undefined if the text as a whole cannot be read. */
  readonly keyword: string | undefined;
  readonly problem: string;
  readonly remedy: string;
}

export type ConnectionStringResult =
  | { readonly ok: true; readonly connection: SourceConnection; readonly password: string }
  | { readonly ok: false; readonly errors: readonly ConnectionStringError[] };

/** What is given beside a text. */
interface Beside {
  /** The password, of which the text must have none then. */
  readonly password?: string;
  /** Whether the certificate of the server is trusted unseen, which a text that is copied from elsewhere does not decide. */
  readonly trustServerCertificate?: boolean | undefined;
}

/**
 * Reads a connection string.
 *
 * `Encrypt` is on unless it is switched off, as in Microsoft.Data.SqlClient; `Encrypt=Strict` never trusts a certificate
 * unseen. Where a server has an instance and a port, the port decides and the instance is dropped.
 * @returns every problem at once; does not throw
 */
export function parseConnectionString(text: string, beside: Beside = {}): ConnectionStringResult {
  const errors: ConnectionStringError[] = [];
  const values = new Map<Keyword, string>(beside.password === undefined ? [] : [['Password', beside.password]]);
  for (const part of readParts(text)) {
    // What stands behind a place that cannot be read is not known to be missing.
    if ('problem' in part) {
      return { ok: false, errors: [...errors, { keyword: undefined, ...part, remedy: quoteSemicolons }] };
    }
    if (unused.has(part.key.toLowerCase())) continue;
    const keyword = keywordOf.get(part.key.toLowerCase());
    if (keyword === undefined) errors.push(refuse(part));
    else if (values.has(keyword)) errors.push({ keyword, problem: 'is given twice', remedy: 'Give it once.' });
    else values.set(keyword, part.value);
  }
  for (const keyword of keywords) {
    const error = errorIn(keyword, values.get(keyword));
    if (error !== undefined) errors.push({ keyword, ...error });
  }
  const server = canonicalServer(values.get('Server') ?? '');
  if (errors.length > 0 || server === undefined) return { ok: false, errors };

  const encrypt = values.get('Encrypt') ?? 'true';
  const hostNameInCertificate = values.get('HostNameInCertificate');
  return {
    ok: true,
    connection: {
      server,
      database: values.get('Database') ?? '',
      userName: values.get('User ID') ?? '',
      encrypt: !/^(?:false|no|optional)$/i.test(encrypt),
      trustServerCertificate: !strict.test(encrypt) && beside.trustServerCertificate === true,
      ...(strict.test(encrypt) ? { strictEncryption: true as const } : {}),
      ...(no.test(values.get('MultiSubnetFailover') ?? 'no') ? {} : { multiSubnetFailover: true }),
      ...(hostNameInCertificate === undefined ? {} : { hostNameInCertificate }),
    },
    password: values.get('Password') ?? '',
  };
}

const quoteSemicolons =
  'Put a value that holds a semicolon or a quotation mark in double quotes, and double those in it.';

function refuse({ key, position }: Part): ConnectionStringError {
  const known = refusals.get(key.toLowerCase());
  if (known !== undefined) return { ...known, problem: 'is not supported' };
  return {
    keyword: undefined,
    // It is not named: it may be the rest of a password with a semicolon.
    problem: `has a keyword at character ${position} that SqlClient does not know`,
    remedy: `Check its spelling. ${quoteSemicolons}`,
  };
}

type Fault = Omit<ConnectionStringError, 'keyword'>;

function errorIn(keyword: Keyword, value: string | undefined): Fault | undefined {
  switch (keyword) {
    case 'Server':
      return required(value) ?? serverFault(value ?? '');
    case 'Database':
    case 'User ID':
      return required(value) ?? unless(identifier, value, badIdentifier) ?? unless(literal, value, notLiteral);
    case 'Password':
      return passwordFault(value);
    case 'Encrypt':
      return unless(/^(?:true|yes|mandatory|strict|false|no|optional)$/i, value, {
        problem: 'is neither true, false, mandatory, optional nor strict',
        remedy: 'Give one of these.',
      });
    case 'TrustServerCertificate':
      return unless(no, value, {
        problem: 'is a decision that is not taken in the text',
        remedy:
          'Leave it out. If you decide to trust the server unseen, set source.trustServerCertificate (on the command line --trust-server-certificate).',
      });
    case 'MultiSubnetFailover':
      return unless(/^(?:true|yes|false|no)$/i, value, {
        problem: 'is neither true nor false',
        remedy: 'Give one of these.',
      });
    case 'Connect Timeout':
      return unless(/^\d{1,5}$/, value, { problem: 'is not a number of seconds', remedy: leaveOut });
    case 'HostNameInCertificate':
      return unless(hostName, value, {
        problem: 'is not a host name',
        remedy: 'Give the name that the certificate has.',
      });
    case 'Application Intent':
      return unless(/^readwrite$/i, value, {
        problem: 'asks for a replica that can be read only, and the service has to write',
        remedy: leaveOut,
      });
    case 'Column Encryption Setting':
      return unless(/^disabled$/i, value, {
        problem: 'asks for Always Encrypted, which the service does not support',
        remedy: leaveOut,
      });
    case 'Replication':
    case 'Persist Security Info':
    case 'MultipleActiveResultSets':
      return unless(no, value, { problem: 'can only be false', remedy: leaveOut });
    case 'Integrated Security':
      return unless(no, value, {
        problem: 'asks for Windows authentication, which the service cannot use: it has no account in your domain',
        remedy: sqlLogin,
      });
  }
}

// https://learn.microsoft.com/sql/relational-databases/databases/database-identifiers
const identifier = /^\P{Cc}{1,128}$/u;
const badIdentifier: Fault = {
  problem: 'is longer than 128 characters or holds a control character',
  remedy: 'Check it.',
};
// https://learn.microsoft.com/sql/relational-databases/security/strong-passwords
const password = /^[^]{1,128}$/;
const badPassword: Fault = {
  problem: 'is longer than 128 characters',
  remedy: 'Check it: SQL Server takes none that is longer.',
};
// https://learn.microsoft.com/azure/data-factory/parameterize-linked-services: such a text is a program, not a value.
const literal = /^(?!@)(?![^]*@\{)/;
const notLiteral: Fault = {
  problem: 'starts with @ or holds @{, which Data Factory takes for an expression',
  remedy: 'Use a name or password without it.',
};
const leaveOut = 'Leave it out.';
const no = /^(?:false|no)$/i;
const strict = /^strict$/i;

function required(value: string | undefined): Fault | undefined {
  return value === undefined || value === '' ? { problem: 'is missing', remedy: 'Add it.' } : undefined;
}

/** What is wrong with a password; undefined if it can be used. Never holds the password. */
export function passwordFault(value: string | undefined): Fault | undefined {
  return required(value) ?? unless(password, value, badPassword) ?? unless(literal, value, notLiteral);
}

/** What is left out is in order. */
function unless(inOrder: RegExp, value: string | undefined, fault: Fault): Fault | undefined {
  return value === undefined || inOrder.test(value) ? undefined : fault;
}

const hostPattern = String.raw`(?<host>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?)`;
// https://learn.microsoft.com/sql/sql-server/install/instance-configuration#instance-name
const hostName = new RegExp(`^${hostPattern}$`);
const instancePattern = String.raw`(?<instance>[A-Za-z_][A-Za-z0-9_$]{0,15})`;
const serverPattern = new RegExp(
  String.raw`^(?:tcp:)?${hostPattern}(?:\\${instancePattern})?(?:\s*,\s*(?<port>\d{1,5}))?$`,
  'i',
);
const MAXIMUM_PORT = 65_535;

function serverFault(server: string): Fault | undefined {
  if (/^(?:np|lpc|admin):|^\\\\/i.test(server)) {
    return { problem: 'names a protocol other than TCP', remedy: 'Give host, host\\instance or host,port.' };
  }
  if (canonicalServer(server) !== undefined) return undefined;
  return {
    problem: 'is not of the form host, host\\instance or host,port',
    remedy: 'Give the name by which the runtime machine reaches the server.',
  };
}

function canonicalServer(server: string): string | undefined {
  const { host, instance, port } = serverPattern.exec(server)?.groups ?? {};
  if (host === undefined) return undefined;
  if (port === undefined) return instance === undefined ? host : `${host}\\${instance}`;
  return Number(port) >= 1 && Number(port) <= MAXIMUM_PORT ? `${host},${Number(port)}` : undefined;
}
