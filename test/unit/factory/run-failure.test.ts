import { expect, test } from 'vitest';
import { runFailure } from '../../../shared/factory/run-failure.ts';

const message = (sqlError: string) =>
  `Operation on target SourceProbe failed: ErrorCode=SqlOperationFailed,SqlErrorNumber=${sqlError},Class=14,State=1`;

test.each(['2', '1225', '18456'])('SQL error %s is shown by its own number', (sqlError) => {
  expect(runFailure('assess', 'Failed', message(sqlError)).code).toBe(sqlError);
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

test('the cause names the stage, the status and what Data Factory said; there is a remedy', () => {
  const { cause, remedy } = runFailure('install', 'Cancelled', 'Operation on target SourceCatalogue was cancelled');
  expect(cause).toBe(
    'Stage install of the preparation pipeline ended as Cancelled: Operation on target SourceCatalogue was cancelled',
  );
  expect(remedy).not.toBe('');
});
