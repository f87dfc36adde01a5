import type { ServerResponse } from 'node:http';

/** An answer of the host itself. A body of undefined is sent as no body at all, others as JSON. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export const UNAUTHORIZED: Answer = { status: 401, headers: { 'www-authenticate': 'Bearer' } };

/** Sends an answer. */
export function send(response: ServerResponse, { status, headers = {}, body }: Answer): void {
  if (body === undefined) {
    const length = response.req.method === 'HEAD' ? {} : { 'content-length': 0 };
    response.writeHead(status, { ...length, ...headers }).end();
    return;
  }
  const bytes = Buffer.from(JSON.stringify(body));
  const json = { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length };
  response.writeHead(status, { ...json, ...headers }).end(bytes);
}

/** A path that the local host knows and does not serve. */
export function unsupported(what: string): Answer {
  return { status: 501, body: { Message: `The local host does not support ${what}.` } };
}
