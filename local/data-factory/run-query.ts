import { z } from 'zod';
import { badRequest, unsupported } from './errors.ts';
import type { Json, JsonObject } from './json.ts';

// https://learn.microsoft.com/rest/api/datafactory/pipeline-runs/query-by-factory
const PAGE = 100;

/** The body of `queryPipelineRuns` and `queryActivityruns`. Both ends of the window are required. */
export const runFilter = z.object({
  lastUpdatedAfter: z.iso.datetime({ offset: true }),
  lastUpdatedBefore: z.iso.datetime({ offset: true }),
  continuationToken: z.string().regex(/^\d+$/).optional(),
  filters: z
    .array(
      z.object({
        operand: z.string(),
        operator: z.enum(['Equals', 'NotEquals', 'In', 'NotIn']),
        values: z.array(z.string()).min(1),
      }),
    )
    .default([]),
  orderBy: z.array(z.object({ orderBy: z.string(), order: z.enum(['ASC', 'DESC']) })).default([]),
});
export type RunFilter = z.infer<typeof runFilter>;

/** Which properties of a record the parts of a filter look at. */
interface Columns {
  /** The first of these that has a value is when the record was last updated. */
  readonly updated: readonly string[];
  readonly operands: Readonly<Record<string, string>>;
  readonly order: Readonly<Record<string, string>>;
}

/** One page of the records that a filter selects, by default the oldest first. */
export function queryRuns(all: readonly JsonObject[], filter: RunFilter, columns: Columns): JsonObject {
  const after = Date.parse(filter.lastUpdatedAfter);
  const before = Date.parse(filter.lastUpdatedBefore);
  if (before < after) throw badRequest('lastUpdatedBefore must not be before lastUpdatedAfter.');
  const selected = all.filter((record) => {
    const updated = Date.parse(columns.updated.map((name) => text(record[name])).find((time) => time !== '') ?? '');
    return updated >= after && updated <= before && filter.filters.every((one) => matches(record, one, columns));
  });
  const [order] = filter.orderBy;
  if (order !== undefined) {
    const property = column(columns.order, order.orderBy, 'Ordering runs by');
    const sign = order.order === 'ASC' ? 1 : -1;
    selected.sort((a, b) => sign * text(a[property]).localeCompare(text(b[property])));
  }
  const start = Number(filter.continuationToken ?? 0);
  const next = start + PAGE;
  return {
    value: selected.slice(start, next),
    ...(next < selected.length && { continuationToken: String(next) }),
  };
}

function matches(record: JsonObject, { operand, operator, values }: RunFilter['filters'][number], columns: Columns) {
  const value = text(record[column(columns.operands, operand, 'Filtering runs by')]).toLowerCase();
  const included = values.some((one) => one.toLowerCase() === value);
  return operator === 'Equals' || operator === 'In' ? included : !included;
}

function column(known: Readonly<Record<string, string>>, name: string, what: string): string {
  const found = known[name];
  if (found === undefined) throw unsupported(`${what} '${name}'`);
  return found;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
