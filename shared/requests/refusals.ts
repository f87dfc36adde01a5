/** Counts what services refuse because there is too much of it. */
import { isRestError } from '@azure/core-rest-pipeline';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { isServiceBusError } from '@azure/service-bus';
import type { ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';
import type { RequestPolicyFactory } from '@azure/storage-blob';
import { measure } from '../telemetry/metrics.ts';

const BUSY: ReadonlySet<number | undefined> = new Set([429, 503]);
/** There were too many requests, or there is too much of what they bring. */
const BUSY_CODES: ReadonlySet<string> = new Set(['ServiceBusy', 'QuotaExceeded']);

/**
 * A policy that counts refusals, each try by itself, also those of our own that spare the service a request. Belongs around whatever
 * makes them.
 */
export const refusalsCounted: PipelinePolicy = {
  name: 'refusalsCounted',
  sendRequest: (request, next) => counted(request.url, () => next(request)),
};

/**
 * The same for clients of blobs, which have other policies, and these stay outside of their retries: they must make none.
 */
export const blobRefusalsCounted: RequestPolicyFactory = {
  create: (next) => ({ sendRequest: (request) => counted(request.url, () => next.sendRequest(request)) }),
};

async function counted<Response extends { readonly status: number }>(
  url: string,
  send: () => Promise<Response>,
): Promise<Response> {
  const count = (status: number | undefined) => {
    if (BUSY.has(status)) measure('throttling', 1, { server: new URL(url).hostname, status });
  };
  try {
    const response = await send();
    count(response.status);
    return response;
  } catch (error) {
    if (isRestError(error)) count(error.statusCode);
    throw error;
  }
}

/** Sends events, one message each. */
export interface EventSender {
  sendMessages(message: ServiceBusMessage): Promise<void>;
}

/**
 * A sender of which each refused send is counted. Its client must make no retries: it tells nobody of them.
 * @param server the host that is sent to, perhaps with a port
 */
export function sendsCounted(sender: ServiceBusSender, server: string): EventSender {
  const [hostname] = server.split(':');
  return {
    async sendMessages(message) {
      try {
        await sender.sendMessages(message);
      } catch (error) {
        if (isServiceBusError(error) && BUSY_CODES.has(error.code)) {
          measure('throttling', 1, { server: hostname, code: error.code });
        }
        throw error;
      }
    },
  };
}
