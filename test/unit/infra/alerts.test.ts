import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { bicepFiles, infraJson } from '../../support/infra/infra-files.ts';

const alertSchema = z.strictObject({
  name: z.string(),
  severity: z.int().min(0).max(4),
  description: z.string(),
  metricNamespace: z.string(),
  metricName: z.string(),
  aggregation: z.string(),
  operator: z.enum(['GreaterThan', 'LessThan']),
  threshold: z.int(),
  window: z.enum(['PT15M', 'PT30M', 'PT1H']),
  every: z.string(),
  dimensions: z.array(z.strictObject({ name: z.string(), values: z.array(z.string()) })).default([]),
});
const sections = z.record(z.string(), z.array(alertSchema).min(1)).parse(infraJson('alerts.json'));

const titles: Readonly<Record<string, string>> = {
  applicationInsights: 'Application Insights',
  serviceBus: 'Service Bus',
  storage: 'Storage',
  keyVault: 'Key Vault',
  factory: 'Factory',
};
const windows = { PT15M: '15 min', PT30M: '30 min', PT1H: '1 h' } as const;
const operators = { GreaterThan: 'above', LessThan: 'below' } as const;

/** When an alert fires, in the words of the runbook. */
function conditionOf({
  aggregation,
  metricName,
  dimensions,
  operator,
  threshold,
  window,
}: z.output<typeof alertSchema>) {
  const of = dimensions.map(({ name, values }) => ` of ${name} ${values.join(', ')}`).join('');
  return `${aggregation} of \`${metricName}\`${of} ${operators[operator]} ${threshold} in ${windows[window]}`;
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
  const alerts = Object.entries(sections).flatMap(([section, list]) =>
    list.map((alert) => [`${titles[section] ?? section}: ${alert.name}`, conditionOf(alert)]),
  );
  expect(rows.map(([alert, condition]) => [alert, condition])).toEqual(alerts);
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
  expect([...new Set(deployed)].toSorted()).toEqual(Object.keys(sections).toSorted());
});
