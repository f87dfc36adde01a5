/** Stands before an https endpoint, notes every request, and brings about what goes wrong between a service and its callers. */
import { once } from 'node:events';
import { Agent, createServer, request as httpsRequest } from 'node:https';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TlsIdentity } from '../../../local/endpoint/endpoint.ts';

/** A request on its way to the service. */
export interface PassingRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
}

/**
 * `before` and `after` mean the effect of the request. An answer in place of the service's own, or none: the connection
 * breaks.
 */
export interface EndpointFault {
  readonly when: 'before' | 'after';
  readonly answer:
    | { readonly status: number; readonly headers?: OutgoingHttpHeaders; readonly message?: string }
    | 'cut';
}

/** A request that reached the service. */
interface Passed extends PassingRequest {
  readonly status: number;
}

export interface UnreliableProxy {
  readonly url: string;
  /** What reached the service, oldest first; a test may empty it. */
  readonly passed: Passed[];
  /** Asked once for every request. */
  decide: (request: PassingRequest) => EndpointFault | undefined;
  stop(): Promise<void>;
}

/** Listens on a free port; `target` is the origin of the service. */
export async function startUnreliableProxy(tls: TlsIdentity, target: () => string): Promise<UnreliableProxy> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer({ key: tls.key, cert: tls.cert });
  server.on('request', (request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = request;
    const body = await buffer(request);
    const fault = proxy.decide({ method, path });
    if (fault?.when === 'before') return fail(fault, response);
    const answer = await forward(new URL(path, target()), request, body, agent);
    const answered = await buffer(answer);
    proxy.passed.push({ method, path, status: answer.statusCode ?? 0 });
    if (fault !== undefined) return fail(fault, response);
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.end(answered);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: UnreliableProxy = {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    passed: [],
    decide: () => undefined,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      agent.destroy();
    },
  };
  return proxy;
}

function fail({ answer }: EndpointFault, response: ServerResponse): void {
  if (answer === 'cut') {
    response.destroy();
    return;
  }
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  const { status, message = 'The test wants it so.' } = answer;
  response.end(JSON.stringify({ error: { code: `Status${status}`, message } }));
}

async function forward(url: URL, from: IncomingMessage, body: Buffer, agent: Agent): Promise<IncomingMessage> {
  const { 'transfer-encoding': _chunked, ...headers } = from.headers;
  const sent = httpsRequest(url, {
    method: from.method,
    headers: { ...headers, host: url.host, 'content-length': body.length },
    agent,
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return answer;
}
