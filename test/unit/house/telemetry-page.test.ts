import { expect, test } from 'vitest';
import { metrics } from '../../../shared/telemetry/metrics.ts';
import { telemetryPage } from '../../support/docs/telemetry-page.ts';
import { questions } from '../../support/docs/telemetry-queries.ts';
import { deployedQueries } from '../../support/infra/alerts.ts';
import { createQueryCheck } from '../../support/telemetry/kusto.ts';

const problemsOf = createQueryCheck();

test('the page of the telemetry is that of the signals: npm run docs writes it', async () => {
  await expect(telemetryPage()).toMatchFileSnapshot('../../../docs/telemetry.md');
});

test.each(questions)('Kusto understands: $question', ({ query }) => {
  expect(problemsOf(query)).toEqual([]);
});

test.each(deployedQueries())('Kusto understands the alert $name', ({ query }) => {
  expect(problemsOf(query)).toEqual([]);
});

test('Kusto finds what is wrong with a query', () => {
  expect(problemsOf('dependencies | where nam == 1')).not.toEqual([]);
  expect(problemsOf('dependencies | wher name')).not.toEqual([]);
});

test.each(Object.values(metrics))('somebody asks for $name', ({ name }) => {
  expect(questions.filter(({ query }) => query.includes(`'${name}'`))).not.toEqual([]);
});
