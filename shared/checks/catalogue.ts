/**
 * The checks before a migration: what is measured, what is expected, and what to do about the difference. Pure: the
 * databases are measured by `sql/source/probe.sql` and `sql/destination/probe.sql`; all checks are evaluated in one go,
 * so that a report is complete. `docs/checks.md` lists them.
 */
import type { Check, CheckInput, CheckResult, Finding } from './check.ts';
import { companyChecks } from './company-checks.ts';
import { serverChecks } from './server-checks.ts';
import { versionChecks } from './version-checks.ts';

/** All checks, in the order of a report. */
export const checkCatalogue: readonly Check[] = [...serverChecks, ...versionChecks, ...companyChecks];

/** Evaluates every check; one result each, in the order of the catalogue. */
export function evaluateChecks(input: CheckInput): CheckResult[] {
  return checkCatalogue.map((check) => resultOf(check, check.evaluate(input)));
}

function resultOf(check: Check, finding: Finding): CheckResult {
  const { id, title, target, documentation } = check;
  const base = { id, title, target, severity: check.severity, code: check.code, measured: '', expected: '', cause: '' };
  if (finding.status !== 'failed') return { ...base, ...finding, remedy: { text: '', documentation } };
  const { remedy, sql, ...rest } = finding;
  return { ...base, ...rest, remedy: { text: remedy, ...(sql === undefined ? {} : { sql }), documentation } };
}

/** The numbers of a report. `failed` and `failedChecks` are the failures that block, `warned` all others. */
export function summarizeChecks(results: readonly CheckResult[]) {
  const failures = results.filter(({ status }) => status === 'failed');
  const blocking = failures.filter(({ severity }) => severity === 'blocks');
  return {
    passed: results.filter(({ status }) => status === 'passed').length,
    warned: failures.length - blocking.length,
    failed: blocking.length,
    skipped: results.filter(({ status }) => status === 'skipped').length,
    failedChecks: blocking.map(({ id }) => id),
  };
}
