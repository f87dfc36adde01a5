/** What all reports of an assessment show. Pure. */
import type { CheckResult } from '../../shared/checks/check.ts';
import type { KeptTable } from '../../shared/plan/kept-plan.ts';
import type { PlanSums } from '../../shared/plan/plan-summary.ts';
import type { Assessment } from '../assessment.ts';

const severities = ['blocks', 'warns', 'informs'];

/** The checks that failed: those that block first. */
export function checksThatFailed({ checks }: Assessment): CheckResult[] {
  return checks
    .filter(({ status }) => status === 'failed')
    .toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
}

/** One word for what a check came to. */
export function outcomeOf({ status, severity }: CheckResult): string {
  if (status === 'failed') return severity;
  return status === 'nothingToDo' ? 'nothing to do' : status;
}

/** What it all comes to. Without an environment nothing is said about one. */
export function verdictOf({ summary: { failed }, destination }: Assessment): string {
  if (failed > 0) return failed === 1 ? 'One check blocks the migration' : `${failed} checks block the migration`;
  if (destination !== undefined) return 'Nothing blocks the migration';
  return 'Nothing in the source blocks the migration, and no environment was measured';
}

/** Each app with its name, or its id where the source does not know it; the one with the most tables first. */
export function sumsByApp({ plan, extensions }: Assessment): { readonly app: string; readonly sum: Sum }[] {
  const names = new Map(extensions?.map(({ appId, name }) => [appId, name]));
  const tablesOf = ({ copied, left }: Sum) => copied.tables + left.tables;
  return (plan?.sums.byApp ?? [])
    .toSorted((a, b) => tablesOf(b) - tablesOf(a))
    .map((sum) => ({ app: sum.appId === '' ? 'without an app' : (names.get(sum.appId) ?? sum.appId), sum }));
}

type Sum = PlanSums['byApp'][number];

/** The tables whose rows do not come, those with the most rows first. */
export function leftOutWithRows(tables: readonly KeptTable[]): KeptTable[] {
  return tables.filter(({ copyMethod, rows }) => copyMethod === 'None' && rows > 0).toSorted((a, b) => b.rows - a.rows);
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** Bytes in a unit that is easy to read. */
export function amountOf(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power]}`;
}

/** A database with the version of its application, and when it was recorded if it was not measured now. */
export function placeText({ database, applicationVersion, recordedAt }: Place): string {
  const recorded = recordedAt === undefined ? '' : `, as recorded at ${timeText(recordedAt)}`;
  return `${database}: Business Central ${applicationVersion ?? 'unknown'}${recorded}`;
}

type Place = NonNullable<Assessment['destination']>;

/** A time to the minute. @param at in the format of ISO 8601, in UTC */
export function timeText(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
}

/** How many checks came to what. */
export function countsText({ failed, warned, passed, nothingToDo, skipped, excluded }: Assessment['summary']): string {
  const counts = `${failed} block, ${warned} warn or inform, ${passed} passed, ${nothingToDo} nothing to do, ${skipped} skipped`;
  return excluded === 0 ? counts : `${counts}, ${excluded} excluded`;
}

/** A text on one line, with what does not print made visible: a name may hold what steers a terminal or turns the text around. */
export function visible(text: string): string {
  return text.replaceAll(/\p{C}/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
