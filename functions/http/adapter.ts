/** The one adapter between the Functions host and the handlers: who calls, what was asked, what every answer has. */
import { randomUUID } from 'node:crypto';
import type { HttpHandler, HttpMethod, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { isRestError } from '@azure/core-rest-pipeline';
import { z } from 'zod';
import { VaultRefused } from '../../shared/secrets.ts';
import type { Services } from '../../shared/services.ts';
import { inSpan, nameOf } from '../../shared/telemetry/spans.ts';
import { apiVersion, setupIdSchema } from '../../shared/setup/setup.ts';
import { createAuthenticate } from './access-token.ts';
import type { Authenticate, Caller } from './access-token.ts';
import { ApiError, notFound, problemResponse } from './problem.ts';
import type { NotFoundCode } from './problem.ts';
import { requireRole, requireRoleForAll } from './roles.ts';
import type { Role } from './roles.ts';

/** One request, as handlers see it. */
export interface Call {
  readonly request: HttpRequest;
  readonly context: InvocationContext;
  readonly services: Services;
  /** Names this request in answers, logs and audit rows. */
  readonly requestId: string;
}

/** A request whose caller is known and has a role of the route. */
export interface KnownCall extends Call {
  readonly caller: Caller;
}

/** A request whose caller has the role of the route for the tenant of the path. */
export interface TenantCall extends KnownCall {
  /** In lower case, as in every key: two spellings are one tenant. */
  readonly tenantId: string;
}

interface RouteBase {
  /** Name of the function. The host tries functions in the order of their names, so that no two routes may overlap. */
  readonly name: string;
  readonly method: HttpMethod;
  /** In the grammar of the host, without its prefix `api`. */
  readonly path: string;
  /** Query parameters beside the API version. */
  readonly parameters?: readonly string[];
  /** Whether the handler starts orchestrations or raises events, which takes the durable client as an extra input. */
  readonly usesDurableClient?: boolean;
}

/** A route to what belongs to a tenant; it needs an app role and the api-version. */
interface TenantRoute extends RouteBase {
  readonly path: `tenants/{tenantId}/${string}`;
  readonly role: Role;
  /** The answer if the token does not reach the tenant: that of the handler to what does not exist. */
  readonly missing: NotFoundCode;
  readonly handler: (call: TenantCall) => Promise<HttpResponseInit>;
}

/** A route over all tenants, for the provider: it needs one of its roles, and that for every tenant, and the api-version. */
interface ProviderRoute extends RouteBase {
  readonly roles: readonly [Role, ...Role[]];
  readonly handler: (call: KnownCall) => Promise<HttpResponseInit>;
}

/** A route for everybody, without api-version. */
interface OpenRoute extends RouteBase {
  readonly role: undefined;
  readonly handler: (call: Call) => Promise<HttpResponseInit>;
}

export type Route = TenantRoute | ProviderRoute | OpenRoute;

/** Makes what turns a route into a handler for the Functions host; all of them share the keys of the token issuer. */
export function createToHandler(services: Services): (route: Route) => HttpHandler {
  const { settings, clock } = services;
  const authenticate = createAuthenticate({
    issuer: settings.MIGRATION_TOKEN_ISSUER,
    audience: settings.MIGRATION_TOKEN_AUDIENCE,
    keysUrl: settings.MIGRATION_TOKEN_KEYS_URL,
    providerTenant: settings.MIGRATION_PROVIDER_TENANT,
    allowedTenants: settings.MIGRATION_ALLOWED_TENANTS,
    allowedClients: settings.MIGRATION_ALLOWED_CLIENTS,
    clock,
  });
  return (route) => async (request, context) => {
    const call = { request, context, services, requestId: randomUUID() };
    const answer = await inSpan(route.name, { method: route.method }, async (note) => {
      const { setupId, assessmentId } = request.params;
      note({ tenant: tenantOf(request), setup: setupIdSchema.safeParse(setupId ?? assessmentId).data });
      const given = await answerRoute(route, call, authenticate).catch((error: unknown) => {
        note({ code: error instanceof ApiError ? error.code : nameOf(error) });
        return answerError(error, call);
      });
      note({ status: given.status });
      return given;
    });
    return {
      ...answer,
      headers: {
        'cache-control': 'private, no-cache',
        'x-content-type-options': 'nosniff',
        'x-ms-request-id': call.requestId,
        ...(answer.headers as Record<string, string> | undefined),
      },
    };
  };
}

async function answerRoute(route: Route, call: Call, authenticate: Authenticate): Promise<HttpResponseInit> {
  if (!('roles' in route) && route.role === undefined) return route.handler(call);
  const caller = await authenticate(call.request.headers.get('authorization'));
  if ('roles' in route) {
    requireRoleForAll(caller, route.roles);
    requireParameters(call.request.query, route.parameters ?? []);
    return route.handler({ ...call, caller });
  }
  const reach = requireRole(caller, route.role);
  requireParameters(call.request.query, route.parameters ?? []);
  const tenantId = tenantOf(call.request);
  if (tenantId === undefined) throw notFound(route.missing);
  if (reach === 'ownTenant' && tenantId !== caller.tenantId) {
    const { tenantId: own, objectId } = caller;
    call.context.warn(
      `Request ${call.requestId}: ${route.name} of tenant ${tenantId} was refused to ${objectId} of tenant ${own}.`,
    );
    throw notFound(route.missing);
  }
  return route.handler({ ...call, caller, tenantId });
}

/** The tenant of the path; undefined if it cannot be one. */
function tenantOf({ params }: HttpRequest): string | undefined {
  return z.guid().toLowerCase().safeParse(params['tenantId']).data;
}

const versionParameter = 'api-version';

/** A parameter that is not understood must not be ignored: its sender relies on it. */
function requireParameters(query: URLSearchParams, own: readonly string[]): void {
  const known = [versionParameter, ...own];
  const names = [...query.keys()];
  if (names.some((name) => !known.includes(name))) {
    throw new ApiError('UnknownQueryParameter', `The query parameters are: ${known.join(', ')}.`);
  }
  if (new Set(names).size < names.length) {
    throw new ApiError('InvalidQueryParameter', 'A query parameter is given at most once.');
  }
  const version = query.get(versionParameter);
  if (version === null || version === '') {
    throw new ApiError('MissingApiVersionParameter', `Add the query parameter ${versionParameter}=${apiVersion}.`);
  }
  if (version !== apiVersion) {
    throw new ApiError('UnsupportedApiVersionValue', `The ${versionParameter} must be one of: ${apiVersion}.`);
  }
}

const DEPENDENCY_RETRY_SECONDS = 10;

function answerError(error: unknown, { request, context, requestId }: Call): HttpResponseInit {
  const shown = error instanceof ApiError ? error : internalError(error);
  if (shown.cause !== undefined) {
    context.warn(`Request ${requestId} was answered with ${shown.code}:`, describeCause(shown.cause));
  }
  return problemResponse(shown, new URL(request.url).pathname, traceIdOf(request, context, requestId));
}

/** What failed is in the log only. A service that does not answer, or too slowly, may do so later: when it says. */
function internalError(cause: unknown): ApiError {
  if (cause instanceof VaultRefused) {
    return new ApiError('VaultRefused', `${cause.message} Ask the operator of the service, with the traceId.`, {
      cause,
    });
  }
  const { statusCode = 503, response } = isRestError(cause) ? cause : { statusCode: 500 };
  if (statusCode !== 429 && statusCode <= 500)
    return new ApiError('InternalError', 'Ask the operator, with the traceId.', { cause });
  const retryAfter = response?.headers.get('retry-after') ?? String(DEPENDENCY_RETRY_SECONDS);
  return new ApiError('ServiceUnavailable', 'Send the request again later.', {
    headers: { 'retry-after': retryAfter },
    cause,
  });
}

/** An error's own words. The objects that SDKs hang on their errors hold requests, and these may hold secrets. */
function describeCause(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparentPattern = /^00-(?!0{32})(?<traceId>[\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

function traceIdOf(request: HttpRequest, context: InvocationContext, requestId: string): string {
  const sent = [request.headers.get('traceparent'), context.traceContext?.traceParent];
  const traceIds = sent.map((text) => traceparentPattern.exec(text ?? '')?.groups?.['traceId']);
  return traceIds.find((id) => id !== undefined) ?? requestId.replaceAll('-', '');
}
