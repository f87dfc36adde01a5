/**
 * Every code that a user of this service can meet, in one place: what the API answers, and why a setup failed.
 * Codes are stable; texts may improve.
 */
import { connectFailures } from './sql/connect-failure.ts';

/** Codes of the HTTP API: status and the short title of the problem document. */
export const apiErrors = {
  MissingApiVersionParameter: { status: 400, title: 'The api-version query parameter is missing.' },
  UnsupportedApiVersionValue: { status: 400, title: 'The api-version is not supported.' },
  UnknownQueryParameter: { status: 400, title: 'A query parameter is not known.' },
  InvalidQueryParameter: { status: 400, title: 'A query parameter has no value that it may have.' },
  InvalidSetupId: { status: 400, title: 'The id of the setup or the assessment is not valid.' },
  InvalidEnvironmentName: { status: 400, title: 'The name of the environment is not valid.' },
  InvalidJson: { status: 400, title: 'The request body is not JSON.' },
  EmptyBody: { status: 400, title: 'The request body is empty.' },
  InvalidRequestBody: { status: 400, title: 'The request body is not valid.' },
  Unauthorized: { status: 401, title: 'An access token is needed.' },
  Forbidden: { status: 403, title: 'The access token lacks an app role.' },
  TenantNotFound: { status: 404, title: 'There is no such tenant.' },
  EnvironmentNotFound: { status: 404, title: 'There is no such environment.' },
  SetupNotFound: { status: 404, title: 'There is no such setup.' },
  AssessmentNotFound: { status: 404, title: 'There is no such assessment.' },
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
  VaultRefused: { status: 503, title: 'The vault does not let the service keep or read passwords.' },
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
  UnusableAssessment:
    'Give the id of an assessment of the tenant that has come as far as its integration runtime, as GET …/assessments lists them, or leave it out.',
  Differs:
    'Send the values that the setup was created with. A password, a connection or a runtime is changed by a replay of the setup; for anything else choose another setup id.',
  PhaseNotReached: 'Name a phase that the attempt has reached, or leave it out to begin with the one that failed.',
  UnknownCheck: 'Give the id of a check as GET …/checks lists them.',
  RequiredCheck: 'Leave out checks that warn or inform, or ask for an assessment, which may leave out any.',
  UnknownCompany: 'Give the name of a company as GET …/companies lists them.',
  '52072': 'Give a connection string of a SQL Server login: Server=…;Database=…;User ID=…;Password=…',
} as const;

export type FieldErrorCode = keyof typeof fieldErrors;

const replay = 'Then replay the setup; a corrected password or connection string goes with the replay.';

function mapValues<Key extends string, From, To>(from: Readonly<Record<Key, From>>, map: (value: From) => To) {
  return Object.fromEntries(Object.entries<From>(from).map(([key, value]) => [key, map(value)])) as Record<Key, To>;
}

/**
 * Codes with which a setup fails, beside those of the checks. Numbers are the ones that Business Central's own client
 * knows, so that they can be shown there unchanged.
 */
export const setupFailures = {
  ...mapValues(connectFailures, ({ title, remedy }) => ({ title, remedy: `${remedy} ${replay}` })),
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
  RuntimeExpired: {
    title: 'The version of the self-hosted integration runtime has expired.',
    remedy:
      'Install the latest version of the integration runtime on each of its machines and turn automatic update on there: a version works for a year after its release. Then replay the setup.',
  },
  RuntimeFull: {
    title: 'The self-hosted integration runtime had as many jobs as it takes when the time was over.',
    remedy:
      'Replay the setup when other work of the runtime has ended. If that comes back, add a node, raise the limit of concurrent jobs where its machine has room, or replay with another runtime (runtimeName: null makes one).',
  },
  '52090': {
    title: 'No data factory has room for the setup.',
    remedy:
      'Ask the operator of the service for room: a further data factory, or the deletion of setups that are not needed any more. Then replay the setup.',
  },
  VaultRefused: {
    title: 'The vault does not let the service read or keep the password of the source.',
    remedy:
      'Ask the operator of the service to give its identity the role Key Vault Secrets Officer on the vault, to let it through the firewall of the vault, or to enable the secret again, as the cause says. Then replay the setup; a replay with the password makes another secret.',
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

/** A code with what it means. */
export interface ErrorCode {
  readonly code: string;
  /** Where it is met: as the answer to a request, for a field of its body, or as the failure of a setup or a run. */
  readonly of: 'request' | 'field' | 'setup';
  /** Of an answer. */
  readonly status?: number;
  readonly title?: string;
  readonly remedy?: string;
}

/** Every code, beside those of the checks. */
export const errorCodes: readonly ErrorCode[] = [
  ...Object.entries(apiErrors).map(([code, error]) => ({ code, of: 'request' as const, ...error })),
  ...Object.entries(fieldErrors).map(([code, remedy]) => ({ code, of: 'field' as const, remedy })),
  ...Object.entries(setupFailures).map(([code, failure]) => ({ code, of: 'setup' as const, ...failure })),
];
