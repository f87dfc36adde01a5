import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TokenCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Endpoint, GetToken, TlsIdentity } from '../../../local/endpoint/endpoint.ts';
import { startIdentity } from '../../../local/identity/server.ts';
import type { Identity } from '../../../local/identity/server.ts';
import type { ManagedIdentity } from '../../../local/identity/managed-identity.ts';
import { startKeyVault } from '../../../local/key-vault/server.ts';
import { createCertificateAuthority, trustCertificateAuthority } from '../../../local/stack/certificates.ts';
import { answeredWithin } from '../../../shared/requests/request-timeout.ts';
import { newSecretName, Secrets } from '../../../shared/secrets.ts';
import type { StoredSecret } from '../../../shared/secrets.ts';

const tenantId = '11111111-1111-4111-8111-111111111111';
const owner = { tenantId, setupId: 'contoso' };

let tls: TlsIdentity;
let identity: Identity;
let keeper: ManagedIdentity;
let vault: Endpoint;
let secrets: Secrets;
let name: string;

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  trustCertificateAuthority(authority.certificate);
  tls = await authority.issue();
  identity = await startIdentity({ tls, tenantId });
  keeper = identity.addManagedIdentity();
  vault = await startKeyVault({
    tls,
    verifyToken: identity.verifyToken,
    authority: `${identity.url}/${tenantId}`,
    access: {
      [identity.appIdentity.objectId]: ['get', 'list', 'set', 'delete', 'purge'],
      [keeper.objectId]: ['get', 'set', 'delete'],
    },
  });
});

afterAll(async () => {
  await vault.stop();
  await identity.stop();
});

beforeEach(() => {
  secrets = new Secrets(clientOf(identity.getToken));
  name = newSecretName('0123456789ab');
});

function credential(getToken: GetToken): TokenCredential {
  return {
    async getToken(scopes) {
      const token = await getToken(String(scopes).replace('/.default', ''));
      return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
}

function clientOf(getToken: GetToken): SecretClient {
  return new SecretClient(vault.url, credential(getToken), { disableChallengeResourceVerification: true });
}

async function deletedNames(): Promise<string[]> {
  const names: string[] = [];
  for await (const deleted of clientOf(identity.getToken).listDeletedSecrets()) names.push(deleted.name);
  return names;
}

describe('a secret', () => {
  test('has a name that fits the vault and was never used', () => {
    expect(name).toMatch(/^mig-0123456789ab-[0-9a-f]{8}$/);
    expect(newSecretName('0123456789ab')).not.toBe(name);
  });

  test('is read as it was put, and is missing before', async () => {
    expect(await secrets.get(name)).toBeUndefined();
    await secrets.put(name, 'one; "two"', owner);
    expect(await secrets.get(name)).toBe('one; "two"');
  });

  test('tells whether it can be used and until when, without its value', async () => {
    expect(await secrets.stateOf(name)).toBeUndefined();
    await secrets.put(name, 'value', owner);
    expect(await secrets.stateOf(name)).toMatchObject({ isEnabled: true, expiresOn: undefined });
    const disabled = newSecretName('0123456789ab');
    const expiresOn = new Date('2037-01-01T00:00:00Z');
    await clientOf(identity.getToken).setSecret(disabled, 'value', { enabled: false, expiresOn });
    expect(await secrets.stateOf(disabled)).toMatchObject({ isEnabled: false, expiresOn });
  });

  test('is deleted whole, also when it is gone already', async () => {
    await secrets.put(name, 'value', owner);
    await secrets.delete(name);
    expect(await secrets.get(name)).toBeUndefined();
    expect(await deletedNames()).not.toContain(name);
    await secrets.delete(name);
  });

  test('that an earlier call only began to delete is purged by the next', async () => {
    await secrets.put(name, 'value', owner);
    await (await clientOf(identity.getToken).beginDeleteSecret(name, { intervalInMs: 1 })).pollUntilDone();
    expect(await deletedNames()).toContain(name);
    await secrets.delete(name);
    expect(await deletedNames()).not.toContain(name);
  });

  test('counts as deleted where the vault lets nobody purge', async () => {
    await secrets.put(name, 'value', owner);
    await new Secrets(clientOf(keeper.getToken)).delete(name);
    expect(await secrets.get(name)).toBeUndefined();
    expect(await deletedNames()).toContain(name);
  });
});

test('secrets are listed with their owner, without those of others and those that were deleted', async () => {
  const [other, gone] = [`other-${name}`, newSecretName('0123456789ab')];
  const before = Date.now();
  await secrets.put(name, 'value', owner);
  await secrets.put(gone, 'value', owner);
  await secrets.delete(gone);
  const client = clientOf(identity.getToken);
  await client.setSecret(other, 'value');
  const untagged = newSecretName('0123456789ab');
  await client.setSecret(untagged, 'value');

  const listed = new Map<string, StoredSecret>();
  for await (const secret of secrets.names()) listed.set(secret.name, secret);
  expect(listed.get(name)).toEqual({ name, owner, createdAt: expect.any(Date) as Date });
  // The vault counts in seconds.
  expect(listed.get(name)?.createdAt?.getTime()).toBeGreaterThan(before - 1000);
  expect(listed.get(untagged)).toMatchObject({ owner: undefined });
  expect([listed.has(other), listed.has(gone)]).toEqual([false, false]);
});

describe('a vault that does not answer', () => {
  let silent: Server;
  let requests = 0;

  beforeAll(async () => {
    silent = createServer({ key: tls.key, cert: tls.cert }, () => {
      requests += 1;
    });
    await new Promise<void>((resolve) => silent.listen(0, resolve));
  });

  afterAll(async () => {
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
  });

  test('is asked again, then named', async () => {
    const { port } = silent.address() as AddressInfo;
    const client = new SecretClient(`https://localhost:${port}`, credential(identity.getToken), {
      disableChallengeResourceVerification: true,
      retryOptions: { maxRetries: 1, retryDelayInMs: 1 },
      additionalPolicies: [{ policy: answeredWithin(500), position: 'perRetry' }],
    });
    await expect(new Secrets(client).get(name)).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      message: `localhost:${port} did not answer within 500 ms`,
    });
    expect(requests).toBe(2);
  });

  test('is no answer to who gave the request up himself', async () => {
    const { port } = silent.address() as AddressInfo;
    const client = new SecretClient(`https://localhost:${port}`, credential(identity.getToken), {
      disableChallengeResourceVerification: true,
      additionalPolicies: [{ policy: answeredWithin(60_000), position: 'perRetry' }],
    });
    const given = client.getSecret(name, { abortSignal: AbortSignal.timeout(50) });
    await expect(given).rejects.toMatchObject({ name: 'AbortError' });
  });
});
