import { randomUUID } from 'node:crypto';
import type { Clock } from '../endpoint/clock.ts';
import type { Log } from '../endpoint/endpoint.ts';
import type { HttpsAnswer } from '../endpoint/https-endpoint.ts';
import { isAzureResource } from './resources.ts';
import type { Principal, TokenSigner } from './tokens.ts';

/** An application that may ask for tokens with a secret. */
export interface ClientRegistration extends Principal {
  readonly secret: string;
  /** App roles it was granted, by the audience of the API that defines them. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
}

/** What the grant decides by. */
export interface ClientCredentialsOptions {
  readonly signer: TokenSigner;
  readonly clock: Clock;
  readonly log: Log;
  readonly tenantIds: ReadonlySet<string>;
  readonly clients: readonly ClientRegistration[];
  /** Audiences of the registered APIs, for example `api://cloud-migration-setup`. */
  readonly apis: readonly string[];
}

// https://learn.microsoft.com/entra/identity-platform/access-tokens#token-lifetime: 60 to 90 minutes
const LIFETIME_SECONDS = 60 * 60;
const SCOPE_SUFFIX = '/.default';

/** https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
class Refusal extends Error {
  readonly status: number;
  readonly error: string;
  readonly code: number;

  constructor(status: number, error: string, code: number, message: string) {
    super(message);
    this.status = status;
    this.error = error;
    this.code = code;
  }
}

/**
 * The client credentials grant with a secret: answers the form a client posted to `/{tenantId}/oauth2/v2.0/token`.
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export function createClientCredentialsGrant(options: ClientCredentialsOptions) {
  return async (tenantId: string, body: string): Promise<HttpsAnswer> => {
    try {
      return { status: 200, body: await grant(options, tenantId, new URLSearchParams(body)) };
    } catch (error) {
      if (error instanceof Refusal) return describe(error, options.clock);
      throw error;
    }
  };
}

async function grant(options: ClientCredentialsOptions, tenantId: string, form: URLSearchParams): Promise<object> {
  if (!options.tenantIds.has(tenantId))
    throw new Refusal(400, 'invalid_request', 90002, `Tenant '${tenantId}' not found.`);
  const grantType = required(form, 'grant_type');
  if (grantType !== 'client_credentials')
    throw new Refusal(400, 'unsupported_grant_type', 70003, `The grant type '${grantType}' is not supported here.`);
  const client = authenticate(options.clients, tenantId, form);
  const audience = audienceOf(required(form, 'scope'));
  const version = versionFor(audience, options.apis, tenantId);
  options.log(`client ${client.clientId} got a token for ${audience}`);
  return {
    token_type: 'Bearer',
    expires_in: LIFETIME_SECONDS,
    ext_expires_in: LIFETIME_SECONDS,
    access_token: await options.signer.sign({
      principal: client,
      audience,
      version,
      roles: client.roles[audience] ?? [],
      lifetimeSeconds: LIFETIME_SECONDS,
    }),
  };
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === '')
    throw new Refusal(
      400,
      'invalid_request',
      900144,
      `The request body must contain the following parameter: '${name}'.`,
    );
  return value;
}

function authenticate(
  clients: readonly ClientRegistration[],
  tenantId: string,
  form: URLSearchParams,
): ClientRegistration {
  const clientId = required(form, 'client_id');
  const client = clients.find((other) => other.clientId === clientId && other.tenantId === tenantId);
  if (client === undefined) {
    const message = `Application with identifier '${clientId}' was not found in the directory '${tenantId}'.`;
    throw new Refusal(400, 'unauthorized_client', 700016, message);
  }
  if (form.has('client_assertion'))
    throw new Refusal(401, 'invalid_client', 50027, 'Client assertions are not supported here; send a client_secret.');
  if (required(form, 'client_secret') !== client.secret) {
    const message = `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`;
    throw new Refusal(401, 'invalid_client', 7000215, message);
  }
  return client;
}

function audienceOf(scope: string): string {
  if (scope.endsWith(SCOPE_SUFFIX) && !scope.includes(' ')) return scope.slice(0, -SCOPE_SUFFIX.length);
  const message = `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`;
  throw new Refusal(400, 'invalid_scope', 1002012, message);
}

function versionFor(audience: string, apis: readonly string[], tenantId: string): '1.0' | '2.0' {
  if (apis.includes(audience)) return '2.0';
  if (isAzureResource(audience)) return '1.0';
  const message = `The resource principal named ${audience} was not found in the tenant named ${tenantId}.`;
  throw new Refusal(400, 'invalid_resource', 500011, message);
}

function describe({ status, error, code, message }: Refusal, clock: Clock): HttpsAnswer {
  const timestamp = new Date(clock.now()).toISOString().replace('T', ' ').replace(/\.\d+/, '');
  const [traceId, correlationId] = [randomUUID(), randomUUID()];
  return {
    status,
    body: {
      error,
      error_description: `AADSTS${code}: ${message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: traceId,
      correlation_id: correlationId,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    },
  };
}
