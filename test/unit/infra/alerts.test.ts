import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { metrics } from '../../../shared/telemetry/metrics.ts';
import { attributes } from '../../../shared/telemetry/attributes.ts';
import { setupFailures } from '../../../shared/errors.ts';
import { waitEvents } from '../../../shared/waits/wait.ts';
import { alerts, alertSections, deployedQueries } from '../../support/infra/alerts.ts';
import type { Condition } from '../../support/infra/alerts.ts';
import { bicepFiles } from '../../support/infra/infra-files.ts';

const titles: Readonly<Record<string, string>> = {
  service: 'Service',
  applicationInsights: 'Application Insights',
  serviceBus: 'Service Bus',
  storage: 'Storage',
  factory: 'Factory',
};
const windows = { PT15M: '15 min', PT30M: '30 min', PT1H: '1 h' } as const;
const operators = { GreaterThan: 'above', GreaterThanOrEqual: 'at least', LessThan: 'below' } as const;

/** When an alert fires, in the words of the runbook. */
function conditionOf({ aggregation, metricName, dimensions, by, operator, threshold, window }: Condition) {
  const of = dimensions.map(({ name, values }) => ` of ${name} ${values.join(', ')}`).join('');
  const each = by.length === 0 ? '' : `, by ${by.join(' and ')},`;
  return `${aggregation} of \`${metricName}\`${of}${each} ${operators[operator]} ${threshold} in ${windows[window]}`;
}

const runbook = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
const chapter = /\n## Alerts\n(?<text>[\s\S]+?)\n## /.exec(runbook)?.groups?.['text'] ?? '';
const rows = chapter
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:Alert|-)/.test(line))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

test('the runbook has every alert with its condition, and no other', () => {
  const expected = Object.entries(alertSections).flatMap(([section, list]) =>
    list.map((alert) => [`${titles[section] ?? section}: ${alert.name}`, conditionOf(alert)]),
  );
  expect(rows.map(([alert, condition]) => [alert, condition])).toEqual(expected);
});

test('each alert says what it means, what to do first, and what then', () => {
  for (const [alert, , ...rest] of rows) {
    expect(rest, alert).toHaveLength(3);
    expect(
      rest.every((cell) => cell.length > 20),
      alert,
    ).toBe(true);
  }
});

test('every section of alerts.json is deployed', () => {
  const bicep = [...bicepFiles().values()].join('\n');
  const deployed = [...bicep.matchAll(/(?:alerts: alerts|loadJsonContent\('\.\.\/alerts\.json'\))\.(\w+)/g)].map(
    ([, section = '']) => section,
  );
  expect([...new Set(deployed)].toSorted()).toEqual(Object.keys(alertSections).toSorted());
});

const queries = deployedQueries();

test('each condition on a metric of the service is deployed as a query, split as it says', () => {
  const { service = [] } = alertSections;
  expect(queries.map(({ name }) => service.find((alert) => name.endsWith(` ${alert.name}`)))).toEqual(service);
  for (const { name, query, dimensions } of queries) {
    for (const dimension of dimensions) expect(query, name).toContain(`${dimension} = tostring(`);
  }
});

test('a query says what its condition does', () => {
  const queryOf = (alert: string) => queries.find(({ name }) => name.endsWith(` ${alert}`))?.query.split('\n');
  expect(queryOf('events late')).toEqual([
    'customMetrics',
    "| where name == 'migration.outbox.age'",
    '| summarize figure = max(value)',
    '| where figure > 300',
  ]);
  expect(queryOf('factory nearly full')).toEqual([
    'customMetrics',
    "| where name == 'migration.factory.fill'",
    "| summarize figure = min(value) by migration_factory = tostring(customDimensions['migration.factory']), migration_quota = tostring(customDimensions['migration.quota'])",
    '| where figure >= 0.8',
  ]);
  expect(queryOf('failed by the service')?.slice(1, 3)).toEqual([
    "| where name == 'migration.setup.transitions' and tostring(customDimensions['migration.state']) in ('Failed') and tostring(customDimensions['migration.error.code']) in ('DeletionFailed', 'IdentityRefused', 'StepFailed', 'VaultRefused')",
    "| summarize figure = sum(valueSum) by migration_error_code = tostring(customDimensions['migration.error.code'])",
  ]);
});

test('a wait for any stage of a pipeline may be overdue; for a node and for data it lasts as long as it lasts', () => {
  const stages = waitEvents.filter((each) => each !== 'runtime' && each !== 'replication');
  expect(alerts.get('service: overdue waits')?.dimensions).toEqual([{ name: attributes.wait.name, values: stages }]);
});

test('conditions name metrics and dimensions that the service sends, and codes of failures', () => {
  for (const { metricName, dimensions, by } of alertSections['service'] ?? []) {
    const metric = Object.values(metrics).find(({ name }) => name === metricName);
    const known = metric?.by.map((key) => attributes[key].name);
    expect(known, metricName).toEqual(expect.arrayContaining([...dimensions.map(({ name }) => name), ...by]));
  }
  const failed = alerts.get('service: failed by the service');
  const codes = failed?.dimensions.find(({ name }) => name === attributes.code.name)?.values ?? [];
  expect(Object.keys(setupFailures)).toEqual(expect.arrayContaining(codes));
});
