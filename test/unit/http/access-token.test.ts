import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { base64url } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthenticate } from '../../../functions/http/access-token.ts';
import type { AccessTokenOptions, Authenticate } from '../../../functions/http/access-token.ts';
import { systemClock } from '../../../shared/clock.ts';
import {
  clientId,
  objectId,
  otherTenantId,
  providerTenantId,
  startTokenIssuer,
  tenantId,
} from '../../support/api/token-issuer.ts';
import type { TokenIssuer } from '../../support/api/token-issuer.ts';

let issuer: TokenIssuer;
let authenticate: Authenticate;

beforeAll(async () => {
  issuer = await startTokenIssuer();
  authenticate = authenticatorOf(issuer.keysUrl);
});

afterAll(() => issuer.stop());

function authenticatorOf(keysUrl: string, options: Partial<AccessTokenOptions> = {}): Authenticate {
  return createAuthenticate({
    ...issuer,
    keysUrl,
    providerTenant: providerTenantId,
    allowedTenants: [],
    allowedClients: [],
    clock: systemClock,
    ...options,
  });
}

const unauthorized = { code: 'Unauthorized', headers: { 'www-authenticate': 'Bearer error="invalid_token"' } };
const seconds = () => Math.floor(Date.now() / 1000);

test('a good token says who calls', async () => {
  const expected = { tenantId, ofProvider: false, objectId, roles: ['Setup.Read', 'Setup.Write'] };
  await expect(authenticate(`Bearer ${await issuer.sign()}`)).resolves.toEqual(expected);
  await expect(authenticate(`bearer ${await issuer.sign()}`)).resolves.toEqual(expected);
});

test('a token of any tenant is good if its issuer is that of the tenant', async () => {
  const iss = issuer.issuer.replace('{tenantId}', otherTenantId);
  const caller = await authenticate(`Bearer ${await issuer.sign({ iss, tid: otherTenantId })}`);
  expect(caller.tenantId).toBe(otherTenantId);
});

test('a token of the provider is told from the others', async () => {
  const iss = issuer.issuer.replace('{tenantId}', providerTenantId);
  const token = `Bearer ${await issuer.sign({ iss, tid: providerTenantId })}`;
  await expect(authenticate(token)).resolves.toMatchObject({ ofProvider: true });
});

test.each([
  ['for an app', {}],
  ['for a user', { idtyp: 'user', scp: 'access_as_user' }],
  ['for a user, without the optional claim', { idtyp: undefined, scp: 'access_as_user' }],
  ['of version 1.0', { azp: undefined, appid: clientId }],
])('an access token %s is good', async (_name, claims) => {
  const only = authenticatorOf(issuer.keysUrl, { allowedClients: [clientId] });
  await expect(only(`Bearer ${await issuer.sign(claims)}`)).resolves.toMatchObject({ tenantId });
});

describe('where tenants and clients are named', () => {
  test.each([
    ['another tenant', { allowedTenants: [otherTenantId] }, {}],
    ['another client', { allowedClients: [otherTenantId] }, {}],
    ['an unknown client', { allowedClients: [clientId] }, { azp: undefined }],
  ])('a token of %s is refused', async (_name, options, claims) => {
    const only = authenticatorOf(issuer.keysUrl, options);
    await expect(only(`Bearer ${await issuer.sign(claims)}`)).rejects.toMatchObject(unauthorized);
  });

  test('those that are named are let in, however they are spelt', async () => {
    const only = authenticatorOf(issuer.keysUrl, { allowedTenants: [tenantId], allowedClients: [clientId] });
    const token = `Bearer ${await issuer.sign({ azp: clientId.toUpperCase() })}`;
    await expect(only(token)).resolves.toMatchObject({ tenantId });
  });
});

test('a token without roles has none', async () => {
  expect(await authenticate(`Bearer ${await issuer.sign({ roles: undefined })}`)).toMatchObject({ roles: [] });
});

test('times may differ by a minute', async () => {
  await authenticate(`Bearer ${await issuer.sign({ exp: seconds() - 50 })}`);
  await authenticate(`Bearer ${await issuer.sign({ nbf: seconds() + 50 })}`);
});

describe('a token is refused', () => {
  test.each([
    ['that is expired', () => ({ exp: seconds() - 70 })],
    ['that is not valid yet', () => ({ nbf: seconds() + 70 })],
    ['without expiry', () => ({ exp: undefined })],
    ['without a beginning', () => ({ nbf: undefined })],
    ['for another audience', () => ({ aud: 'api://other' })],
    ['of another issuer', () => ({ iss: `https://evil.example.com/${tenantId}/v2.0` })],
    ['whose issuer is that of another tenant', () => ({ tid: otherTenantId })],
    ['without a tenant', () => ({ tid: undefined })],
    ['whose tenant is no GUID', () => ({ tid: '{tenantId}', iss: issuer.issuer })],
    ['without an object id', () => ({ oid: undefined })],
    ['for a sign-in: an ID token', () => ({ idtyp: undefined, nonce: 'x', name: 'A User' })],
    ['whose roles are no list', () => ({ roles: 'Setup.Write' })],
  ])('%s', async (_name, claims) => {
    await expect(authenticate(`Bearer ${await issuer.sign(claims())}`)).rejects.toMatchObject(unauthorized);
  });

  test('signed with another algorithm, though the key is published', async () => {
    await expect(authenticate(`Bearer ${await issuer.sign({}, { alg: 'PS256' })}`)).rejects.toMatchObject(unauthorized);
  });

  test('signed with a key that is not published', async () => {
    const stranger = await startTokenIssuer();
    const iss = issuer.issuer.replace('{tenantId}', tenantId);
    const token = await stranger.sign({ iss });
    await stranger.stop();
    await expect(authenticate(`Bearer ${token}`)).rejects.toMatchObject(unauthorized);
    const unknown = await issuer.sign({}, { kid: 'unknown' });
    await expect(authenticate(`Bearer ${unknown}`)).rejects.toMatchObject(unauthorized);
  });

  test('without a signature', async () => {
    const [, payload] = (await issuer.sign()).split('.');
    const header = base64url.encode(JSON.stringify({ alg: 'none' }));
    await expect(authenticate(`Bearer ${header}.${payload}.`)).rejects.toMatchObject(unauthorized);
  });

  test.each([[null], [''], ['Basic abc'], ['Bearer'], ['Bearer a b'], ['Bearer x.y.z'], ['Bearer ´']])(
    'that is none: %s',
    async (header) => {
      await expect(authenticate(header)).rejects.toMatchObject(unauthorized);
    },
  );

  test('without telling why', async () => {
    const messages = [await issuer.sign({ exp: 1 }), await issuer.sign({ aud: 'x' }), 'x.y.z'].map((token) =>
      authenticate(`Bearer ${token}`).catch((error: unknown) => String(error)),
    );
    expect(new Set(await Promise.all(messages)).size).toBe(1);
  });
});

describe('signing keys', () => {
  test('are read once for many tokens', async () => {
    const fresh = authenticatorOf(issuer.keysUrl);
    const before = issuer.keyReads();
    for (let i = 0; i < 3; i += 1) await fresh(`Bearer ${await issuer.sign()}`);
    expect(issuer.keyReads()).toBe(before + 1);
  });

  test('that cannot be read are not the fault of the token', async () => {
    const unavailable = { code: 'ServiceUnavailable', headers: { 'retry-after': '10' } };
    const token = `Bearer ${await issuer.sign()}`;
    await expect(authenticatorOf('http://127.0.0.1:9/keys')(token)).rejects.toMatchObject(unavailable);

    const broken = createServer((_request, response) => response.writeHead(500).end());
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
    const { port } = broken.address() as AddressInfo;
    await expect(authenticatorOf(`http://127.0.0.1:${port}/`)(token)).rejects.toMatchObject(unavailable);
    await new Promise((resolve) => broken.close(resolve));
  });
});
