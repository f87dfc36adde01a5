/** The report of an assessment as one HTML page without anything outside of it: to be mailed, read on a phone, printed. */
import type { CheckResult } from '../../shared/checks/check.ts';
import type { Assessment } from '../assessment.ts';
import { escaped } from './escaped.ts';
import { companies, tables } from './html-plan.ts';
import { numberText, table } from './html-table.ts';
import { checksThatFailed, countsText, outcomeOf, placeText, timeText, verdictOf } from './parts.ts';
import { style } from './style.ts';

/** The page. Every text of a database is escaped. */
export function htmlReport(assessment: Assessment): string {
  const { source, summary } = assessment;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(`Migration of ${source.database}`)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escaped(`Migration of ${source.database}`)}</h1>
<p class="verdict ${summary.failed === 0 ? 'passed' : 'blocks'}">${verdictOf(assessment)}</p>
</header>
<main>
${facts(assessment)}
<section><h2>To do</h2>${todo(assessment)}</section>
<section><h2>Companies</h2>${companies(assessment)}</section>
<section><h2>Tables</h2>${tables(assessment)}</section>
<section><h2>All checks</h2>${allChecks(assessment.checks)}</section>
</main>
<footer>Nothing was changed.</footer>
</body>
</html>
`;
}

function facts({ at, source, destination, product, summary }: Assessment): string {
  const rows: readonly (readonly [string, string])[] = [
    ['Source', placeText(source)],
    ['SQL Server', `${source.productVersion} ${source.edition}`],
    ['Environment', destination === undefined ? 'not measured' : placeText(destination)],
    ['Product', product],
    ['Measured', timeText(at)],
    ['Checks', countsText(summary)],
  ];
  return `<dl>${rows.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`).join('')}</dl>`;
}

function todo(assessment: Assessment): string {
  const failed = checksThatFailed(assessment);
  return failed.length === 0 ? '<p>Nothing.</p>' : failed.map(article).join('\n');
}

function article(check: CheckResult): string {
  const { id, title, severity, measured, expected, cause, remedy } = check;
  const sql = remedy.sql === undefined ? '' : `<pre>${remedy.sql.split('\n').map(escaped).join('\n')}</pre>`;
  return `<article class="${severity}">
<h3><span class="tag">${severity}</span> ${escaped(id)} ${escaped(title)}</h3>
<p>${escaped(cause)}</p>
<dl><dt>Measured</dt><dd>${escaped(measured)}</dd><dt>Expected</dt><dd>${escaped(expected)}</dd></dl>
${allNames(check)}<p><strong>${escaped(remedy.text)}</strong></p>${sql}
<p><a href="${escaped(remedy.documentation)}">${escaped(remedy.documentation)}</a></p>
</article>`;
}

/** What is measured names as many. */
const SHOWN_NAMES = 20;

function allNames({ names = [] }: CheckResult): string {
  if (names.length <= SHOWN_NAMES) return '';
  const items = names.map((name) => `<li>${escaped(name)}</li>`).join('');
  return `<details><summary>All ${numberText(names.length)}</summary><ul>${items}</ul></details>\n`;
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
