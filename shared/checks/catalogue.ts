/**
 * The checks before a migration: what is measured, what is expected, and what to do about the difference. Pure: the
 * databases are measured by the scripts in `sql/source` and `sql/destination`; all checks are evaluated in one go,
 * so that a report is complete. `docs/checks.md` is made from them.
 */
import { excluded, notNeeded } from './check.ts';
import type { Check, CheckInput, CheckResult, Finding } from './check.ts';
import { amountChecks } from './amount-checks.ts';
import { isWanted } from './check-selection.ts';
import type { CheckSelection } from './check-selection.ts';
import { companyChecks } from './company-checks.ts';
import { environmentChecks } from './environment-checks.ts';
import { extensionChecks } from './extension-checks.ts';
import { identityChecks } from './identity-checks.ts';
import { loginChecks } from './login-checks.ts';
import { maintenanceChecks } from './maintenance-checks.ts';
import { runtimeChecks } from './runtime-checks.ts';
import { secretChecks } from './secret-checks.ts';
import { serverChecks } from './server-checks.ts';
import { storageChecks } from './storage-checks.ts';
import { tableFeatureChecks } from './table-feature-checks.ts';
import { tableChecks } from './table-checks.ts';
import { versionChecks } from './version-checks.ts';

/** All checks, in the order of a report. */
export const checkCatalogue: readonly Check[] = [
  ...runtimeChecks,
  ...serverChecks,
  ...maintenanceChecks,
  ...storageChecks,
  ...environmentChecks,
  ...loginChecks,
  ...identityChecks,
  ...versionChecks,
  ...extensionChecks,
  ...companyChecks,
  ...amountChecks,
  ...tableChecks,
  ...tableFeatureChecks,
  ...secretChecks,
];

/** What may be out of reach of who measures, each with where it is known. */
const outOfReach = {
  destination: 'the database of the environment',
  leftOut: 'the database of the environment',
  runtime: 'the integration runtime',
  factoryAccess: 'the data factory',
  ownAccess: 'the service',
  secret: 'the service',
} as const satisfies Partial<Record<keyof CheckInput, string>>;
type OutOfReach = keyof typeof outOfReach;

/** What was measured. What has no member here could not be. */
export type Measured = Omit<CheckInput, OutOfReach> & Partial<Pick<CheckInput, OutOfReach>>;

/**
 * Evaluates every check; one result each, in the order of the catalogue. A check of what was not measured is skipped.
 * @param selection which are wanted; left out: all
 */
export function evaluateChecks(measured: Measured, selection?: CheckSelection): CheckResult[] {
  const input = withGuards(measured);
  return checkCatalogue.map((check) =>
    resultOf(check, isWanted(check.id, selection) ? findingOf(check, input) : excluded),
  );
}

/** Thrown where a check reads what was not measured. */
class Unmeasured extends Error {}

function withGuards(measured: Measured): CheckInput {
  const missing = (Object.keys(outOfReach) as OutOfReach[]).filter((name) => !(name in measured));
  const guards = missing.map((name) => {
    const get = () => {
      throw new Unmeasured(`It is only known in ${outOfReach[name]}, which was not measured.`);
    };
    return [name, { get }] as const;
  });
  return Object.defineProperties({ ...measured }, Object.fromEntries(guards)) as CheckInput;
}

function findingOf(check: Check, input: CheckInput): Finding {
  try {
    return check.evaluate(input);
  } catch (error) {
    if (error instanceof Unmeasured) return notNeeded(error.message);
    throw error;
  }
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
    excluded: having('excluded').length,
    failedChecks: blocking.map(({ id }) => id),
  };
}
