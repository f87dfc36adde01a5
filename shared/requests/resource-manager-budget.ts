/** Keeps the requests to Azure Resource Manager within what a subscription allows. */
import { createHttpHeaders, RestError } from '@azure/core-rest-pipeline';
import type { PipelinePolicy, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import type { Clock } from '../clock.ts';
import { RequestBudget } from './request-budget.ts';
import type { BucketSize, Told } from './request-budget.ts';
import { RequestQueue } from './request-queue.ts';

// https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
const SIZES = {
  reads: { capacity: 250, perSecond: 25 },
  writes: { capacity: 200, perSecond: 10 },
  deletes: { capacity: 200, perSecond: 10 },
} as const satisfies Record<string, BucketSize>;
/** All principals together have so many times the requests of one. */
const GLOBAL_SHARE = 15;
/** Who refuses and does not say for how long is left alone for so long. */
const USUAL_RETRY_SECONDS = 1;

type Kind = keyof typeof SIZES;

/**
 * Questions that are asked with POST. The others, also `queryActivityruns`, count as writes:
 * https://github.com/Azure/azure-rest-api-specs/tree/main/specification/datafactory/resource-manager/Microsoft.DataFactory
 */
const QUESTIONS = /\/(?:queryPipelineRuns|getStatus|listAuthKeys)$/i;

/**
 * A policy for all requests of this host to one subscription. The less is left, the further apart they are sent, and none before
 * the time that `Retry-After` tells. What would have to wait for more than some seconds fails as if the service had refused it.
 */
export function withinBudget(subscriptionId: string, clock: Clock): PipelinePolicy {
  const queueOf = (kind: Kind): RequestQueue => new RequestQueue(new RequestBudget(SIZES[kind]), clock);
  const queues: Readonly<Record<Kind, RequestQueue>> = {
    reads: queueOf('reads'),
    writes: queueOf('writes'),
    deletes: queueOf('deletes'),
  };
  return {
    name: 'withinBudget',
    async sendRequest(request, next) {
      const kind = kindOf(request);
      const queue = queues[kind];
      const turn = await queue.turn();
      if (!turn.granted) {
        const [until, left] = [new Date(turn.until), `${turn.remaining} of ${SIZES[kind].capacity} are left`];
        const text = `Azure Resource Manager takes no ${kind} for subscription ${subscriptionId} now: about ${left}`;
        const seconds = Math.ceil((turn.until - clock.now().getTime()) / 1_000);
        throw refused(request, `${text}. It may be asked again at ${until.toISOString()}.`, seconds);
      }
      let told: Told | undefined;
      try {
        const response = await next(request);
        told = toldBy(response, kind);
        return response;
      } finally {
        queue.settle(turn, told);
      }
    },
  };
}

function kindOf({ method, url }: PipelineRequest): Kind {
  if (method === 'GET' || QUESTIONS.test(new URL(url).pathname)) return 'reads';
  return method === 'DELETE' ? 'deletes' : 'writes';
}

function toldBy({ status, headers }: PipelineResponse, kind: Kind): Told | undefined {
  const numberOf = (name: string): number | undefined => {
    const value = Number(headers.get(name) ?? Number.NaN);
    return value >= 0 ? value : undefined;
  };
  if (status === 429) {
    return { served: false, againAfterMs: (numberOf('retry-after') ?? USUAL_RETRY_SECONDS) * 1_000 };
  }
  const own = numberOf(`x-ms-ratelimit-remaining-subscription-${kind}`);
  const global = numberOf(`x-ms-ratelimit-remaining-subscription-global-${kind}`);
  if (own === undefined && status >= 500) return undefined;
  return {
    served: true,
    remaining: own === undefined || global === undefined ? own : Math.min(own, global / GLOBAL_SHARE),
  };
}

/** As the service itself refuses, so that it is treated as that by all who know how. */
function refused(request: PipelineRequest, text: string, seconds: number): RestError {
  const headers = createHttpHeaders({ 'retry-after': String(seconds) });
  const response = { request, status: 429, headers };
  return new RestError(text, { code: 'TooManyRequests', statusCode: 429, request, response });
}
