import { systemClock } from '../endpoint/clock.ts';
import type { Clock } from '../endpoint/clock.ts';
import type { Endpoint, Log, TlsIdentity, TokenClaims, VerifyToken } from '../endpoint/endpoint.ts';
import { openHttpsEndpoint } from '../endpoint/https-endpoint.ts';
import type { HttpsAnswer, HttpsRequest } from '../endpoint/https-endpoint.ts';
import { describeError, KeyVaultError } from './errors.ts';
import { findOperation } from './operations.ts';
import type { SecretPermission } from './operations.ts';
import { SecretStore } from './secret-store.ts';

/** Settings of the local vault. */
export interface KeyVaultOptions {
  readonly tls: TlsIdentity;
  readonly port?: number;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly verifyToken: VerifyToken;
  /** Where the challenge sends clients for a token: `https://…/{tenantId}`, filled in. */
  readonly authority: string;
  /** Secret permissions by the object id of the caller. Absent: whoever has a token may do everything. */
  readonly access?: Readonly<Record<string, readonly SecretPermission[]>>;
  /** Whether the firewall lets nobody in now. */
  readonly isClosed?: () => boolean;
}

const RESOURCE = 'https://vault.azure.net';
const API_VERSIONS = new Set(['7.4', '7.5', '7.6', '2025-07-01', '2026-04-01']);

/** Starts a vault that keeps its secrets in memory. */
export async function startKeyVault(options: KeyVaultOptions): Promise<Endpoint> {
  const { tls, port, clock = systemClock, log = () => undefined } = options;
  const store = new SecretStore(clock);
  const endpoint = await openHttpsEndpoint({ tls, port });

  endpoint.serve(async (request) => {
    const answer = await answerRequest(options, store, endpoint.url, request);
    log(`${request.method} ${request.url.pathname} ${answer.status}`);
    return answer;
  });

  return endpoint;
}

async function answerRequest(
  options: KeyVaultOptions,
  store: SecretStore,
  vaultUrl: string,
  request: HttpsRequest,
): Promise<HttpsAnswer> {
  try {
    const caller = await authenticate(options, request);
    if (options.isClosed?.() === true) throw closed();
    requireApiVersion(request.url);
    const operation = findOperation({ store, vaultUrl, request });
    authorize(options, caller, operation.permission);
    return operation.run();
  } catch (error) {
    if (!(error instanceof KeyVaultError)) throw error;
    const answer = describeError(error);
    return error.status === 401 ? { ...answer, headers: challenge(options.authority) } : answer;
  }
}

/** https://learn.microsoft.com/azure/key-vault/general/rest-error-codes#http-403-insufficient-permissions */
function closed(): KeyVaultError {
  const message = 'Client address is not authorized and caller is not a trusted service.';
  return new KeyVaultError(403, 'Forbidden', message, 'ForbiddenByFirewall');
}

/** https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses#authentication-challenge */
function challenge(authority: string) {
  return { 'www-authenticate': `Bearer authorization="${authority}", resource="${RESOURCE}"` };
}

async function authenticate({ verifyToken }: KeyVaultOptions, { headers }: HttpsRequest): Promise<TokenClaims> {
  const [, token] = /^Bearer (\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (token === undefined)
    throw new KeyVaultError(401, 'Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.');
  try {
    return await verifyToken(token, RESOURCE);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KeyVaultError(401, 'Unauthorized', `Error validating token: ${reason}`);
  }
}

function requireApiVersion(url: URL): void {
  const version = url.searchParams.get('api-version');
  if (version === null) throw new KeyVaultError(400, 'BadParameter', 'api-version must be specified');
  if (!API_VERSIONS.has(version))
    throw new KeyVaultError(400, 'BadParameter', `The specified version (${version}) is not recognized.`);
}

function authorize({ access }: KeyVaultOptions, { subject }: TokenClaims, permission: SecretPermission): void {
  if (access === undefined || access[subject]?.includes(permission)) return;
  const message = `The user, group or application 'oid=${subject}' does not have secrets ${permission} permission on the key vault.`;
  throw new KeyVaultError(403, 'Forbidden', message, 'AccessDenied');
}
