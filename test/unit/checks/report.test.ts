import { expect, test } from 'vitest';
import { reportChecks } from '../../../shared/checks/report.ts';
import type { CheckResult } from '../../../shared/checks/check.ts';

function result(id: string, status: CheckResult['status'], changes: Partial<CheckResult> = {}): CheckResult {
  return {
    id,
    title: `Title of ${id}`,
    target: 'source',
    severity: 'blocks',
    status,
    measured: '120',
    expected: 'at least 130',
    cause: '',
    remedy: { by: 'caller', text: `Mend ${id}.`, documentation: 'https://learn.microsoft.com/sql' },
    code: `5000${id.at(-1)}`,
    ...changes,
  };
}

test('checks that pass, warn or were skipped do not fail a setup', () => {
  const { counts, failure } = reportChecks([
    result('A-1', 'passed'),
    result('A-2', 'failed', { severity: 'warns' }),
    result('A-3', 'failed', { severity: 'informs' }),
    result('A-4', 'skipped'),
    result('A-5', 'nothingToDo'),
  ]);
  expect(counts).toEqual({
    passed: 1,
    nothingToDo: 1,
    warned: 2,
    failed: 0,
    skipped: 1,
    excluded: 0,
    failedChecks: [],
  });
  expect(failure).toBeUndefined();
});

test('every check that blocks is counted, and is in the cause and in the remedy', () => {
  const { counts, failure } = reportChecks([
    result('A-1', 'failed'),
    result('A-2', 'passed'),
    result('A-3', 'failed', {
      remedy: {
        by: 'caller',
        text: 'Raise it:',
        sql: 'ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = 130;',
        documentation: 'https://learn.microsoft.com/sql',
      },
    }),
  ]);
  expect(counts).toEqual({
    passed: 1,
    nothingToDo: 0,
    warned: 0,
    failed: 2,
    skipped: 0,
    excluded: 0,
    failedChecks: ['A-1', 'A-3'],
  });
  expect(failure?.cause).toBe(
    'A-1 Title of A-1: measured 120, expected at least 130. A-3 Title of A-3: measured 120, expected at least 130',
  );
  expect(failure?.remedy).toBe('A-1: Mend A-1. A-3: Raise it: ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = 130;');
});

test('a setup fails with the code of the first check that blocks', () => {
  const warning = result('A-1', 'failed', { severity: 'warns' });
  const { failure } = reportChecks([warning, result('A-2', 'failed'), result('A-3', 'failed')]);
  expect(failure?.code).toBe('50002');
});

test('many that block have all room in the failure, and no statement is cut in two', () => {
  const remedy = {
    by: 'caller',
    text: 'Rename.',
    sql: 'S'.repeat(500),
    documentation: 'https://learn.microsoft.com/sql',
  } as const;
  const ten = Array.from({ length: 10 }, (_, index) =>
    result(`A-${index}`, 'failed', { measured: 'm'.repeat(2_000), remedy }),
  );
  const { failure } = reportChecks(ten);
  for (const { id } of ten) expect(failure?.cause).toContain(`${id} Title`);
  expect(failure?.remedy).toBe(ten.map(({ id }) => `${id}: Rename.`).join(' '));
});
