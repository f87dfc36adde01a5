import { systemClock } from '../endpoint/clock.ts';
import type { Clock } from '../endpoint/clock.ts';
import type { Endpoint, GetToken, Log, TlsIdentity, VerifyToken } from '../endpoint/endpoint.ts';
import { openHttpsEndpoint } from '../endpoint/https-endpoint.ts';
import { createClientCredentialsGrant } from './client-credentials.ts';
import type { ClientRegistration } from './client-credentials.ts';
import { AZURE_TOKEN_SECONDS, createManagedIdentity, createManagedIdentityEndpoint } from './managed-identity.ts';
import type { ManagedIdentity } from './managed-identity.ts';
import { createTokenSigner } from './tokens.ts';

/** Settings of the local identity service. */
export interface IdentityOptions {
  readonly tls: TlsIdentity;
  readonly port?: number;
  readonly clock?: Clock;
  readonly log?: Log;
  /** How long a token of a managed identity holds; absent: as long as Azure's. */
  readonly tokenSeconds?: number;
  /** The tenant of the managed identities; clients may be of this tenant or of others. */
  readonly tenantId: string;
  readonly clients?: readonly ClientRegistration[];
  /** Audiences of the registered APIs, for example `api://cloud-migration-setup`. */
  readonly apis?: readonly string[];
}

/** A running identity service. */
export interface Identity extends Endpoint {
  /** Settings that give an app its managed identity, as App Service sets them. */
  readonly settings: { readonly IDENTITY_ENDPOINT: string; readonly IDENTITY_HEADER: string };
  /** The identity that `settings` gives tokens of. */
  readonly appIdentity: ManagedIdentity;
  /** Issuer of the tokens for registered APIs, with `{tenantId}` in place of the tenant. */
  readonly issuer: string;
  /** Where the signing keys are published. */
  readonly keysUrl: string;
  readonly verifyToken: VerifyToken;
  /** A token of `appIdentity`, without the way over the network. */
  readonly getToken: GetToken;
  /** Assigns a managed identity to another resource, for example a Data Factory. */
  addManagedIdentity(roles?: Readonly<Record<string, readonly string[]>>): ManagedIdentity;
}

const KEYS_PATH = '/common/discovery/v2.0/keys';
const MANAGED_IDENTITY_PATH = '/msi/token';

/** Starts managed identity, the client credentials grant and OpenID discovery behind one https port. */
export async function startIdentity(options: IdentityOptions): Promise<Identity> {
  const { tls, port, clock = systemClock, log = () => undefined, tenantId, clients = [], apis = [] } = options;
  const { tokenSeconds = AZURE_TOKEN_SECONDS } = options;
  const tenantIds = new Set([tenantId, ...clients.map((client) => client.tenantId)]);
  const endpoint = await openHttpsEndpoint({ tls, port });
  const { url } = endpoint;
  const signer = await createTokenSigner({ url, clock });
  const appIdentity = createManagedIdentity(tenantId, signer, tokenSeconds);
  const managedIdentity = createManagedIdentityEndpoint(appIdentity, log);
  const grant = createClientCredentialsGrant({ signer, clock, log, tenantIds, clients, apis });

  endpoint.serve(async (request) => {
    const { method } = request;
    const { pathname } = request.url;
    if (method === 'GET' && pathname === MANAGED_IDENTITY_PATH) return managedIdentity.answer(request);
    if (method === 'GET' && pathname === KEYS_PATH) return { status: 200, body: signer.keys };
    const [tenant = '', ...rest] = pathname.slice(1).split('/');
    const path = rest.join('/');
    if (method === 'POST' && path === 'oauth2/v2.0/token') return grant(tenant, request.body);
    if (method === 'GET' && path === 'v2.0/.well-known/openid-configuration' && tenantIds.has(tenant))
      return { status: 200, body: describeIssuer(url, tenant) };
    return { status: 404, body: { error: 'not_found', error_description: `${method} ${pathname} is not supported.` } };
  });

  return {
    url,
    port: endpoint.port,
    stop: () => endpoint.stop(),
    settings: { IDENTITY_ENDPOINT: url + MANAGED_IDENTITY_PATH, IDENTITY_HEADER: managedIdentity.header },
    appIdentity,
    issuer: `${url}/{tenantId}/v2.0`,
    keysUrl: url + KEYS_PATH,
    verifyToken: signer.verify,
    getToken: appIdentity.getToken,
    addManagedIdentity: (roles) => createManagedIdentity(tenantId, signer, tokenSeconds, roles),
  };
}

/** https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata */
function describeIssuer(url: string, tenantId: string) {
  return {
    issuer: `${url}/${tenantId}/v2.0`,
    token_endpoint: `${url}/${tenantId}/oauth2/v2.0/token`,
    // There is no such page; clients insist on the member.
    authorization_endpoint: `${url}/${tenantId}/oauth2/v2.0/authorize`,
    jwks_uri: url + KEYS_PATH,
    token_endpoint_auth_methods_supported: ['client_secret_post'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['token'],
    subject_types_supported: ['pairwise'],
  };
}
