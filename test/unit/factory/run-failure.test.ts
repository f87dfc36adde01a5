import { expect, test } from 'vitest';
import { runFailure } from '../../../shared/factory/run-failure.ts';

const probe = (text: string, side = 'Source') => `Operation on target ${side}Probe failed: ${text}`;
const message = (sqlError: string) =>
  `Operation on target SourceProbe failed: ErrorCode=SqlFailedToConnect,SqlErrorNumber=${sqlError},Class=14,State=1`;

test.each([
  ['11001', 'HostNotFound'],
  ['53', '2'],
  ['-1', 'InstanceNotFound'],
  ['1225', '1225'],
  ['2', '2'],
  ['10060', 'ServerUnreachable'],
  ['40615', 'FirewallRefused'],
  ['-2146893019', 'CertificateNotTrusted'],
  ['-2146893022', 'CertificateNameWrong'],
  ['-2146893016', 'CertificateExpired'],
  ['0', '0'],
  ['18456', '18456'],
  ['18470', 'LoginDisabled'],
  ['18486', 'LoginLocked'],
  ['18488', 'PasswordExpired'],
  ['4060', 'DatabaseNotFound'],
  ['40613', 'DatabaseUnavailable'],
])('SQL error %s has the code %s and a remedy of its own', (sqlError, code) => {
  const { remedy, ...failure } = runFailure('assess', 'Failed', message(sqlError));
  expect(failure).toEqual({ code, cause: `Stage assess could not open the source database: SQL error ${sqlError}.` });
  expect(remedy).not.toContain('what the cause names');
});

test('of two sides the one is named that could not be opened, however deep in the pipeline', () => {
  const inner = probe("Failure happened on 'Source' side. SqlErrorNumber=18470,", 'Destination');
  const { cause } = runFailure('assess', 'Failed', `Operation on target ByStage failed: ${inner}`);
  expect(cause).toContain('the destination database');
});

test('a token whose identity is no user of the database is no wrong password', () => {
  const text = "Login failed for user '<token-identified principal>'., SqlErrorNumber=18456,";
  expect(runFailure('assess', 'Failed', probe(text, 'Destination')).code).toBe('IdentityRefused');
});

test.each([
  ["ErrorCode=SqlFailedToConnect,'… SqlErrorNumber=-2,", 'ServerUnreachable'],
  ["ErrorCode=SqlOperationFailed,'… SqlErrorNumber=-2,", '52073'],
  ["ErrorCode=SqlOperationFailed,'… SqlErrorNumber=10054,", '52050'],
  ['… allows the integration runtime to access. The database is offline. SqlErrorNumber=942,', '52050'],
  ["The Self-hosted Integration Runtime 'shir-1' is offline, last connected at 10:00.", '52071'],
])('%s means %s', (text, code) => {
  expect(runFailure('assess', 'Failed', probe(text)).code).toBe(code);
});

test('a runtime that goes offline is said to', () => {
  const { cause, remedy } = runFailure('install', 'Failed', probe('The Self-hosted Integration Runtime is offline'));
  expect(cause).toBe('The self-hosted integration runtime was offline during stage install.');
  expect(remedy).toContain('start it');
});

test.each([
  ['another SQL error', message('208')],
  ['a number that only begins like a known one', message('184567')],
  ['a failure without a SQL error', 'Operation on target SourceCatalogue failed: 18456 rows were skipped'],
  ['an empty message', ''],
])('%s means that the databases could not be prepared', (_what, text) => {
  expect(runFailure('install', 'Failed', text).code).toBe('52050');
});

test("a database that is somebody else's fails with the code of a taken environment and its own remedy", () => {
  const text =
    'Operation on target ClaimSource failed: Execution fail against sql server. Sql error number: 50010. Error Message: in use';
  const { code, remedy } = runFailure('install', 'Failed', text);
  expect(code).toBe('50010');
  expect(remedy).toContain('replay');
});

test.each([
  [
    "Server: 'sql-7.database.windows.net', Database: 'tenant01'. The integration runtime is offline?",
    'for a reason that has no number',
  ],
  ["Server: 'sql-7.database.windows.net', Database: 'tenant01'. SqlErrorNumber=942,", 'SQL error 942'],
])('what Data Factory says of a connection that was refused stays with the operator: %s', (text, reason) => {
  const failure = runFailure(
    'assess',
    'Failed',
    probe(`ErrorCode=SqlFailedToConnect,'…Message=${text}`, 'Destination'),
  );
  expect(failure).toMatchObject({
    code: '52050',
    cause: `Stage assess could not open the destination database: ${reason}. The operator of the service has the text of Data Factory.`,
  });
});

test('the cause names the stage, the status and what Data Factory said; there is a remedy', () => {
  const { cause, remedy } = runFailure('install', 'Cancelled', 'Operation on target SourceCatalogue was cancelled');
  expect(cause).toBe(
    'Stage install of the preparation pipeline ended as Cancelled: Operation on target SourceCatalogue was cancelled',
  );
  expect(remedy).not.toBe('');
});
