import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import type { JSONWebKeySet, JWTPayload } from 'jose';
import type { Clock } from '../endpoint/clock.ts';
import type { TokenClaims, VerifyToken } from '../endpoint/endpoint.ts';

/** Whom a token speaks for: a service principal in one tenant. */
export interface Principal {
  readonly tenantId: string;
  readonly clientId: string;
  readonly objectId: string;
}

/** What a token is asked for. */
interface TokenRequest {
  readonly principal: Principal;
  readonly audience: string;
  /** Azure's own resources take tokens of version 1.0, registered APIs here those of version 2.0. */
  readonly version: '1.0' | '2.0';
  readonly roles?: readonly string[];
  readonly lifetimeSeconds: number;
}

/** Signs and verifies access tokens with a key that lives as long as the process. */
export interface TokenSigner {
  readonly keys: JSONWebKeySet;
  readonly sign: (request: TokenRequest) => Promise<string>;
  /** Rejects when the signature, a time or the audience does not hold. */
  readonly verify: VerifyToken;
}

/** What a signer needs to know of the service it signs for. */
export interface SignerOptions {
  /** Where the issuer is found; the start of the issuer of version 2.0 tokens. */
  readonly url: string;
  readonly clock: Clock;
}

const ALGORITHM = 'RS256';

/** Makes a new key pair and the signer that uses it. */
export async function createTokenSigner({ url, clock }: SignerOptions): Promise<TokenSigner> {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
  const kid = randomBytes(20).toString('base64url');
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid, use: 'sig', alg: ALGORITHM }] };
  return {
    keys,
    sign(request) {
      const issuedAt = Math.floor(clock.now() / 1000);
      return new SignJWT({ ...claimsOf(request), uti: randomBytes(16).toString('base64url') })
        .setProtectedHeader({ typ: 'JWT', alg: ALGORITHM, kid })
        .setIssuer(issuerOf(url, request.principal.tenantId, request.version))
        .setAudience(request.audience)
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
        .setExpirationTime(issuedAt + request.lifetimeSeconds)
        .sign(privateKey);
    },
    async verify(token, audience) {
      const { payload } = await jwtVerify(token, publicKey, {
        algorithms: [ALGORITHM],
        audience: audiencesFor(audience),
        currentDate: new Date(clock.now()),
        requiredClaims: ['exp', 'nbf'],
      });
      return readClaims(payload);
    },
  };
}

/** Entra keeps the resource as the client wrote it, and clients differ in the last slash. */
function audiencesFor(audience: string): string[] {
  const bare = audience.replace(/\/$/, '');
  return [bare, `${bare}/`];
}

// Claims: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
function claimsOf({ principal, version, roles = [] }: TokenRequest): JWTPayload {
  const { tenantId, clientId, objectId } = principal;
  return {
    ver: version,
    tid: tenantId,
    oid: objectId,
    sub: objectId,
    idtyp: 'app',
    ...(version === '1.0' ? { appid: clientId, appidacr: '1' } : { azp: clientId, azpacr: '1' }),
    ...(roles.length > 0 && { roles }),
  };
}

/** Version 1.0 tokens name the issuer that every Azure resource knows; Azurite, too, takes no other. */
function issuerOf(url: string, tenantId: string, version: string): string {
  return version === '1.0' ? `https://sts.windows.net/${tenantId}/` : `${url}/${tenantId}/v2.0`;
}

/** The key signs nothing but what this file builds, so a good signature vouches for issuer and tenant as well. */
function readClaims(payload: JWTPayload): TokenClaims {
  const { oid, tid, roles } = payload as { oid: string; tid: string; roles?: string[] };
  return { subject: oid, tenantId: tid, roles: roles ?? [] };
}
