/** Companies and tables in the HTML report: what comes, what does not, and why. */
import { reasons } from '../../shared/plan/reasons.ts';
import type { KeptTable } from '../../shared/plan/kept-plan.ts';
import type { Assessment } from '../assessment.ts';
import { numberText, table } from './html-table.ts';
import { amountOf, leftOutWithRows, sumsByApp } from './parts.ts';

/** Every company, with its tables where they were planned. */
export function companies({ companies: all, plan }: Assessment): string {
  const sizeOf = (gigabytes: number | null) => (gigabytes === null ? 'unknown' : amountOf(gigabytes * 1e9));
  if (plan === undefined) {
    const rows = all.map(({ name, sizeGigabytes }) => [name, sizeOf(sizeGigabytes)]);
    return table(['Company', 'Size'], rows);
  }
  const sums = new Map(plan.sums.byCompany.map((sum) => [sum.company, sum]));
  const rows = all.map(({ name, sizeGigabytes }) => {
    const { copied, left } = sums.get(name) ?? none;
    return [name, copied.tables, copied.rows, left.tables, left.tablesWithRows, sizeOf(sizeGigabytes)];
  });
  return table(['Company', 'Copied', 'Rows', 'Left out', 'With rows', 'Size'], rows);
}

const none = { copied: { tables: 0, rows: 0 }, left: { tables: 0, tablesWithRows: 0 } };

/** Of tables that are left out, those that have the most rows. */
const MOST_LEFT_OUT = 100;

/** The plan, if there is one. */
export function tables(assessment: Assessment): string {
  const { plan } = assessment;
  if (plan === undefined)
    return '<p>Not planned: a plan needs the companies of the source, and an environment to compare with.</p>';
  const { copied } = plan.sums;
  const byApp = sumsByApp(assessment).map(({ app, sum }) => [
    app,
    sum.copied.tables,
    sum.copied.rows,
    sum.left.tables,
    sum.left.tablesWithRows,
    amountOf(sum.copied.bytes),
  ]);
  const why = plan.sums.reasons.map(({ reasonCode, tables: left, tablesWithRows, rows }) => {
    return [reasons[reasonCode], left, tablesWithRows, rows];
  });
  const left = leftOutWithRows(plan.tables).map(({ sourceTable, rows, reason }) => [sourceTable, rows, reason]);
  return `<p>Of ${numberText(plan.tables.length)} tables, ${numberText(copied.tables)} are copied, with ${numberText(copied.rows)} rows.</p>
${table(['App', 'Copied', 'Rows', 'Left out', 'With rows', 'Size'], byApp)}
<h3>Why tables are left out</h3>${table(['Why', 'Tables', 'With rows', 'Rows'], why)}
<h3>Left out although they have rows</h3>${left.length === 0 ? '<p>None.</p>' : table(['Table', 'Rows', 'Why'], left, MOST_LEFT_OUT)}
<details><summary>Every table</summary>${table(['Table', 'Company', 'How', 'Rows', 'Size', 'Why'], plan.tables.map(row))}</details>`;
}

function row({ sourceTable, company, copyMethod, rows, bytes, reason, problems }: KeptTable): (string | number)[] {
  return [sourceTable, company, copyMethod, rows, amountOf(bytes), `${reason} ${problems ?? ''}`.trim()];
}
