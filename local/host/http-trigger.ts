import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuthLevel } from './access-keys.ts';
import type { AppFunction } from './function-app.ts';
import { pathOf } from './request-check.ts';
import { compileRoute, decode, type Route } from './route.ts';
import { nullable, type RpcCookie, type TypedData } from './typed-data.ts';

/** A function with an HTTP trigger. */
export interface HttpFunction {
  readonly function: AppFunction;
  readonly level: AuthLevel;
  readonly methods: ReadonlySet<string>;
  readonly route: Route;
}

// https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger#limits
const BODY_LIMIT = 100 * 1024 * 1024;

/**
 * The HTTP functions among those given, which are tried in this order; a literal segment has no precedence.
 * Throws when two of them answer the same method and route.
 */
export function httpFunctions(functions: readonly AppFunction[], routePrefix: string): HttpFunction[] {
  const found = functions
    .filter(({ trigger }) => trigger.type === 'httpTrigger')
    .map((candidate) => httpFunction(candidate, routePrefix));
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

const LEVELS: readonly AuthLevel[] = ['anonymous', 'function', 'admin'];

function httpFunction(candidate: AppFunction, routePrefix: string): HttpFunction {
  const { authLevel, route = candidate.name, methods = ['GET', 'POST'] } = candidate.trigger;
  const template = routePrefix === '' ? String(route) : `${routePrefix}/${String(route)}`;
  const level = LEVELS.find((known) => known === authLevel);
  if (level === undefined)
    throw new Error(`Function '${candidate.name}': there is no authLevel '${String(authLevel)}'.`);
  if (/^(?:admin|runtime)(?:\/|$)/i.test(template)) {
    throw new Error(`Function '${candidate.name}': the route '${template}' belongs to the host; choose another one.`);
  }
  const upper = (methods as string[]).map((method) => method.toUpperCase());
  return { function: candidate, level, methods: new Set(upper), route: compileRoute(template) };
}

/** A request as the library gets it, undefined when its body is larger than the host takes. */
export async function readRequest(
  request: IncomingMessage,
  origin: string,
  parameters: Readonly<Record<string, string>>,
): Promise<TypedData | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) return undefined;
  const sent = await readBody(request);
  // The host reads only bodies whose length was announced; of others the function sees nothing.
  const bytes = request.headers['content-length'] === undefined ? Buffer.alloc(0) : sent;
  const headers = Object.entries(request.headersDistinct).map(([name, values = []]) => [name, headerText(values)]);
  const [pathname = '', ...query] = pathOf(request.url ?? '/').split(/(?=\?)/);
  const url = `${origin}${encodePath(pathname)}${query.join('')}`;
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

/** Headers of one name are one to the function. */
function headerText(values: readonly string[]): string {
  return Buffer.from(values.join(','), 'latin1').toString();
}

/** The host hands over the path decoded and encoded again, which is not what was sent when that was odd. */
function encodePath(pathname: string): string {
  const odd = /%(?![0-9a-f]{2})|[^\w.~!$&'()*+,;=:@/%-]/giu;
  return pathname.split('/').map(decode).join('/').replaceAll(odd, encodeURIComponent);
}

/** The request of a call that did not come over HTTP. */
export function requestWith(url: string, body: string): TypedData {
  return { http: { method: 'POST', url, body: { bytes: Buffer.from(body) } } };
}

/** Everything that is sent as the body. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
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
  const headers = Object.entries(http.headers ?? {});
  const odd = headers.find(([, value]) => /[^\t\x20-\x7e]/.test(value));
  if (odd !== undefined) throw new Error(`The header '${odd[0]}' holds characters that are not ASCII.`);
  for (const [name, value] of headers) response.setHeader(name, value);
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
