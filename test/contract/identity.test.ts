import { ClientSecretCredential, DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import {
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  generateKeyPair,
  jwtVerify,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createCertificateAuthority, trustCertificateAuthority } from '../../local/stack/certificates.ts';
import { VirtualClock } from '../../local/endpoint/clock.ts';
import type { TlsIdentity } from '../../local/endpoint/endpoint.ts';
import { startIdentity } from '../../local/identity/server.ts';
import type { Identity } from '../../local/identity/server.ts';

const HOME_TENANT = '11111111-1111-4111-8111-111111111111';
const OTHER_TENANT = '22222222-2222-4222-8222-222222222222';
const API = 'api://cloud-migration-setup';
const CLIENT = {
  tenantId: OTHER_TENANT,
  clientId: '33333333-3333-4333-8333-333333333333',
  objectId: '44444444-4444-4444-8444-444444444444',
  secret: crypto.randomUUID(),
  roles: { [API]: ['Setup.Read', 'Setup.Write'] },
};

let tls: TlsIdentity;
let identity: Identity;

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  trustCertificateAuthority(authority.certificate);
  tls = await authority.issue();
  identity = await startIdentity({ tls, tenantId: HOME_TENANT, clients: [CLIENT], apis: [API] });
  vi.stubEnv('IDENTITY_ENDPOINT', identity.settings.IDENTITY_ENDPOINT);
  vi.stubEnv('IDENTITY_HEADER', identity.settings.IDENTITY_HEADER);
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'ManagedIdentityCredential');
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await identity.stop();
});

describe('managed identity', () => {
  test('gives an app a token of version 1.0 that the named resource accepts', async () => {
    const { token } = await new ManagedIdentityCredential().getToken('https://vault.azure.net/.default');

    expect(await identity.verifyToken(token, 'https://vault.azure.net')).toEqual({
      subject: identity.appIdentity.objectId,
      tenantId: HOME_TENANT,
      roles: [],
    });
    expect(decodeJwt(token)).toMatchObject({
      iss: `https://sts.windows.net/${HOME_TENANT}/`,
      aud: 'https://vault.azure.net',
      appid: identity.appIdentity.clientId,
      ver: '1.0',
    });
  });

  test('tells when the token expires, in a day', async () => {
    const query = 'resource=https://vault.azure.net&api-version=2019-08-01';
    const headers = { 'x-identity-header': identity.settings.IDENTITY_HEADER };
    const response = await fetch(`${identity.settings.IDENTITY_ENDPOINT}?${query}`, { headers });
    const answer = (await response.json()) as Record<string, string>;
    const { iat = 0, exp } = decodeJwt(answer['access_token'] ?? '');
    expect(exp).toBe(iat + 24 * 60 * 60);
    expect(answer).toMatchObject({
      expires_on: String(exp),
      token_type: 'Bearer',
      resource: 'https://vault.azure.net',
    });
  });

  test('works through DefaultAzureCredential, also for a user-assigned client id', async () => {
    const credential = new DefaultAzureCredential({ managedIdentityClientId: identity.appIdentity.clientId });
    const { token } = await credential.getToken('https://storage.azure.com/.default');
    await expect(identity.verifyToken(token, 'https://storage.azure.com/')).resolves.toBeDefined();
  });

  test('refuses an identity that is not assigned', async () => {
    const credential = new ManagedIdentityCredential({ clientId: CLIENT.clientId });
    await expect(credential.getToken('https://vault.azure.net/.default')).rejects.toThrow(/Managed Identity/);
  });

  test.each([
    ['without the secret header', 401, 'resource=https://vault.azure.net&api-version=2019-08-01', ''],
    ['of another api-version', 400, 'resource=https://vault.azure.net&api-version=2017-09-01', undefined],
    ['without a resource', 400, 'api-version=2019-08-01', undefined],
    ['for a resource that is not one of Azure', 400, 'resource=https://example.com&api-version=2019-08-01', undefined],
  ])('refuses a request %s', async (_, status, query, header = identity.settings.IDENTITY_HEADER) => {
    const url = `${identity.settings.IDENTITY_ENDPOINT}?${query}`;
    const response = await fetch(url, { headers: { 'x-identity-header': header } });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ statusCode: status, message: expect.any(String) as string });
  });

  test('gives every resource an identity of its own', async () => {
    const factory = identity.addManagedIdentity();
    const token = await factory.getToken('https://database.windows.net/');
    expect(await identity.verifyToken(token, 'https://database.windows.net')).toMatchObject({
      subject: factory.objectId,
    });
    expect(factory.objectId).not.toBe(identity.appIdentity.objectId);
  });
});

describe('client credentials', () => {
  function credential(secret: string = CLIENT.secret, tenantId = OTHER_TENANT, clientId = CLIENT.clientId) {
    const options = { authorityHost: identity.url, disableInstanceDiscovery: true };
    return new ClientSecretCredential(tenantId, clientId, secret, options);
  }

  test('give a client a token of version 2.0 with its app roles, which verifies against the published keys', async () => {
    const { token } = await credential().getToken(`${API}/.default`);
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(identity.keysUrl)), {
      issuer: identity.issuer.replace('{tenantId}', OTHER_TENANT),
      audience: API,
      algorithms: ['RS256'],
    });
    expect(payload).toMatchObject({
      ver: '2.0',
      tid: OTHER_TENANT,
      azp: CLIENT.clientId,
      idtyp: 'app',
      oid: CLIENT.objectId,
      sub: CLIENT.objectId,
      roles: ['Setup.Read', 'Setup.Write'],
    });
  });

  test('give a client a token for an Azure resource, without app roles', async () => {
    const { token } = await credential().getToken('https://servicebus.azure.net//.default');
    expect(await identity.verifyToken(token, 'https://servicebus.azure.net')).toEqual({
      subject: CLIENT.objectId,
      tenantId: OTHER_TENANT,
      roles: [],
    });
  });

  test.each([
    ['a wrong secret', () => credential('wrong').getToken(`${API}/.default`), 'AADSTS7000215'],
    [
      'a client of another tenant',
      () => credential(undefined, HOME_TENANT).getToken(`${API}/.default`),
      'AADSTS700016',
    ],
    ['an unknown API', () => credential().getToken('api://unknown/.default'), 'AADSTS500011'],
  ])('refuse %s', async (_, getToken, code) => {
    await expect(getToken()).rejects.toThrow(code);
  });

  test.each([
    ['an unknown tenant', 'unknown', { grant_type: 'client_credentials' }, 400, 90002],
    ['another grant', OTHER_TENANT, { grant_type: 'password' }, 400, 70003],
    ['a missing parameter', OTHER_TENANT, { grant_type: 'client_credentials' }, 400, 900144],
    ['a scope without /.default', OTHER_TENANT, { ...post(), scope: API }, 400, 1002012],
    ['a client assertion', OTHER_TENANT, { ...post(), client_assertion: 'x' }, 401, 50027],
    ['a wrong secret', OTHER_TENANT, { ...post(), client_secret: 'wrong' }, 401, 7000215],
  ])('answer %s with the code of Entra ID', async (_, tenantId, form, status, code) => {
    const response = await fetch(`${identity.url}/${tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    expect(response.status).toBe(status);
    expect(answer).toMatchObject({ error_codes: [code] });
    expect(JSON.stringify(answer)).not.toContain(CLIENT.secret);
  });

  function post() {
    return {
      grant_type: 'client_credentials',
      client_id: CLIENT.clientId,
      client_secret: CLIENT.secret,
      scope: `${API}/.default`,
    };
  }
});

describe('token verification', () => {
  test('rejects another audience', async () => {
    const token = await identity.getToken('https://vault.azure.net');
    await expect(identity.verifyToken(token, 'https://storage.azure.com')).rejects.toThrow(/aud/);
  });

  test('rejects a token that was changed, signed by another key, or not signed', async () => {
    const token = await identity.getToken('https://vault.azure.net');
    const [header, , signature] = token.split('.');
    const claims = decodeJwt(token);
    const changed = Buffer.from(JSON.stringify({ ...claims, oid: CLIENT.objectId })).toString('base64url');
    const { privateKey } = await generateKeyPair('RS256');
    const foreign = new SignJWT(claims).setProtectedHeader({ ...decodeProtectedHeader(token), alg: 'RS256' });
    for (const forged of [
      `${header}.${changed}.${signature}`,
      await foreign.sign(privateKey),
      new UnsecuredJWT(claims).encode(),
    ]) {
      await expect(identity.verifyToken(forged, 'https://vault.azure.net')).rejects.toThrow(/./);
    }
  });

  test('rejects a token of another identity service', async () => {
    const other = await startIdentity({ tls, tenantId: HOME_TENANT });
    const token = await other.getToken('https://vault.azure.net');
    await other.stop();
    await expect(identity.verifyToken(token, 'https://vault.azure.net')).rejects.toThrow(/signature/);
  });

  test('rejects an expired token', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1));
    const earlier = await startIdentity({ tls, tenantId: HOME_TENANT, clock });
    const token = await earlier.getToken('https://vault.azure.net');
    await clock.advance(24 * 60 * 60 * 1000 - 1000);
    await expect(earlier.verifyToken(token, 'https://vault.azure.net')).resolves.toBeDefined();
    await clock.advance(1000);
    await expect(earlier.verifyToken(token, 'https://vault.azure.net')).rejects.toThrow(/exp/);
    await earlier.stop();
  });
});

test('OpenID discovery describes each known tenant and no other', async () => {
  const path = 'v2.0/.well-known/openid-configuration';
  const response = await fetch(`${identity.url}/${OTHER_TENANT}/${path}`);
  expect(await response.json()).toMatchObject({
    issuer: `${identity.url}/${OTHER_TENANT}/v2.0`,
    jwks_uri: identity.keysUrl,
    token_endpoint: `${identity.url}/${OTHER_TENANT}/oauth2/v2.0/token`,
  });
  expect((await fetch(`${identity.url}/unknown/${path}`)).status).toBe(404);
});
