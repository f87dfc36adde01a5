import { z } from 'zod';
import type { HttpsRequest } from '../endpoint/https-endpoint.ts';
import { badRequest } from './errors.ts';

/** A resource that has metrics. */
export interface MeasuredResource {
  readonly id: string;
  /** Its region. */
  readonly location: string;
  /** The highest value from one time until another, both in milliseconds; undefined where there is none. */
  readonly highest: (from: number, until: number) => number | undefined;
}

/** The only metric of the only type of resource. */
const NAMESPACE = 'Microsoft.DataFactory/factories';
const METRIC = 'ResourceCount';
const MAXIMUM_RESOURCES = 50;
const MAXIMUM_POINTS = 1_440;
const INTERVALS: Readonly<Record<string, number>> = { PT1M: 1, PT5M: 5, PT15M: 15, PT30M: 30, PT1H: 60 };

const querySchema = z.strictObject({
  'api-version': z.string(),
  metricnamespace: z.string().refine((name) => same(name, NAMESPACE), `This endpoint has metrics of ${NAMESPACE} only`),
  metricnames: z.string().refine((name) => same(name, METRIC), `This endpoint has the metric ${METRIC} only`),
  aggregation: z.string().refine((name) => same(name, 'maximum'), 'This endpoint has the aggregation maximum only'),
  starttime: z.iso.datetime().transform((text) => Date.parse(text)),
  endtime: z.iso.datetime().transform((text) => Date.parse(text)),
  interval: z
    .string()
    .refine((name) => name in INTERVALS, `This endpoint has the intervals ${Object.keys(INTERVALS).join(', ')}`),
});
const bodySchema = z.object({ resourceids: z.array(z.string()).min(1) });

/** What is asked for in a batch. */
export interface Batch {
  readonly resources: readonly MeasuredResource[];
  readonly from: number;
  readonly until: number;
  readonly interval: string;
}

/**
 * Reads what a request asks for.
 * https://learn.microsoft.com/azure/azure-monitor/metrics/migrate-to-batch-api#batching-restrictions
 */
export function readBatch(
  { url, body }: HttpsRequest,
  subscriptionId: string,
  region: string,
  all: readonly MeasuredResource[],
): Batch {
  const query = querySchema.safeParse(Object.fromEntries(url.searchParams));
  if (!query.success) throw badRequest(z.prettifyError(query.error));
  const ids = bodySchema.safeParse(jsonOf(body)).data?.resourceids;
  if (ids === undefined) throw badRequest('The body has no resourceids.');
  if (ids.length > MAXIMUM_RESOURCES) {
    throw badRequest(`The number of resource ids ${ids.length} exceeds the maximum of ${MAXIMUM_RESOURCES}.`);
  }
  const resources = ids.map((id) => {
    const resource = all.find((one) => same(one.id, id));
    const isInSubscription = id.toLowerCase().startsWith(`/subscriptions/${subscriptionId}/`.toLowerCase());
    if (resource === undefined || !isInSubscription) {
      throw badRequest(`The resource ${id} was not found in the subscription ${subscriptionId}.`);
    }
    if (!same(resource.location, region)) throw badRequest(`The resource ${id} is not in the region ${region}.`);
    return resource;
  });
  const { starttime: from, endtime: until, interval } = query.data;
  if (from >= until) throw badRequest('The start time is not before the end time.');
  if ((until - from) / millisecondsOf(interval) > MAXIMUM_POINTS) throw badRequest('There are too many data points.');
  return { resources, from, until, interval };
}

/** What is known of each resource until a time, in spans that begin at the start of the question. */
export function answerBatch({ resources, from, until, interval }: Batch, knownUntil: number): object {
  const span = millisecondsOf(interval);
  const starts = Array.from({ length: Math.ceil((until - from) / span) }, (_, index) => from + index * span);
  const dataOf = ({ highest }: MeasuredResource) =>
    starts.map((start) => {
      const end = Math.min(start + span, knownUntil);
      const maximum = end > start ? highest(start, end) : undefined;
      return { timeStamp: new Date(start).toISOString(), ...(maximum === undefined ? {} : { maximum }) };
    });
  return {
    values: resources.map((resource) => ({
      starttime: new Date(from).toISOString(),
      endtime: new Date(until).toISOString(),
      interval,
      namespace: NAMESPACE,
      resourceregion: resource.location,
      resourceid: resource.id,
      value: [
        {
          id: `${resource.id}/providers/Microsoft.Insights/metrics/${METRIC}`,
          type: 'Microsoft.Insights/metrics',
          name: { value: METRIC, localizedValue: 'Total entities count' },
          displayDescription: 'Total entities count',
          unit: 'Count',
          timeseries: [{ metadatavalues: [], data: dataOf(resource) }],
          errorCode: 'Success',
        },
      ],
    })),
  };
}

function millisecondsOf(interval: string): number {
  return (INTERVALS[interval] ?? 0) * 60_000;
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('The body is not JSON.');
  }
}
