/** An end for requests to Azure that are never answered: the SDKs set none. */
import { RestError } from '@azure/core-rest-pipeline';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';

/**
 * A policy that ends a request that is not answered in time; this then counts as a broken connection. Belongs inside the
 * client's retries (`perRetry`), which try again, and which know whether the caller gave the request up.
 */
export function answeredWithin(milliseconds: number): PipelinePolicy {
  return {
    name: 'answeredWithin',
    async sendRequest(request, next) {
      request.timeout = milliseconds;
      try {
        return await next(request);
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
        const { host } = new URL(request.url);
        throw new RestError(`${host} did not answer within ${milliseconds} ms`, { code: 'ETIMEDOUT' });
      }
    },
  };
}
