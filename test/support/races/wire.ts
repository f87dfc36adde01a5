/** Requests and answers of services in memory. */
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import type { PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';

/** The text that a client sends. */
export function bodyOf({ body }: PipelineRequest): string {
  if (typeof body === 'string') return body;
  throw new TypeError('The request has no text');
}

/** A JSON answer. */
export function answer(request: PipelineRequest, status: number, body: object): PipelineResponse {
  const headers = createHttpHeaders({ 'content-type': 'application/json' });
  return { request, status, headers, bodyAsText: status === 204 ? '' : JSON.stringify(body) };
}
