import { randomBytes, randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import type { GetToken, Log } from '../endpoint/endpoint.ts';
import type { HttpsAnswer, HttpsRequest } from '../endpoint/https-endpoint.ts';
import { isAzureResource } from './resources.ts';
import type { Principal, TokenSigner } from './tokens.ts';

/** A system-assigned managed identity, whose resource gets tokens without a secret of its own. */
export interface ManagedIdentity extends Principal {
  /** Rejects for a resource that is not one of Azure's. */
  readonly getToken: GetToken;
}

const API_VERSION = '2019-08-01';
/** https://learn.microsoft.com/entra/identity-platform/configurable-token-lifetimes: 24 hours for managed identities */
export const AZURE_TOKEN_SECONDS = 24 * 60 * 60;

/** Makes a managed identity with new ids. @param roles app roles that it was assigned, by the API that they are of */
export function createManagedIdentity(
  tenantId: string,
  signer: TokenSigner,
  tokenSeconds: number,
  roles: Readonly<Record<string, readonly string[]>> = {},
): ManagedIdentity {
  const principal = { tenantId, clientId: randomUUID(), objectId: randomUUID() };
  return {
    ...principal,
    async getToken(resource) {
      const assigned = roles[resource];
      const request = { principal, audience: resource, lifetimeSeconds: tokenSeconds };
      if (assigned !== undefined) return signer.sign({ ...request, version: '2.0', roles: assigned });
      if (!isAzureResource(resource)) throw new Error(`No tokens are issued for the resource '${resource}'.`);
      return signer.sign({ ...request, version: '1.0' });
    },
  };
}

/**
 * The endpoint through which an app gets tokens of its managed identity. `header` is the value of `IDENTITY_HEADER`,
 * which keeps other processes of the machine out.
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
export function createManagedIdentityEndpoint(identity: ManagedIdentity, log: Log) {
  const header = randomBytes(16).toString('hex').toUpperCase();

  async function answer({ url, headers }: HttpsRequest): Promise<HttpsAnswer> {
    const resource = url.searchParams.get('resource');
    const clientId = url.searchParams.get('client_id') ?? identity.clientId;
    if (headers['x-identity-header'] !== header) return refuse(401, 'The X-IDENTITY-HEADER is missing or wrong.');
    if (url.searchParams.get('api-version') !== API_VERSION) return refuse(400, `Use api-version=${API_VERSION}.`);
    if (resource === null || !isAzureResource(resource)) return refuse(400, `The resource '${resource}' is unknown.`);
    if (clientId !== identity.clientId || url.searchParams.has('mi_res_id') || url.searchParams.has('object_id'))
      return refuse(400, 'No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId.');

    log(`managed identity token for ${resource}`);
    const token = await identity.getToken(resource);
    return {
      status: 200,
      body: {
        access_token: token,
        expires_on: String(decodeJwt(token).exp),
        resource,
        token_type: 'Bearer',
        client_id: identity.clientId,
      },
    };
  }

  return { header, answer };
}

function refuse(statusCode: number, message: string): HttpsAnswer {
  return { status: statusCode, body: { statusCode, message } };
}
