/** The report of an assessment on a terminal. */
import { styleText } from 'node:util';
import type { CheckResult } from '../../shared/checks/check.ts';
import type { Assessment } from '../assessment.ts';
import { amountOf, checksThatFailed, countsText, leftOutWithRows, outcomeOf, placeText, tablesByApp } from './parts.ts';

const colours = { blocks: 'red', warns: 'yellow', informs: 'blue' } as const;

/** The report: what failed in full, what passed in numbers. */
export function textReport(assessment: Assessment): string {
  const { source, destination, product, summary } = assessment;
  return [
    `Source       ${placeText(source)}, SQL Server ${source.productVersion}`,
    `Destination  ${destination === undefined ? 'not measured' : placeText(destination)}`,
    `Product      ${product}`,
    '',
    `Checks       ${countsText(summary)}`,
    ...checksThatFailed(assessment).flatMap((check) => ['', ...checkLines(check)]),
    '',
    ...companyLines(assessment),
    ...planLines(assessment),
    '',
    summary.failed === 0 ? 'Nothing blocks the migration.' : 'Mend what blocks, then assess again.',
    '',
  ].join('\n');
}

function checkLines(check: CheckResult): string[] {
  const { id, title, measured, expected, cause, severity, remedy } = check;
  return [
    styleText(colours[severity], `${outcomeOf(check)}  ${id}  ${title}`),
    `  measured  ${measured}`,
    `  expected  ${expected}`,
    `  cause     ${cause}`,
    `  remedy    ${remedy.text}`,
    ...(remedy.sql === undefined ? [] : [`  SQL       ${remedy.sql}`]),
    `  see       ${remedy.documentation}`,
  ];
}

function companyLines({ companies }: Assessment): string[] {
  return [
    `Companies    ${companies.length}`,
    ...companies.map(({ name, sizeGigabytes }) => {
      return `  ${name.padEnd(40)} ${sizeGigabytes === null ? 'size unknown' : amountOf(sizeGigabytes * 1e9)}`;
    }),
  ];
}

function planLines(assessment: Assessment): string[] {
  const { plan } = assessment;
  if (plan === undefined) return ['', 'Tables       not planned: a plan compares the source with an environment'];
  const { byCopyMethod, rows } = plan.summary;
  const methods = Object.entries(byCopyMethod).map(([method, tables]) => `${tables} ${method}`);
  return [
    '',
    `Tables       ${plan.tables.length}: ${methods.join(', ')}; ${rows} rows are copied`,
    ...tablesByApp(assessment).map(({ app, copied, left, bytes }) => {
      return `  ${app.padEnd(40)} ${String(copied).padStart(6)} copied ${String(left).padStart(6)} left out  ${amountOf(bytes)}`;
    }),
    ...leftOutWithRows(plan.tables).map(({ sourceTable, rowCount, reason }) => {
      return `  left out with ${rowCount} ${rowCount === 1 ? 'row' : 'rows'}: ${sourceTable}: ${reason}`;
    }),
  ];
}
