/** The report of an assessment on a terminal. */
import { styleText } from 'node:util';
import type { CheckResult } from '../../shared/checks/check.ts';
import { reasons } from '../../shared/plan/reasons.ts';
import type { Assessment } from '../assessment.ts';
import {
  amountOf,
  checksThatFailed,
  countsText,
  leftOutWithRows,
  outcomeOf,
  placeText,
  sumsByApp,
  verdictOf,
  visible,
} from './parts.ts';

const colours = { blocks: 'red', warns: 'yellow', informs: 'blue' } as const;

/** The report: what failed in full, what passed in numbers. */
export function textReport(assessment: Assessment): string {
  const { source, destination, product, summary } = assessment;
  return [
    ...lines(
      `Source       ${placeText(source)}, SQL Server ${source.productVersion}`,
      `Destination  ${destination === undefined ? 'not measured' : placeText(destination)}`,
      `Product      ${product}`,
      '',
      `Checks       ${countsText(summary)}`,
    ),
    ...checksThatFailed(assessment).flatMap((check) => ['', ...checkLines(check)]),
    '',
    ...companyLines(assessment),
    ...planLines(assessment),
    '',
    `${verdictOf(assessment)}.${summary.failed === 0 ? '' : ' Mend that, then assess again.'}`,
    '',
  ].join('\n');
}

function lines(...texts: readonly string[]): string[] {
  return texts.map(visible);
}

const MOST_LINES = 20;

function someLines(texts: readonly string[]): string[] {
  const more = texts.length - MOST_LINES;
  return lines(...texts.slice(0, MOST_LINES), ...(more > 0 ? [`  and ${more} more`] : []));
}

function checkLines(check: CheckResult): string[] {
  const { id, title, measured, expected, cause, severity, remedy } = check;
  return [
    styleText(colours[severity], `${outcomeOf(check)}  ${id}  ${title}`),
    ...lines(
      `  measured  ${measured}`,
      `  expected  ${expected}`,
      `  cause     ${cause}`,
      `  remedy    ${remedy.text}`,
      ...(remedy.sql ?? '').split('\n').flatMap((sql) => (sql === '' ? [] : [`  SQL       ${sql}`])),
      `  see       ${remedy.documentation}`,
    ),
  ];
}

function companyLines({ companies }: Assessment): string[] {
  return [
    `Companies    ${companies.length}`,
    ...someLines(
      companies.map(({ name, sizeGigabytes }) => {
        return `  ${name.padEnd(40)} ${sizeGigabytes === null ? 'size unknown' : amountOf(sizeGigabytes * 1e9)}`;
      }),
    ),
  ];
}

function planLines(assessment: Assessment): string[] {
  const { plan } = assessment;
  if (plan === undefined)
    return [
      '',
      'Tables       not planned: a plan needs the companies of the source, and an environment to compare with',
    ];
  const { byCopyMethod, rows } = plan.summary;
  const methods = Object.entries(byCopyMethod).map(([method, tables]) => `${tables} ${method}`);
  return [
    '',
    `Tables       ${plan.tables.length}: ${methods.join(', ')}; ${rows} rows are copied`,
    ...someLines(
      sumsByApp(assessment).map(({ app, sum: { copied, left } }) => {
        return `  ${app.padEnd(40)} ${String(copied.tables).padStart(6)} copied ${String(left.tables).padStart(6)} left out  ${amountOf(copied.bytes)}`;
      }),
    ),
    '',
    `Left out     ${plan.sums.left.tables}`,
    ...plan.sums.reasons.map(({ reasonCode, tables, rows: left }) => {
      return `  ${String(tables).padStart(6)} with ${countOf(left)}: ${reasons[reasonCode]}`;
    }),
    '',
    ...someLines(
      leftOutWithRows(plan.tables).map((table) => {
        return `  left out with ${countOf(table.rows)}: ${table.sourceTable}: ${table.reason}`;
      }),
    ),
  ];
}

function countOf(rows: number): string {
  return `${rows} ${rows === 1 ? 'row' : 'rows'}`;
}
