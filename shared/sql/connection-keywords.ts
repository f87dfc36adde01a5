/**
 * Every keyword of SqlClient, with the spellings that it takes: carried, harmless, or refused by name. Pure.
 * https://learn.microsoft.com/sql/connect/ado-net/connection-options
 */
/** Keywords that the service honours, and those that it takes as long as they ask for nothing. */
const synonyms = {
  Server: ['server', 'data source', 'address', 'addr', 'network address'],
  Database: ['database', 'initial catalog'],
  'User ID': ['user id', 'userid', 'uid', 'user'],
  Password: ['password', 'pwd'],
  Encrypt: ['encrypt'],
  TrustServerCertificate: ['trustservercertificate', 'trust server certificate'],
  'Connect Timeout': ['connect timeout', 'connection timeout', 'connecttimeout', 'timeout'],
  'Persist Security Info': ['persist security info', 'persistsecurityinfo'],
  MultipleActiveResultSets: ['multipleactiveresultsets', 'multiple active result sets'],
  'Integrated Security': ['integrated security', 'trusted_connection'],
  MultiSubnetFailover: ['multisubnetfailover', 'multi subnet failover'],
  HostNameInCertificate: ['hostnameincertificate', 'host name in certificate'],
  'Application Intent': ['application intent', 'applicationintent'],
  'Column Encryption Setting': ['column encryption setting', 'columnencryption'],
  Replication: ['replication'],
} as const;
export type Keyword = keyof typeof synonyms;

export const keywords = Object.keys(synonyms) as Keyword[];
export const keywordOf: ReadonlyMap<string, Keyword> = new Map<string, Keyword>(
  keywords.flatMap((name) => synonyms[name].map((key) => [key, name])),
);

/** What shapes the connections of one client alone. The service has its own, so that any value is taken and none is used. */
export const unused: ReadonlySet<string> = new Set(
  (
    'App, Application Name, Async, Asynchronous Processing, Command Timeout, Connect Retry Count, Connect Retry Interval, ' +
    'Connection Idle Timeout, Connection Lifetime, Connection Reset, ConnectRetryCount, ConnectRetryInterval, Enlist, Load Balance Timeout, ' +
    'Max Pool Size, Min Pool Size, Packet Size, PacketSize, Pool Blocking Period, PoolBlockingPeriod, Pooling, ' +
    'Transaction Binding, Transparent Network IP Resolution, TransparentNetworkIPResolution, Type System Version, ' +
    'Vector Type Support, VectorTypeSupport, Workstation ID, WorkstationID, WSID'
  )
    .toLowerCase()
    .split(', '),
);

export const sqlLogin = 'Leave it out and give the User ID and Password of a SQL Server login.';

/** The other keywords of SqlClient, by remedy, so that they can be refused by name. */
const refusedKeywords: Readonly<Record<string, string>> = {
  [sqlLogin]: 'Authentication, ClientCertificate, ClientKey, ClientKeyPassword',
  'Leave it out and attach the file to a server: only databases of a server can be migrated.':
    'AttachDBFilename, Context Connection, Extended Properties, Initial File Name, User Instance',
  'Leave it out and name the server of the primary database in Server.':
    'Failover Partner, Failover Partner SPN, FailoverPartner, FailoverPartnerSPN',
  'Leave it out: the service speaks TCP only.': 'Net, Network, Network Library',
  'Leave it out, and give the name that the certificate has in HostNameInCertificate.':
    'Server Certificate, Server SPN, ServerCertificate, ServerSPN',
  'Leave it out: the service connects with settings of its own.':
    'Attestation Protocol, Current Language, Enclave Attestation Url, IP Address Preference, IPAddressPreference, Language',
};
/** By the spelling, in lower case. */
export const refusals: ReadonlyMap<string, { readonly keyword: string; readonly remedy: string }> = new Map(
  Object.entries(refusedKeywords).flatMap(([remedy, names]) =>
    names.split(', ').map((keyword) => [keyword.toLowerCase(), { keyword, remedy }] as const),
  ),
);
