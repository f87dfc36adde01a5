import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AppFunction, FunctionApp } from './function-app.ts';
import { compileRoute, type Route } from './route.ts';
import { nullable, type RpcCookie, type TypedData } from './typed-data.ts';

/** A function with an HTTP trigger. */
export interface HttpFunction {
  readonly function: AppFunction;
  readonly methods: ReadonlySet<string>;
  readonly route: Route;
}

// https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger#limits
const BODY_LIMIT = 100 * 1024 * 1024;

/**
 * The app's HTTP functions in the order in which the host tries them: by name; a literal segment has no precedence.
 * Throws when two of them answer the same method and route, or one wants a key.
 */
export function httpFunctions(app: FunctionApp, routePrefix: string): HttpFunction[] {
  const found = app.functions
    .filter(({ trigger }) => trigger.type === 'httpTrigger')
    .map((candidate) => httpFunction(candidate, routePrefix))
    .sort((a, b) => (a.function.name < b.function.name ? -1 : 1));
  for (const [index, later] of found.entries()) {
    const earlier = found
      .slice(0, index)
      .find(
        ({ route, methods }) =>
          route.template.toLowerCase() === later.route.template.toLowerCase() &&
          [...methods].some((method) => later.methods.has(method)),
      );
    if (earlier !== undefined) {
      throw new Error(
        `Function '${later.function.name}': the route conflicts with the route defined by function '${earlier.function.name}'.`,
      );
    }
  }
  return found;
}

function httpFunction(candidate: AppFunction, routePrefix: string): HttpFunction {
  const { authLevel, route = candidate.name, methods = ['GET', 'POST'] } = candidate.trigger;
  if (authLevel !== 'anonymous') {
    throw new Error(
      `Function '${candidate.name}': the local host does not support function keys; its authLevel must be 'anonymous'.`,
    );
  }
  const upper = (methods as string[]).map((method) => method.toUpperCase());
  const template = routePrefix === '' ? String(route) : `${routePrefix}/${String(route)}`;
  return { function: candidate, methods: new Set(upper), route: compileRoute(template) };
}

/** A request as the library gets it, undefined when its body is larger than the host takes. */
export async function readRequest(
  request: IncomingMessage,
  origin: string,
  parameters: Readonly<Record<string, string>>,
): Promise<TypedData | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) return undefined;
  const bytes = await readBody(request);
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  const url = `${origin}${request.url ?? '/'}`;
  return {
    http: {
      method: request.method ?? 'GET',
      url,
      nullableHeaders: nullable(Object.fromEntries(headers) as Record<string, string>),
      nullableQuery: nullable(joinQuery(new URL(url).searchParams)),
      nullableParams: nullable(parameters),
      ...(bytes.length === 0 ? {} : { body: { bytes } }),
    },
  };
}

/** The host reads only bodies whose length was announced; of others the function sees nothing. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return request.headers['content-length'] === undefined ? Buffer.alloc(0) : Buffer.concat(chunks);
}

/** One entry a name, without regard to case; several values are joined with a comma. */
function joinQuery(query: URLSearchParams): Record<string, string> {
  const joined = new Map<string, { name: string; values: string[] }>();
  for (const [name, value] of query) {
    const known = joined.get(name.toLowerCase());
    joined.set(name.toLowerCase(), { name, values: [...(known?.values ?? []), value] });
  }
  return Object.fromEntries([...joined.values()].map(({ name, values }) => [name, values.join(',')]));
}

/** Writes what the function returned. Throws when that is no response. */
export function writeResponse(returned: TypedData | undefined, response: ServerResponse): void {
  if (returned === undefined) {
    response.writeHead(204).end();
    return;
  }
  const { http } = returned;
  const status = Number(http?.statusCode ?? 200);
  if (http === undefined || !Number.isInteger(status) || status < 100 || status > 599) {
    throw new Error(`The function returned no HTTP response, or one with an impossible status.`);
  }
  for (const [name, value] of Object.entries(http.headers ?? {})) response.setHeader(name, value);
  const cookies = http.cookies ?? [];
  if (cookies.length > 0) response.setHeader('set-cookie', cookies.map(cookieText));
  const bytes = http.body?.bytes;
  if (bytes === undefined || bytes.length === 0 || status === 204 || status === 304) {
    if (status !== 204 && status !== 304) response.setHeader('content-length', 0);
    response.writeHead(status).end();
    return;
  }
  // Written in two steps, the body goes out chunked, as from the real host.
  response.writeHead(status);
  response.write(bytes);
  response.end();
}

const SAME_SITE = { lax: 'lax', strict: 'strict', explicitNone: 'none', none: undefined };

function cookieText(cookie: RpcCookie): string {
  const expires = cookie.expires === undefined ? undefined : new Date(Number(cookie.expires.value)).toUTCString();
  const sameSite = cookie.sameSite === undefined ? undefined : SAME_SITE[cookie.sameSite];
  const parts = [
    `${cookie.name}=${encodeURIComponent(cookie.value)}`,
    expires === undefined ? '' : `expires=${expires}`,
    cookie.maxAge === undefined ? '' : `max-age=${cookie.maxAge.value}`,
    cookie.domain === undefined ? '' : `domain=${cookie.domain.value}`,
    `path=${cookie.path?.value ?? '/'}`,
    cookie.secure?.value === true ? 'secure' : '',
    sameSite === undefined ? '' : `samesite=${sameSite}`,
    cookie.httpOnly?.value === true ? 'httponly' : '',
  ];
  return parts.filter((part) => part !== '').join('; ');
}
