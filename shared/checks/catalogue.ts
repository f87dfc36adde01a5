/**
 * The checks before a migration: what is measured, what is expected, and what to do about the difference. Pure: the
 * databases are measured by `sql/source/probe.sql` and `sql/destination/probe.sql`; all checks are evaluated in one go,
 * so that a report is complete. `docs/checks.md` is made from them.
 */
import type { Check, CheckInput, CheckResult, Finding } from './check.ts';
import { companyChecks } from './company-checks.ts';
import { environmentChecks } from './environment-checks.ts';
import { extensionChecks } from './extension-checks.ts';
import { identityChecks } from './identity-checks.ts';
import { loginChecks } from './login-checks.ts';
import { runtimeChecks } from './runtime-checks.ts';
import { secretChecks } from './secret-checks.ts';
import { serverChecks } from './server-checks.ts';
import { tableChecks } from './table-checks.ts';
import { versionChecks } from './version-checks.ts';

/** All checks, in the order of a report. */
export const checkCatalogue: readonly Check[] = [
  ...runtimeChecks,
  ...serverChecks,
  ...environmentChecks,
  ...loginChecks,
  ...identityChecks,
  ...versionChecks,
  ...extensionChecks,
  ...companyChecks,
  ...tableChecks,
  ...secretChecks,
];

/** Evaluates every check; one result each, in the order of the catalogue. */
export function evaluateChecks(input: CheckInput): CheckResult[] {
  return checkCatalogue.map((check) => resultOf(check, check.evaluate(input)));
}

function resultOf(check: Check, finding: Finding): CheckResult {
  const { id, title, target, severity, code, mendedBy: by, documentation } = check;
  const base = { id, title, target, severity, code, measured: '', expected: '', cause: '' };
  if (finding.status !== 'failed') return { ...base, ...finding, remedy: { by, text: '', documentation } };
  const { remedy, sql, ...rest } = finding;
  return { ...base, ...rest, remedy: { by, text: remedy, ...(sql === undefined ? {} : { sql }), documentation } };
}

/** The numbers of a report. `failed` and `failedChecks` are the failures that block, `warned` all others. */
export function summarizeChecks(results: readonly CheckResult[]) {
  const having = (wanted: CheckResult['status']) => results.filter(({ status }) => status === wanted);
  const failures = having('failed');
  const blocking = failures.filter(({ severity }) => severity === 'blocks');
  return {
    passed: having('passed').length,
    nothingToDo: having('nothingToDo').length,
    warned: failures.length - blocking.length,
    failed: blocking.length,
    skipped: having('skipped').length,
    failedChecks: blocking.map(({ id }) => id),
  };
}
