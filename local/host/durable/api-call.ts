import type { IncomingMessage } from 'node:http';
import { readBody } from '../http-trigger.ts';
import { traceOf } from '../trace.ts';

/** A call of the management API; `segments` is the decoded path below its root. */
export interface ApiCall {
  readonly method: string;
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  /** As the caller wrote it; answers repeat it as the place to look again. */
  readonly url: string;
  readonly contentType: string | undefined;
  readonly continuationToken: string | undefined;
  /** The trace that the caller works for. */
  readonly traceId: string | undefined;
  /** Undefined when the request announced no body. */
  readonly body: string | undefined;
}

/** Reads the request as a call; `path` is what of its URL lies below the root of the API. */
export async function readApiCall(request: IncomingMessage, url: URL, path: string): Promise<ApiCall> {
  const token = request.headers['x-ms-continuation-token'];
  return {
    method: request.method ?? 'GET',
    segments: segmentsOf(path).map(decodeURIComponent),
    query: url.searchParams,
    url: url.href,
    contentType: request.headers['content-type'],
    continuationToken: typeof token === 'string' ? token : undefined,
    traceId: traceOf(request.headers['traceparent'])?.id,
    body: announcesBody(request) ? (await readBody(request)).toString() : undefined,
  };
}

function announcesBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/** The parts of a path between its slashes. */
export function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}
