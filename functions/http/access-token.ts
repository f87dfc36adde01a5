/** Access tokens of Entra ID: https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens */
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { Clock } from '../../shared/clock.ts';
import { ApiError } from './problem.ts';

/** Who calls. */
export interface Caller {
  /** The tenant that issued the token. */
  readonly tenantId: string;
  /** Whether that is the tenant of the service's provider. */
  readonly ofProvider: boolean;
  /** Object id of the calling user or service principal. */
  readonly objectId: string;
  readonly roles: readonly string[];
}

export interface AccessTokenOptions {
  /** Issuer of the tokens, with `{tenantId}` in place of the tenant. */
  readonly issuer: string;
  readonly audience: string;
  /** Where the issuer publishes its signing keys. */
  readonly keysUrl: string;
  /** The only tenant whose tokens can hold for other tenants. */
  readonly providerTenant: string;
  /** Tenants whose tokens are taken; none: those of every tenant. */
  readonly allowedTenants: readonly string[];
  /** Clients, by their application ids, whose tokens are taken; none: those of every client. */
  readonly allowedClients: readonly string[];
  readonly clock: Clock;
}

/**
 * Reads the `Authorization` header of a request.
 * @throws {ApiError} `Unauthorized`, which does not tell what is wrong with the token, or `ServiceUnavailable` if the
 * signing keys cannot be read
 */
export type Authenticate = (authorization: string | null) => Promise<Caller>;

// https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
const claimsSchema = z
  .object({
    iss: z.string(),
    tid: z.guid(),
    oid: z.string(),
    roles: z.array(z.string()).default([]),
    /** The client: `azp` in tokens of version 2.0, `appid` in those of version 1.0. */
    azp: z.string().optional(),
    appid: z.string().optional(),
    /** The one is in tokens for users, the other in tokens for apps, and neither in ID tokens, which give no access. */
    scp: z.string().optional(),
    idtyp: z.string().optional(),
  })
  .refine(({ scp, idtyp }) => scp !== undefined || idtyp === 'app', 'is no access token')
  .transform(({ azp, appid, ...claims }) => ({ ...claims, client: azp ?? appid ?? '' }));

const CLOCK_TOLERANCE_SECONDS = 60;
const KEYS_RETRY_SECONDS = 10;

/** Makes the check of access tokens. Signing keys are read when they are first needed, and kept for ten minutes. */
export function createAuthenticate(options: AccessTokenOptions): Authenticate {
  const { issuer, audience, keysUrl, providerTenant, allowedTenants, allowedClients, clock } = options;
  const keys = signingKeys(keysUrl);
  return async (authorization) => {
    const token = /^Bearer +(?<token>[\w.-]+)$/i.exec(authorization ?? '')?.groups?.['token'];
    if (token === undefined) throw unauthorized('The Authorization header must be "Bearer" and an access token.');
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ['RS256'],
        audience,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: clock.now(),
        requiredClaims: ['exp', 'nbf'],
      });
      const { iss, tid, oid, roles, client } = claimsSchema.parse(payload);
      const tenantId = tid.toLowerCase();
      const trusted =
        iss === issuer.replace('{tenantId}', tid) &&
        allows(allowedTenants, tenantId) &&
        allows(allowedClients, client.toLowerCase());
      if (!trusted) throw unauthorized(invalidToken);
      return { tenantId, ofProvider: tenantId === providerTenant, objectId: oid, roles };
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof z.ZodError) throw unauthorized(invalidToken, error);
      throw error;
    }
  };
}

function allows(list: readonly string[], id: string): boolean {
  return list.length === 0 || list.includes(id);
}

const invalidToken = 'The access token is not valid for this service.';

function unauthorized(detail: string, cause?: unknown): ApiError {
  return new ApiError('Unauthorized', detail, {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    cause,
  });
}

function signingKeys(url: string): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(url));
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      // The key is not among those that were read: that is the token's fault.
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      throw new ApiError('ServiceUnavailable', 'The keys that access tokens are signed with cannot be read now.', {
        headers: { 'retry-after': String(KEYS_RETRY_SECONDS) },
        cause: error,
      });
    }
  };
}
