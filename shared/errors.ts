/**
 * Every code that a user of this service can meet, in one place: what the API answers, and why a setup failed.
 * Codes are stable; texts may improve.
 */

/** Codes of the HTTP API: status and the short title of the problem document. */
export const apiErrors = {
  MissingApiVersionParameter: { status: 400, title: 'The api-version query parameter is missing.' },
  UnsupportedApiVersionValue: { status: 400, title: 'The api-version is not supported.' },
  UnknownQueryParameter: { status: 400, title: 'A query parameter is not known.' },
  InvalidQueryParameter: { status: 400, title: 'A query parameter has no value that it may have.' },
  InvalidSetupId: { status: 400, title: 'The setup id is not valid.' },
  InvalidEnvironmentName: { status: 400, title: 'The name of the environment is not valid.' },
  InvalidJson: { status: 400, title: 'The request body is not JSON.' },
  EmptyBody: { status: 400, title: 'The request body is empty.' },
  InvalidRequestBody: { status: 400, title: 'The request body is not valid.' },
  Unauthorized: { status: 401, title: 'An access token is needed.' },
  Forbidden: { status: 403, title: 'The access token lacks an app role.' },
  TenantNotFound: { status: 404, title: 'There is no such tenant.' },
  EnvironmentNotFound: { status: 404, title: 'There is no such environment.' },
  SetupNotFound: { status: 404, title: 'There is no such setup.' },
  AttemptNotFound: { status: 404, title: 'The setup has no such attempt.' },
  FailureNotFound: { status: 404, title: 'The attempt has not failed.' },
  OperationNotFound: { status: 404, title: 'There is no such operation.' },
  ReplayNotFound: { status: 404, title: 'There is no such bulk replay.' },
  ReplicationRunNotFound: { status: 404, title: 'The setup has no such replication run.' },
  EnvironmentInUse: { status: 409, title: 'Another setup has the environment.' },
  SetupNotUnderWay: { status: 409, title: 'Nothing of the setup is under way.' },
  SetupNotReady: { status: 409, title: 'The setup is not ready.' },
  ReplicationUnderWay: { status: 409, title: 'A replication run of the environment is under way.' },
  ReplicationEnded: { status: 409, title: 'The replication run has ended.' },
  NothingToRetry: { status: 409, title: 'The replication run has no tables that failed.' },
  SetupNotReplayable: { status: 409, title: 'The setup has neither failed nor been canceled.' },
  ReplayEnded: { status: 409, title: 'The bulk replay has ended.' },
  SetupConflict: { status: 409, title: 'The setup exists with other values.' },
  NothingToWaitFor: { status: 409, title: 'The setup waits for nothing.' },
  RuntimeNotCreated: { status: 409, title: 'The integration runtime does not exist yet.' },
  RuntimeNotUsed: { status: 409, title: 'The setup uses no self-hosted integration runtime.' },
  PreconditionFailed: { status: 412, title: 'The resource is not in the state that the request expects.' },
  BodyTooLarge: { status: 413, title: 'The request body is too large.' },
  UnsupportedMediaType: { status: 415, title: 'The request body must be application/json.' },
  InternalError: { status: 500, title: 'The request failed for a reason that lies in the service.' },
  ServiceUnavailable: { status: 503, title: 'A service that this one depends on does not answer.' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ApiErrorCode = keyof typeof apiErrors;

/** Codes of what is wrong with one field of a request body, each with its usual remedy. */
export const fieldErrors = {
  Required: 'Add it.',
  UnknownField: 'Leave it out, or check its spelling and case.',
  InvalidValue: 'Give a value as described.',
  UnknownEnvironment:
    "Give the name of an environment of the tenant, as GET …/environments lists them; the service's provider registers them.",
  Differs:
    'Send the values that the setup was created with. A password, a connection or a runtime is changed by a replay of the setup; for anything else choose another setup id.',
  PhaseNotReached: 'Name a phase that the attempt has reached, or leave it out to begin with the one that failed.',
  UnknownCompany: 'Give the name of a company as GET …/companies lists them.',
  '52072': 'Give a connection string of a SQL Server login: Server=…;Database=…;User ID=…;Password=…',
} as const;

export type FieldErrorCode = keyof typeof fieldErrors;

/**
 * Codes with which a setup fails, beside those of the checks. Numbers are the ones that Business Central's own client
 * knows, so that they can be shown there unchanged.
 */
export const setupFailures = {
  HostNotFound: {
    title: 'No server has the name that was given.',
    remedy:
      'Check the name in Server: the machine of the integration runtime must be able to resolve it. Then replay the setup, with a corrected connection string if the name was wrong.',
  },
  InstanceNotFound: {
    title: 'The server has no instance of the name that was given, or its SQL Server Browser does not answer.',
    remedy:
      'Check the name of the instance, start the service SQL Server Browser and open UDP port 1434, or give host,port in place of host\\instance; then replay the setup with the corrected connection string.',
  },
  '1225': {
    title: 'The server refuses connections at the port that was given.',
    remedy:
      'Check the port (1433 if none is given), that SQL Server runs and that TCP/IP is enabled in SQL Server Configuration Manager; then replay the setup.',
  },
  '2': {
    title: 'The server was not found or cannot be reached.',
    remedy:
      'Check the name in Server, that SQL Server runs and that TCP/IP is enabled in SQL Server Configuration Manager; then replay the setup.',
  },
  ServerUnreachable: {
    title: 'Nothing answers at the address of the server.',
    remedy:
      'Let the machine of the integration runtime reach the port of the server (1433 if none is given) through every firewall in between; then replay the setup.',
  },
  FirewallRefused: {
    title: 'The firewall of the Azure SQL server refuses the connection.',
    remedy:
      'Allow the address that the cause names in the firewall of the server, or Azure services if the connection comes from a data factory, and public network access or a private endpoint; then replay the setup.',
  },
  CertificateNotTrusted: {
    title: 'The certificate of the server is not trusted.',
    remedy:
      'Install on SQL Server a certificate that the machine of the integration runtime trusts, or add its issuer there. If you decide to trust the server unseen, replay the setup with TrustServerCertificate=True in the connection string.',
  },
  CertificateNameWrong: {
    title: 'The certificate of the server is for another name.',
    remedy:
      'Give in Server the name that the certificate has, or install one for the name that is given; then replay the setup with the corrected connection string.',
  },
  CertificateExpired: {
    title: 'The certificate of the server is not valid any more.',
    remedy: 'Install a valid certificate on SQL Server, then replay the setup.',
  },
  '0': {
    title: 'The server ended the connection before the login.',
    remedy:
      'Let the server and the machine of the integration runtime have a version of TLS and a cipher in common, check that what answers at the port is SQL Server, and read its error log; then replay the setup.',
  },
  '18456': {
    title: 'The login failed.',
    remedy:
      'Check the name and the password, that the login exists on this server, and that the server allows SQL Server logins (mixed mode); its error log names the reason by a state. Then replay the setup with the corrected password or connection string.',
  },
  LoginDisabled: {
    title: 'The login is disabled.',
    remedy:
      'Run on the server: ALTER LOGIN [name] ENABLE; or replay the setup with a connection string of another login.',
  },
  LoginLocked: {
    title: 'The login is locked after too many wrong passwords.',
    remedy:
      "Run on the server: ALTER LOGIN [name] WITH PASSWORD = '…' UNLOCK; then replay the setup with that password.",
  },
  PasswordExpired: {
    title: 'The password of the login has expired or must be changed.',
    remedy:
      'Change the password of the login, without the option that it must be changed at the next login; then replay the setup with the new one.',
  },
  IdentityRefused: {
    title: 'The identity of the data factory or of the service may not enter the database.',
    remedy:
      'Ask the operator of the service to create a user for the identity in the database of the environment, with the rights that docs/security.md names; then replay the setup.',
  },
  DatabaseNotFound: {
    title: 'The server has no such database, or the login may not open it.',
    remedy:
      'Check the name of the database, and that the login has a user in it (CREATE USER … FOR LOGIN …); then replay the setup, with a corrected connection string if the name was wrong.',
  },
  DatabaseUnavailable: {
    title: 'The database does not take connections at present.',
    remedy: 'Replay the setup in a few minutes. If it goes on, check the state of the database and its limits.',
  },
  '50010': {
    title: 'A database is in use by another migration setup.',
    remedy:
      'Delete the other setup if it is yours and no longer needed, then replay this one; if none of yours uses the database, ask the operator of the service.',
  },
  '52030': {
    title: 'The integration runtime cannot be used.',
    remedy:
      'Replay the setup with another runtimeName, one that an earlier setup of the same tenant created, or with null to get a new runtime.',
  },
  '52050': {
    title: 'The databases could not be prepared.',
    remedy:
      'Mend what the cause names, then replay the setup; nothing that the attempt did has to be undone by hand. A corrected password or connection string goes with the replay.',
  },
  '52071': {
    title: 'The self-hosted integration runtime is not online.',
    remedy:
      'Install the runtime with its key, or start it if it has gone offline; check that its machine reaches the internet on port 443 and does not sleep. Then replay the setup.',
  },
  '52073': {
    title: 'The preparation took too long.',
    remedy: 'Check the load of the source database and the health of the runtime, then replay the setup.',
  },
  '52090': {
    title: 'No data factory has room for the setup.',
    remedy:
      'Ask the operator of the service for room: a further data factory, or the deletion of setups that are not needed any more. Then replay the setup.',
  },
  StepFailed: {
    title: 'A step failed after all its attempts.',
    remedy: 'Mend what the cause names, then replay the setup; what could not be taken back is named with the failure.',
  },
  TablesFailed: {
    title: 'Some tables could not be copied.',
    remedy:
      'GET …/tables?status=Failed of the run names each with its cause. Mend that, then POST …/retry of the run copies only those.',
  },
  ReplicationFailed: {
    title: 'A replication run could not do its work.',
    remedy: 'Mend what the cause names, then POST …/retry of the run copies what it did not.',
  },
  DeletionFailed: {
    title: 'Something of the setup could not be removed.',
    remedy: 'Mend what the cause names, then delete the setup again.',
  },
} as const satisfies Record<string, { title: string; remedy: string }>;

export type SetupFailureCode = keyof typeof setupFailures;
