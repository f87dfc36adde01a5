/** Access tokens of Entra ID: https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens */
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { Clock } from '../../shared/clock.ts';
import { ApiError } from './problem.ts';

/** App roles of the API. */
export type Role = 'Setup.Read' | 'Setup.Write';

/** Who calls. The tenant is that of the token, and the only one that the caller can reach. */
export interface Caller {
  readonly tenantId: string;
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
  readonly clock: Clock;
}

/**
 * Reads the `Authorization` header of a request.
 * @throws {ApiError} `Unauthorized`, which does not tell what is wrong with the token, or `ServiceUnavailable` if the
 * signing keys cannot be read
 */
export type Authenticate = (authorization: string | null) => Promise<Caller>;

const claimsSchema = z.object({
  iss: z.string(),
  tid: z.guid(),
  oid: z.string(),
  roles: z.array(z.string()).default([]),
});

const CLOCK_TOLERANCE_SECONDS = 60;
const KEYS_RETRY_SECONDS = 10;

/** Makes the check of access tokens. Signing keys are read when they are first needed, and kept for ten minutes. */
export function createAuthenticate({ issuer, audience, keysUrl, clock }: AccessTokenOptions): Authenticate {
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
      const { iss, tid, oid, roles } = claimsSchema.parse(payload);
      if (iss !== issuer.replace('{tenantId}', tid)) throw unauthorized(invalidToken);
      return { tenantId: tid, objectId: oid, roles };
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof z.ZodError) throw unauthorized(invalidToken, error);
      throw error;
    }
  };
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

/** @throws {ApiError} `Forbidden`, naming the role, if the caller lacks it */
export function requireRole(caller: Caller, role: Role): void {
  if (caller.roles.includes(role)) return;
  throw new ApiError('Forbidden', `The access token needs the app role ${role} of this service.`);
}
