import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { Assessment } from '../../../cli/assessment.ts';
import { htmlReport } from '../../../cli/report/html.ts';
import { textReport } from '../../../cli/report/text.ts';
import { evaluateChecks, summarizeChecks } from '../../../shared/checks/catalogue.ts';
import { emptyPlanSummary } from '../../../shared/plan/plan.ts';
import { sumsOf } from '../../../shared/plan/plan-summary.ts';
import type { KeptTable } from '../../../shared/plan/kept-plan.ts';
import { company, healthy } from '../../support/healthy-databases.ts';

const kept = (name: string, rows: number): KeptTable => ({
  company: name,
  tableName: 'Item',
  appId: '',
  sourceTable: `${name}$Item`,
  destinationTable: `${name}$Item`,
  copyMethod: 'None',
  reasonCode: 'TurnedOff',
  reason: 'Replication of the table is turned off online.',
  rows,
  bytes: 8_192,
});

/** Of a source with these companies, each with one table that is left out. */
async function assessmentOf(names: readonly string[], change: Partial<Assessment> = {}): Promise<Assessment> {
  const companies = names.map((name) => company(name, name));
  const checks = evaluateChecks({ ...healthy, companies, selected: names });
  const tables = names.map((name, index) => kept(name, index + 1));
  const summary = { ...emptyPlanSummary, leftOut: tables.length };
  return {
    at: '2026-11-27T05:07:52.335Z',
    product: 'DynamicsBCLast',
    source: healthy.source,
    destination: healthy.destination,
    summary: summarizeChecks(checks),
    checks,
    companies,
    extensions: null,
    plan: { summary, sums: await sumsOf(tables), tables },
    ...change,
  };
}

const linesOf = (assessment: Assessment) => stripVTControlCharacters(textReport(assessment)).split('\n');

test('of 5,000 companies a terminal shows the first, and how many more there are', async () => {
  const assessment = await assessmentOf(Array.from({ length: 5_000 }, (_, index) => `Company ${index}/`));
  const lines = linesOf(assessment);
  expect(lines.length).toBeLessThan(150);
  expect(lines.filter((line) => line === '  and 4980 more')).toHaveLength(2);
  expect(lines).toContain(
    '  left out with 5000 rows: Company 4999/$Item: Replication of the table is turned off online.',
  );
  expect(lines).toContain('    5000 with 12502500 rows: Replication of the table is turned off online.');
});

test('of 5,000 companies a page has all, each with what comes and what does not, and of a check all names', async () => {
  const page = htmlReport(await assessmentOf(Array.from({ length: 5_000 }, (_, index) => `Company ${index}/`)));
  const found = [
    /<summary>All 5,000<\/summary><ul><li>Company 0\/<\/li>.*<li>Company 4999\/<\/li><\/ul>/,
    />Company 4999\/<\/td><td[^>]*>0<\/td><td[^>]*>0<\/td><td[^>]*>1<\/td><td[^>]*>1<\/td><td[^>]*>1.0 GB<\/td>/,
    /<p>And 4,900 more, which the report as JSON has.<\/p>/,
  ].map((shown) => shown.test(page));
  // Without the page, which is long.
  expect(found).toEqual([true, true, true]);
});

const odd = '<b>\u001B[2J\nNothing blocks the migration.\u202Eabc';
const made = String.raw`\u{1b}[2J\u{a}Nothing blocks the migration.\u{202e}abc`;

test('a name steers neither the terminal nor the page', async () => {
  const assessment = await assessmentOf([odd], { source: { ...healthy.source, database: odd, edition: odd } });
  expect(textReport(assessment)).toContain(made);
  for (const line of linesOf(assessment)) expect(line).not.toMatch(/^Nothing|\p{C}/u);
  const page = htmlReport(assessment);
  expect(page).toContain(`&lt;b&gt;${made}`);
  expect(page.replaceAll('\n', '')).not.toMatch(/\p{C}|<b>/u);
});

test.each([
  ['Nothing blocks the migration', {}],
  ['Nothing in the source blocks the migration, and no environment was measured', { destination: undefined }],
  ['One check blocks the migration', { failed: 1 }],
  ['2 checks block the migration', { failed: 2 }],
])('%s', async (verdict, { failed = 0, ...change }: { failed?: number; destination?: undefined }) => {
  const { destination, ...assessment } = await assessmentOf(['CRONUS']);
  const whole = {
    ...assessment,
    ...('destination' in change ? {} : { destination }),
    summary: { ...assessment.summary, failed },
  } as Assessment;
  expect(htmlReport(whole)).toContain(`>${verdict}</p>`);
  expect(linesOf(whole).at(-2)).toMatch(new RegExp(`^${verdict}\\.`));
});
