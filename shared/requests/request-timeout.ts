/** An end for requests to Azure that are never answered: the SDKs set none. */
import { RestError } from '@azure/core-rest-pipeline';
import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline';
import type { RequestPolicyFactory } from '@azure/storage-blob';
import type { Readable } from 'node:stream';

/**
 * A policy that ends a request that is not answered in time, to the last byte; this then counts as a broken connection. Belongs
 * inside the client's retries (`perRetry`), which try again, and which know whether the caller gave the request up.
 */
export function answeredWithin(milliseconds: number): PipelinePolicy {
  return {
    name: 'answeredWithin',
    sendRequest: (request, next) => answered(request, milliseconds, () => next(request)),
  };
}

/**
 * The same for clients of blobs, which have other policies, and these stay outside of their retries: they must make none. The
 * content of a blob that is read may come later (`unlessSilent`).
 */
export function blobsAnsweredWithin(milliseconds: number): RequestPolicyFactory {
  return {
    create: (next) => ({
      sendRequest: (request) => answered(request, milliseconds, () => next.sendRequest(request)),
    }),
  };
}

type Request = Pick<PipelineRequest, 'url'> & { abortSignal?: PipelineRequest['abortSignal'] | undefined };

/** The SDKs' own `timeout` ends with the first byte of an answer, and some wait for ever for the rest of one that was given up. */
async function answered<Response>(
  request: Request,
  milliseconds: number,
  send: () => Promise<Response>,
): Promise<Response> {
  const { abortSignal: given } = request;
  const own = new AbortController();
  const giveUp = () => own.abort();
  if (given?.aborted === true) giveUp();
  given?.addEventListener('abort', giveUp);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const { host } = new URL(request.url);
    late.reject(new RestError(`${host} did not answer within ${milliseconds} ms`, { code: 'ETIMEDOUT' }));
    giveUp();
  }, milliseconds);
  request.abortSignal = own.signal;
  try {
    return await Promise.race([send(), late.promise]);
  } finally {
    clearTimeout(timer);
    given?.removeEventListener('abort', giveUp);
    request.abortSignal = given;
  }
}

/**
 * Gives what a stream gives. Time in which nobody reads does not count.
 * @throws {RestError} if it gives nothing for too long; it is destroyed then
 */
export async function* unlessSilent(stream: Readable, milliseconds: number): AsyncGenerator<Buffer> {
  const fail = () => {
    const text = `The rest did not come: nothing for ${milliseconds} ms`;
    stream.destroy(new RestError(text, { code: 'ETIMEDOUT' }));
  };
  let timer = setTimeout(fail, milliseconds);
  try {
    for await (const chunk of stream) {
      clearTimeout(timer);
      yield chunk as Buffer;
      timer = setTimeout(fail, milliseconds);
    }
  } finally {
    clearTimeout(timer);
  }
}
