/** Counts what services refuse because there is too much of it. */
import { isRestError } from '@azure/core-rest-pipeline';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { measure } from '../telemetry/metrics.ts';

const BUSY: ReadonlySet<number | undefined> = new Set([429, 503]);

/**
 * A policy that counts refusals, each try by itself, also those of our own that spare the service a request. Belongs around whatever
 * makes them.
 */
export const refusalsCounted: PipelinePolicy = {
  name: 'refusalsCounted',
  async sendRequest(request, next) {
    const count = (status: number | undefined) => {
      if (BUSY.has(status)) measure('throttling', 1, { server: new URL(request.url).hostname, status });
    };
    try {
      const response = await next(request);
      count(response.status);
      return response;
    } catch (error) {
      if (isRestError(error)) count(error.statusCode);
      throw error;
    }
  },
};
