/** What all reports of an assessment show. Pure. */
import type { CheckResult } from '../../shared/checks/check.ts';
import type { AssessedTable, Assessment } from '../assessment.ts';

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

interface AppTables {
  /** Its name, or its id where the source does not know it. */
  readonly app: string;
  readonly copied: number;
  readonly left: number;
  readonly bytes: number;
}

/** How many tables of each app are copied and left out; the app with the most tables first. */
export function tablesByApp({ plan, extensions }: Assessment): AppTables[] {
  const names = new Map(extensions?.map(({ appId, name }) => [appId, name]));
  return [...Map.groupBy(plan?.tables ?? [], ({ appId }) => appId)]
    .map(([app, some]) => {
      const copied = some.filter(({ copyMethod }) => copyMethod !== 'None');
      const bytes = copied.reduce((sum, { byteCount }) => sum + byteCount, 0);
      return {
        app: app === '' ? 'without an app' : (names.get(app) ?? app),
        copied: copied.length,
        left: some.length - copied.length,
        bytes,
      };
    })
    .toSorted((a, b) => b.copied + b.left - a.copied - a.left);
}

/** The tables whose rows do not come, those with the most rows first. */
export function leftOutWithRows(tables: readonly AssessedTable[]): AssessedTable[] {
  return tables
    .filter(({ copyMethod, rowCount }) => copyMethod === 'None' && rowCount > 0)
    .toSorted((a, b) => b.rowCount - a.rowCount);
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
  const recorded = recordedAt === undefined ? '' : `, as recorded at ${recordedAt}`;
  return `${database}: Business Central ${applicationVersion ?? 'unknown'}${recorded}`;
}

type Place = NonNullable<Assessment['destination']>;

/** How many checks came to what. */
export function countsText({ failed, warned, passed, nothingToDo, skipped, excluded }: Assessment['summary']): string {
  const counts = `${failed} block, ${warned} warn or inform, ${passed} passed, ${nothingToDo} nothing to do, ${skipped} skipped`;
  return excluded === 0 ? counts : `${counts}, ${excluded} excluded`;
}
