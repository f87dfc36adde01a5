/** The alerts of `infra/alerts.json`, and what fires them. */
import { z } from 'zod';
import { infraJson } from './infra-files.ts';
import { ofType, snapshot } from './snapshot.ts';

const windows = { PT15M: 15, PT30M: 30, PT1H: 60 } as const;

const conditionSchema = z.object({
  metricName: z.string(),
  aggregation: z.enum(['Average', 'Maximum', 'Minimum', 'Total']),
  operator: z.enum(['GreaterThan', 'GreaterThanOrEqual', 'LessThan']),
  threshold: z.number(),
  window: z.enum(['PT15M', 'PT30M', 'PT1H']),
  every: z.string(),
  dimensions: z.array(z.strictObject({ name: z.string(), values: z.array(z.string()) })).default([]),
  by: z.array(z.string()).default([]),
});
const alertSchema = z.strictObject({
  name: z.string(),
  severity: z.int().min(0).max(4),
  description: z.string(),
  metricNamespace: z.string().optional(),
  ...conditionSchema.shape,
});
/** By the resource that they watch; those of `service` watch the service's own metrics. */
export const alertSections = z.record(z.string(), z.array(alertSchema).min(1)).parse(infraJson('alerts.json'));

export type Condition = z.output<typeof conditionSchema>;

/** Every alert with its section, as `section: name`. */
export const alerts: ReadonlyMap<string, Condition> = new Map(
  Object.entries(alertSections).flatMap(([section, list]) =>
    list.map((alert) => [`${section}: ${alert.name}`, alert] as const),
  ),
);

const rulesSchema = z.object({
  criteria: z.object({
    allOf: z.tuple([z.object({ query: z.string(), dimensions: z.array(z.object({ name: z.string() })) })]),
  }),
});

/** The queries that a deployment has in place of the conditions on the service's own metrics. */
export function deployedQueries() {
  return ofType(snapshot('public'), 'Microsoft.Insights/scheduledQueryRules').map(({ name, properties }) => {
    const [{ query, dimensions }] = rulesSchema.parse(properties).criteria.allOf;
    return { name, query, dimensions: dimensions.map((dimension) => dimension.name) };
  });
}

/** What a metric said at a moment. */
export interface Figure {
  readonly metricName: string;
  readonly at: number;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

const aggregate: Readonly<Record<Condition['aggregation'], (values: readonly number[]) => number>> = {
  Average: (values) => sum(values) / values.length,
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
  Total: sum,
};
const compare: Readonly<Record<Condition['operator'], (figure: number, threshold: number) => boolean>> = {
  GreaterThan: (figure, threshold) => figure > threshold,
  GreaterThanOrEqual: (figure, threshold) => figure >= threshold,
  LessThan: (figure, threshold) => figure < threshold,
};

/** Whether a condition holds at a moment, for one of what it judges by itself. Of what there is no figure, it says nothing. */
export function holds(condition: Condition, figures: readonly Figure[], now: number): boolean {
  const { metricName, aggregation, operator, threshold, window, dimensions, by } = condition;
  const begin = now - windows[window] * 60_000;
  const seen = figures.filter(
    (figure) =>
      figure.metricName === metricName &&
      figure.at > begin &&
      figure.at <= now &&
      dimensions.every(({ name, values }) => values.includes(figure.dimensions[name] ?? '')),
  );
  const series = Map.groupBy(seen, (figure) => by.map((name) => figure.dimensions[name]).join('\n'));
  return [...series.values()].some((some) =>
    compare[operator](aggregate[aggregation](some.map(({ value }) => value)), threshold),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
