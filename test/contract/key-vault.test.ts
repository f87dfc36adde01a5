import type { TokenCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCertificateAuthority, trustCertificateAuthority } from '../../local/stack/certificates.ts';
import type { Endpoint, GetToken } from '../../local/endpoint/endpoint.ts';
import { startIdentity } from '../../local/identity/server.ts';
import type { Identity } from '../../local/identity/server.ts';
import type { ManagedIdentity } from '../../local/identity/managed-identity.ts';
import { startKeyVault } from '../../local/key-vault/server.ts';

const TENANT = '11111111-1111-4111-8111-111111111111';
const QUICK_POLL = { intervalInMs: 1 };

let identity: Identity;
let reader: ManagedIdentity;
let vault: Endpoint;
const lines: string[] = [];

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  trustCertificateAuthority(authority.certificate);
  const tls = await authority.issue();
  identity = await startIdentity({ tls, tenantId: TENANT });
  reader = identity.addManagedIdentity();
  vault = await startKeyVault({
    tls,
    verifyToken: identity.verifyToken,
    authority: `${identity.url}/${TENANT}`,
    access: {
      [identity.appIdentity.objectId]: ['get', 'list', 'set', 'delete', 'recover', 'purge'],
      [reader.objectId]: ['get'],
    },
    log: (line) => lines.push(line),
  });
});

afterAll(async () => {
  await vault.stop();
  await identity.stop();
});

function credential(getToken: GetToken): TokenCredential {
  return {
    async getToken(scopes) {
      const resource = String(scopes).replace('/.default', '');
      return { token: await getToken(resource), expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
}

function clientOf(getToken: GetToken): SecretClient {
  return new SecretClient(vault.url, credential(getToken), { disableChallengeResourceVerification: true });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

let client: SecretClient;
let name: string;

beforeEach(() => {
  client = clientOf(identity.getToken);
  name = `secret-${crypto.randomUUID()}`;
});

describe('secrets', () => {
  test('keep every version, and give the latest unless one is named', async () => {
    const first = await client.setSecret(name, 'one', { contentType: 'text/plain', tags: { setup: 'a' } });
    const second = await client.setSecret(name, 'two');

    expect((await client.getSecret(name)).value).toBe('two');
    const version = first.properties.version ?? '';
    const old = await client.getSecret(name, { version });
    expect(old).toMatchObject({ name, value: 'one', properties: { vaultUrl: vault.url, version } });
    expect(old.properties).toMatchObject({ contentType: 'text/plain', tags: { setup: 'a' }, enabled: true });

    const versions = await collect(client.listPropertiesOfSecretVersions(name));
    expect(new Set(versions.map((one) => one.version))).toEqual(new Set([version, second.properties.version]));
    expect(second.properties.version).not.toBe(version);
  });

  test('round-trip a value of any characters', async () => {
    const value = ` p;"'{}\\ ü 🔑 ${'x'.repeat(100)} `;
    await client.setSecret(name, value);
    expect((await client.getSecret(name)).value).toBe(value);
  });

  test('are listed in pages, without their values', async () => {
    const names = Array.from({ length: 5 }, (_, index) => `${name}-${index}`);
    await Promise.all(names.map((one) => client.setSecret(one, 'value')));
    const found: string[] = [];
    let largest = 0;
    for await (const page of client.listPropertiesOfSecrets().byPage({ maxPageSize: 2 })) {
      largest = Math.max(largest, page.length);
      found.push(...page.map((one) => one.name));
    }
    expect(largest).toBe(2);
    expect(found.filter((one) => names.includes(one))).toEqual(names);
    expect(JSON.stringify(await collect(client.listPropertiesOfSecrets()))).not.toContain('"value":');
  });

  test('that do not exist are not found', async () => {
    await expect(client.getSecret(name)).rejects.toMatchObject({ statusCode: 404, code: 'SecretNotFound' });
    await client.setSecret(name, 'value');
    await expect(client.getSecret(name, { version: 'unknown' })).rejects.toMatchObject({ code: 'SecretNotFound' });
  });

  test('that are disabled are not given out', async () => {
    await client.setSecret(name, 'value', { enabled: false });
    await expect(client.getSecret(name)).rejects.toMatchObject({ statusCode: 403, code: 'Forbidden' });
  });

  test('are refused when the name or the size is not allowed, without repeating the value', async () => {
    const tooLong = 'x'.repeat(25 * 1024 + 1);
    await expect(client.setSecret('under_score', 'value')).rejects.toMatchObject({ code: 'BadParameter' });
    const refusal: unknown = await client.setSecret(name, tooLong).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ statusCode: 400, code: 'BadParameter' });
    expect(String(refusal)).not.toContain('xx');
    await expect(client.setSecret(name, 'x'.repeat(2 * 1024 * 1024))).rejects.toMatchObject({ statusCode: 413 });
  });
});

describe('soft delete', () => {
  test('keeps the name taken until the secret is purged', async () => {
    await client.setSecret(name, 'value');
    const deleted = await (await client.beginDeleteSecret(name, QUICK_POLL)).pollUntilDone();
    expect(deleted.properties).toMatchObject({
      recoveryId: `${vault.url}/deletedsecrets/${name}`,
      recoverableDays: 90,
    });

    await expect(client.getSecret(name)).rejects.toMatchObject({ code: 'SecretNotFound' });
    await expect(client.setSecret(name, 'again')).rejects.toMatchObject({ statusCode: 409, code: 'Conflict' });
    expect(await collect(client.listDeletedSecrets())).toContainEqual(expect.objectContaining({ name }));

    await client.purgeDeletedSecret(name);
    await expect(client.getDeletedSecret(name)).rejects.toMatchObject({ code: 'SecretNotFound' });
    await client.setSecret(name, 'again');
    expect((await client.getSecret(name)).value).toBe('again');
  });

  test.each([
    ['purged', 409, () => client.purgeDeletedSecret(name)],
    ['set again', 409, () => client.setSecret(name, 'again')],
    ['recovered', 409, () => client.beginRecoverDeletedSecret(name)],
    ['read as a deleted one', 404, () => client.getDeletedSecret(name)],
  ])('takes a moment, in which the secret cannot be %s', async (_what, statusCode, act) => {
    await client.setSecret(name, 'value');
    await client.beginDeleteSecret(name);
    await expect(client.getSecret(name)).rejects.toMatchObject({ statusCode: 404 });
    expect(await collect(client.listDeletedSecrets())).not.toContainEqual(expect.objectContaining({ name }));
    await expect(act()).rejects.toMatchObject({ statusCode });
    expect(await client.getDeletedSecret(name)).toMatchObject({ name });
  });

  test('knows what is deleted, and only that, by its name', async () => {
    await expect(client.beginDeleteSecret(name)).rejects.toMatchObject({ statusCode: 404, code: 'SecretNotFound' });
    await expect(client.purgeDeletedSecret(name)).rejects.toMatchObject({ statusCode: 404, code: 'SecretNotFound' });
    await client.setSecret(name, 'value');
    await expect(client.purgeDeletedSecret(name)).rejects.toMatchObject({ statusCode: 404 });
    await (await client.beginDeleteSecret(name, QUICK_POLL)).pollUntilDone();
    await expect(client.beginDeleteSecret(name)).rejects.toMatchObject({ statusCode: 404 });
  });

  test('brings a recovered secret back with its value', async () => {
    await client.setSecret(name, 'value');
    await (await client.beginDeleteSecret(name, QUICK_POLL)).pollUntilDone();
    await (await client.beginRecoverDeletedSecret(name, QUICK_POLL)).pollUntilDone();
    expect((await client.getSecret(name)).value).toBe('value');
  });
});

describe('access', () => {
  test('is challenged with the authority and the resource of the vault', async () => {
    const response = await fetch(`${vault.url}/secrets?api-version=7.6`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer authorization="${identity.url}/${TENANT}", resource="https://vault.azure.net"`,
    );
  });

  test('needs the challenge check of the SDK to be off, because localhost is not a name under vault.azure.net', async () => {
    const strict = new SecretClient(vault.url, credential(identity.getToken));
    await expect(strict.getSecret(name)).rejects.toThrow(/does not match the requested domain/);
  });

  test('is refused to a token for another resource', async () => {
    const wrong = clientOf(() => identity.getToken('https://storage.azure.com'));
    await expect(wrong.getSecret(name)).rejects.toMatchObject({ statusCode: 401, code: 'Unauthorized' });
  });

  test('is limited to what the identity was granted', async () => {
    await client.setSecret(name, 'value');
    const limited = clientOf(reader.getToken);
    expect((await limited.getSecret(name)).value).toBe('value');
    await expect(limited.setSecret(name, 'other')).rejects.toMatchObject({ statusCode: 403, code: 'Forbidden' });
    await expect(limited.purgeDeletedSecret(name)).rejects.toMatchObject({ statusCode: 403, code: 'Forbidden' });
    const stranger = clientOf(identity.addManagedIdentity().getToken);
    await expect(stranger.getSecret(name)).rejects.toMatchObject({ statusCode: 403, code: 'Forbidden' });
  });
});

test('what the local vault lacks is refused by name', async () => {
  await client.setSecret(name, 'value');
  await expect(client.backupSecret(name)).rejects.toMatchObject({ statusCode: 501, code: 'NotImplemented' });
  const outdated = new SecretClient(vault.url, credential(identity.getToken), {
    disableChallengeResourceVerification: true,
    serviceVersion: '1.0' as '7.6',
  });
  await expect(outdated.getSecret(name)).rejects.toMatchObject({ statusCode: 400, code: 'BadParameter' });
});

test('no value reaches the log', async () => {
  const value = crypto.randomUUID();
  await client.setSecret(name, value);
  await client.getSecret(name);
  expect(lines).toContain(`PUT /secrets/${name} 200`);
  expect(lines.join('\n')).not.toContain(value);
});
