/** An end for requests to Azure that are never answered: the SDKs set none. */
import { RestError } from '@azure/core-rest-pipeline';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { RequestPolicyFactory } from '@azure/storage-blob';

/**
 * A policy that ends a request that is not answered in time; this then counts as a broken connection. Belongs inside the
 * client's retries (`perRetry`), which try again, and which know whether the caller gave the request up.
 */
export function answeredWithin(milliseconds: number): PipelinePolicy {
  return {
    name: 'answeredWithin',
    sendRequest: (request, next) => answered(request, milliseconds, () => next(request)),
  };
}

/**
 * The same for clients of blobs, which have other policies, and these stay outside of their retries: they must make none, and be
 * given no signal to abort by.
 */
export function blobsAnsweredWithin(milliseconds: number): RequestPolicyFactory {
  return {
    create: (next) => ({
      sendRequest: (request) => answered(request, milliseconds, () => next.sendRequest(request)),
    }),
  };
}

async function answered<Response>(
  request: { readonly url: string; timeout: number },
  milliseconds: number,
  send: () => Promise<Response>,
): Promise<Response> {
  request.timeout = milliseconds;
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
    const { host } = new URL(request.url);
    throw new RestError(`${host} did not answer within ${milliseconds} ms`, { code: 'ETIMEDOUT' });
  }
}
