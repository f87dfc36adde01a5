/** The report of an assessment as one HTML page without anything outside of it: to be mailed, read on a phone, printed. */
import escape from 'escape-html';
import type { CheckResult } from '../../shared/checks/check.ts';
import type { AssessedTable, Assessment } from '../assessment.ts';
import { amountOf, checksThatFailed, countsText, leftOutWithRows, outcomeOf, placeText, tablesByApp } from './parts.ts';
import { style } from './style.ts';

/** The page. Every text of a database is escaped. */
export function htmlReport(assessment: Assessment): string {
  const { source, destination, summary } = assessment;
  const verdict =
    summary.failed === 0 ? 'Nothing blocks the migration' : `${summary.failed} checks block the migration`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(`Migration of ${source.database}`)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escape(`Migration of ${source.database}`)}</h1>
<p class="verdict ${summary.failed === 0 ? 'passed' : 'blocks'}">${verdict}</p>
</header>
<main>
${facts(assessment)}
<section><h2>To do</h2>${todo(assessment)}</section>
<section><h2>Companies</h2>${companies(assessment)}</section>
<section><h2>Tables</h2>${tables(assessment)}</section>
<section><h2>All checks</h2>${allChecks(assessment.checks)}</section>
</main>
<footer>${escape(assessment.at)}. ${destination === undefined ? 'No environment was measured.' : ''} Nothing was changed.</footer>
</body>
</html>
`;
}

function facts({ source, destination, product, summary }: Assessment): string {
  const rows: readonly (readonly [string, string])[] = [
    ['Source', placeText(source)],
    ['SQL Server', `${source.productVersion} ${source.edition}`],
    ['Environment', destination === undefined ? 'not measured' : placeText(destination)],
    ['Product', product],
    ['Checks', countsText(summary)],
  ];
  return `<dl>${rows.map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`).join('')}</dl>`;
}

function todo(assessment: Assessment): string {
  const failed = checksThatFailed(assessment);
  return failed.length === 0 ? '<p>Nothing.</p>' : failed.map(article).join('\n');
}

function article({ id, title, severity, measured, expected, cause, remedy }: CheckResult): string {
  const sql = remedy.sql === undefined ? '' : `<pre>${escape(remedy.sql)}</pre>`;
  return `<article class="${severity}">
<h3><span class="tag">${severity}</span> ${escape(id)} ${escape(title)}</h3>
<p>${escape(cause)}</p>
<dl><dt>Measured</dt><dd>${escape(measured)}</dd><dt>Expected</dt><dd>${escape(expected)}</dd></dl>
<p><strong>${escape(remedy.text)}</strong></p>${sql}
<p><a href="${escape(remedy.documentation)}">${escape(remedy.documentation)}</a></p>
</article>`;
}

function companies({ companies: all }: Assessment): string {
  return table(
    ['Company', 'Size'],
    all.map(({ name, sizeGigabytes }) => [name, sizeGigabytes === null ? 'unknown' : amountOf(sizeGigabytes * 1e9)]),
  );
}

function tables(assessment: Assessment): string {
  const { plan } = assessment;
  if (plan === undefined) return '<p>Not planned: a plan compares the source with an environment.</p>';
  const byApp = tablesByApp(assessment).map(({ app, copied, left, bytes }) => [
    app,
    `${copied}`,
    `${left}`,
    amountOf(bytes),
  ]);
  const left = leftOutWithRows(plan.tables).map((one) => [one.sourceTable, `${one.rowCount}`, one.reason]);
  const copied = plan.tables.length - plan.summary.byCopyMethod.None;
  return `<p>Of ${plan.tables.length} tables, ${copied} are copied, with ${plan.summary.rows} rows.</p>
${table(['App', 'Copied', 'Left out', 'Size'], byApp)}
<h3>Left out although they have rows</h3>${left.length === 0 ? '<p>None.</p>' : table(['Table', 'Rows', 'Why'], left)}
<details><summary>Every table</summary>${everyTable(plan.tables)}</details>`;
}

/** A browser shows no more in reasonable time. */
const MOST_TABLES = 10_000;

function everyTable(all: readonly AssessedTable[]): string {
  const more = all.length - MOST_TABLES;
  const shown = table(['Table', 'Company', 'How', 'Rows', 'Size', 'Why'], all.slice(0, MOST_TABLES).map(row));
  return more > 0 ? `${shown}<p>And ${more} more, which the report as JSON has.</p>` : shown;
}

function row({ sourceTable, company, copyMethod, rowCount, byteCount, reason, problems }: AssessedTable): string[] {
  return [sourceTable, company, copyMethod, `${rowCount}`, amountOf(byteCount), `${reason} ${problems}`.trim()];
}

function allChecks(checks: readonly CheckResult[]): string {
  return table(
    ['Check', '', 'Outcome', 'Measured'],
    checks.map((check) => [
      check.id,
      check.title,
      outcomeOf(check),
      check.measured === '' ? check.cause : check.measured,
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (values: readonly string[]) => values.map((text, index) => cell(head[index] ?? '', text)).join('');
  return `<table><thead><tr>${head.map((name) => `<th>${escape(name)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((values) => `<tr>${cells(values)}</tr>`).join('\n')}</tbody></table>`;
}

const LONGEST_SHORT = 16;

/** On a narrow screen the head of its column stands beside it. */
function cell(label: string, text: string): string {
  const shape = text.length <= LONGEST_SHORT ? ' class="short"' : '';
  return `<td${shape} data-label="${escape(label)}">${escape(text)}</td>`;
}
