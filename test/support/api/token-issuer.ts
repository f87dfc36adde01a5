import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** An issuer of access tokens whose keys are served over HTTP. */
export interface TokenIssuer {
  readonly keysUrl: string;
  readonly audience: string;
  /** With `{tenantId}` in place of the tenant. */
  readonly issuer: string;
  /** Signs a token that is valid but for what `claims` replaces; a claim that is undefined is left out. */
  sign(
    claims?: Readonly<Record<string, unknown>>,
    options?: { readonly alg?: string; readonly kid?: string },
  ): Promise<string>;
  /** How often the keys were read. */
  keyReads(): number;
  stop(): Promise<void>;
}

export const providerTenantId = 'abcdef55-5555-4555-8555-555555555555';
export const clientId = '66666666-6666-4666-8666-666666666666';
export const tenantId = '11111111-1111-4111-8111-111111111111';
export const otherTenantId = '22222222-2222-4222-8222-222222222222';
export const objectId = '33333333-3333-4333-8333-333333333333';
/** Of the identity of the configured factory. */
export const factoryObjectId = '77777777-7777-4777-8777-777777777777';

/** Starts an issuer with new RS256 and PS256 keys. */
export async function startTokenIssuer(): Promise<TokenIssuer> {
  const keys = { RS256: await generateKeyPair('RS256'), PS256: await generateKeyPair('PS256') };
  const published = await Promise.all(
    Object.entries(keys).map(async ([alg, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid: alg, alg })),
  );
  let reads = 0;
  const server = createServer((_request, response) => {
    reads += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const audience = 'api://cloud-migration-setup';

  return {
    keysUrl: `${url}/keys`,
    audience,
    issuer: `${url}/{tenantId}/v2.0`,
    keyReads: () => reads,
    sign(claims = {}, { alg = 'RS256', kid = alg } = {}) {
      const now = Math.floor(Date.now() / 1000);
      const whole = {
        iss: `${url}/${tenantId}/v2.0`,
        aud: audience,
        tid: tenantId,
        oid: objectId,
        azp: clientId,
        idtyp: 'app',
        iat: now,
        nbf: now,
        exp: now + 600,
        roles: ['Setup.Read', 'Setup.Write'],
        ...claims,
      };
      const key = alg === 'PS256' ? keys.PS256 : keys.RS256;
      return new SignJWT(whole).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(key.privateKey);
    },
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
