import { once } from 'node:events';
import { createServer } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Endpoint, TlsIdentity } from './endpoint.ts';

/** One request, its body read whole. */
export interface HttpsRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One answer; `body` is sent as JSON, or not at all when it is absent. */
export interface HttpsAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** Answers a request. A rejection is a defect of the endpoint and is answered with 500. */
type HttpsHandler = (request: HttpsRequest) => Promise<HttpsAnswer>;

/** Settings of an https endpoint. */
export interface HttpsEndpointOptions {
  readonly tls: TlsIdentity;
  /** 0 or absent: a free port. */
  readonly port?: number | undefined;
}

/** An open port. It has no handler yet, because services name themselves, so the URL comes first. */
export interface HttpsEndpoint extends Endpoint {
  /** Answers requests from now on; to be called once. */
  serve(handler: HttpsHandler): void;
}

const LARGEST_BODY_BYTES = 1024 * 1024;

/** Listens for https on the loop-back address; rejects when the port is taken. */
export async function openHttpsEndpoint({ tls, port = 0 }: HttpsEndpointOptions): Promise<HttpsEndpoint> {
  const server = createServer({ key: tls.key, cert: tls.cert });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const actualPort = (server.address() as AddressInfo).port;
  const url = `https://localhost:${actualPort}`;
  return {
    url,
    port: actualPort,
    serve(handler) {
      server.on('request', (request, response) => {
        void respond(handler, url, request, response);
      });
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(
  handler: HttpsHandler,
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const body = await readBody(request);
    const { method = 'GET', headers } = request;
    const answer =
      body === undefined
        ? failure(413, 'RequestBodyTooLarge', `A body may have ${LARGEST_BODY_BYTES} bytes.`)
        : await handler({ method, url: new URL(request.url ?? '/', url), headers, body });
    send(response, answer);
  } catch (error) {
    send(response, failure(500, 'InternalError', error instanceof Error ? error.message : String(error)));
  }
}

function failure(status: number, code: string, message: string): HttpsAnswer {
  return { status, body: { error: { code, message } } };
}

function send(response: ServerResponse, { status, headers, body }: HttpsAnswer): void {
  response.writeHead(status, {
    'cache-control': 'no-store',
    ...(body && { 'content-type': 'application/json; charset=utf-8' }),
    ...headers,
  });
  response.end(body && JSON.stringify(body));
}

/** Undefined when the body is too large; the rest is then read and thrown away. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= LARGEST_BODY_BYTES) chunks.push(chunk);
  }
  return length <= LARGEST_BODY_BYTES ? Buffer.concat(chunks).toString('utf8') : undefined;
}
