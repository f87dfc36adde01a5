import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient, ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createCertificateAuthority, trustCertificateAuthority } from '../../../local/stack/certificates.ts';
import type { TlsIdentity } from '../../../local/endpoint/endpoint.ts';
import { startIdentity } from '../../../local/identity/server.ts';
import type { Identity } from '../../../local/identity/server.ts';
import { startStorage } from '../../../local/storage/server.ts';
import type { Storage } from '../../../local/storage/server.ts';
import { Staging } from '../../../shared/factory/staging.ts';
import { StagingAccounts } from '../../../shared/factory/staging-accounts.ts';
import type { BlobOfSetup } from '../../../shared/factory/staging-accounts.ts';

let directory: string;
let tls: TlsIdentity;
let identity: Identity;
let storage: Storage;
let credential: TokenCredential;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'storage-test-'));
  const authority = await createCertificateAuthority();
  trustCertificateAuthority(authority.certificate);
  tls = await authority.issue();
  identity = await startIdentity({ tls, tenantId: '11111111-1111-4111-8111-111111111111' });
  storage = await startStorage({ tls, directory });
  credential = {
    async getToken(scopes) {
      const resource = String(scopes).replace('/.default', '');
      return { token: await identity.getToken(resource), expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
});

afterAll(async () => {
  await storage.stop();
  await identity.stop();
  await rm(directory, { recursive: true });
});

describe('tables', () => {
  let table: TableClient;

  beforeEach(async () => {
    table = new TableClient(storage.tableUrl, `t${crypto.randomUUID().replaceAll('-', '')}`, credential);
    await table.createTable();
  });

  test('take an entity-group transaction whole or not at all', async () => {
    await table.submitTransaction([
      ['create', { partitionKey: 'p', rowKey: 'head', state: 'Accepted' }],
      ['create', { partitionKey: 'p', rowKey: 'event-1' }],
    ]);
    const { etag } = await table.getEntity('p', 'head');
    await table.updateEntity({ partitionKey: 'p', rowKey: 'head', state: 'Running' }, 'Merge', { etag });

    const outdated = table.submitTransaction([
      ['create', { partitionKey: 'p', rowKey: 'event-2' }],
      ['update', { partitionKey: 'p', rowKey: 'head', state: 'Failed' }, 'Merge', { etag }],
    ]);
    await expect(outdated).rejects.toMatchObject({ statusCode: 412 });
    await expect(table.getEntity('p', 'event-2')).rejects.toMatchObject({ statusCode: 404 });
    expect(await table.getEntity('p', 'head')).toMatchObject({ state: 'Running' });
  });

  test('refuse an outdated ETag with 412 and a second insert with 409', async () => {
    const entity = { partitionKey: 'p', rowKey: 'r', value: 1 };
    await table.createEntity(entity);
    const { etag } = await table.getEntity('p', 'r');
    await table.updateEntity({ ...entity, value: 2 }, 'Replace', { etag });

    await expect(table.updateEntity(entity, 'Replace', { etag })).rejects.toMatchObject({ statusCode: 412 });
    await expect(table.createEntity(entity)).rejects.toMatchObject({ statusCode: 409 });
    await expect(table.deleteEntity('p', 'r', { etag })).rejects.toMatchObject({ statusCode: 412 });
  });

  test('are queried by partition and range of row keys', async () => {
    for (const rowKey of ['a', 'b', 'c']) await table.createEntity({ partitionKey: 'p', rowKey });
    const found: string[] = [];
    const filter = "PartitionKey eq 'p' and RowKey gt 'a'";
    for await (const { rowKey } of table.listEntities({ queryOptions: { filter } })) found.push(String(rowKey));
    expect(found).toEqual(['b', 'c']);
  });
});

test('blobs are written and read back', async () => {
  const container = new BlobServiceClient(storage.blobUrl, credential).getContainerClient('staging');
  await container.create();
  const blob = container.getBlockBlobClient('packs/1.csv');
  await blob.upload('ü,1\n', Buffer.byteLength('ü,1\n'));
  expect((await blob.downloadToBuffer()).toString()).toBe('ü,1\n');
  await blob.delete();
  expect(await blob.exists()).toBe(false);
});

describe('the container of a setup', () => {
  const [key, other] = ['0123456789ab', 'ba9876543210'];
  let staging: Staging;

  /** Writes, lists and deletes with nothing but the address. */
  async function use(address: string): Promise<string[]> {
    const container = new ContainerClient(address);
    await container.uploadBlockBlob('run/data', 'rows', 4);
    const found = await Array.fromAsync(container.listBlobsFlat());
    await container.deleteBlob('run/data');
    return found.map(({ name }) => name);
  }

  beforeAll(() => {
    staging = new Staging(new BlobServiceClient(storage.blobUrl, credential));
  });

  test('is opened by its address alone, also when it is there already, and no other container is', async () => {
    const address = await staging.open(key);
    await staging.open(other);
    expect(await use(address)).toEqual(['run/data']);
    expect(await use(await staging.open(key))).toEqual(['run/data']);
    for (const wrong of [address.replace(key, other), address.replace(/sig=.{4}/, 'sig=AAAA')]) {
      await expect(use(wrong)).rejects.toMatchObject({ statusCode: 403 });
    }
    expect(await staging.keys()).toEqual([key, other]);
    expect(await staging.newest(key)).toBeInstanceOf(Date);
  });

  test('keeps compressed lists, also ones that a byte order mark and blank lines are in', async () => {
    const place = { folder: 'catalogue/attempt-1', file: 'source.json.gz' };
    const container = new ContainerClient(await staging.open(key));
    const write = (text: string, cutOff = 0) => {
      const whole = gzipSync(text);
      const content = whole.subarray(0, whole.length - cutOff);
      return container.uploadBlockBlob(`${place.folder}/${place.file}`, content, content.length);
    };
    expect(await staging.has(key, place)).toBe(false);
    await expect(Array.fromAsync(staging.read(key, place))).rejects.toMatchObject({ statusCode: 404 });
    const rows = Array.from({ length: 5_000 }, (_, id) => ({ id, name: `Söhne 🙂 ${id}` }));
    await write(`\uFEFF${rows.map((row) => JSON.stringify(row)).join('\r\n')}\r\n\r\n`);
    expect(await staging.has(key, place)).toBe(true);
    expect(await Array.fromAsync(staging.read(key, place))).toEqual(rows);
    await write(rows.map((row) => JSON.stringify(row)).join('\n'), 100);
    await expect(Array.fromAsync(staging.read(key, place))).rejects.toThrow('unexpected end of file');
    await write(`"${'x'.repeat(1_000_000)}"`);
    await expect(Array.fromAsync(staging.read(key, place))).rejects.toThrow('longer than 65536 characters');
    await write(rows.map((row) => JSON.stringify(row)).join('\n'));
    for await (const row of staging.read(key, place)) {
      expect(row).toEqual(rows[0]);
      break;
    }
  });

  test('is removed with its blobs, as often as one asks', async () => {
    const address = await staging.open(key);
    await new ContainerClient(address).uploadBlockBlob('left', 'rows', 4);
    expect(await staging.remove(key)).toBe(true);
    expect(await staging.remove(key)).toBe(false);
    expect(await staging.newest(key)).toBeUndefined();
    expect(await staging.keys()).toEqual([other]);
  });
});

test('each region has its own containers, and what moved to another one is removed in both', async () => {
  const north = await startStorage({ tls, directory: join(directory, 'north') });
  onTestFinished(() => north.stop());
  const at = ({ blobUrl }: Storage) => new Staging(new BlobServiceClient(blobUrl, credential));
  const accounts = new StagingAccounts(new Map([['northeurope', at(north)]]), at(storage));
  const [key, other] = ['00000000000a', '00000000000b'];
  expect(await accounts.of('northeurope').open(key)).toContain(`${north.blobUrl}/mig-${key}?`);
  expect(await accounts.of('westeurope').open(other)).toContain(`${storage.blobUrl}/mig-${other}?`);
  expect(await at(north).keys()).toEqual([key]);
  await accounts.of('westeurope').open(key);
  expect((await accounts.keys()).filter((one) => [key, other].includes(one)).toSorted()).toEqual([key, other]);
  expect(await accounts.newest(key)).toEqual(await at(storage).newest(key));
  expect(await accounts.remove(key)).toBe(true);
  expect([await at(north).keys(), await at(storage).newest(key), await accounts.newest(key)]).toEqual([
    [],
    undefined,
    undefined,
  ]);
  expect(await accounts.remove(key)).toBe(false);
});

test('what was written before a region had an account of its own is read where it is, until it is written anew', async () => {
  const north = await startStorage({ tls, directory: join(directory, 'north') });
  onTestFinished(() => north.stop());
  const at = ({ blobUrl }: Storage) => new Staging(new BlobServiceClient(blobUrl, credential));
  const [key, blob, lines] = [
    '00000000000c',
    { folder: 'plan/attempt-1', file: 'tables.json.gz' },
    (text: string) => gzipSync(text),
  ];
  const before = new StagingAccounts(new Map(), at(storage));
  await before.of('northeurope').open(key);
  await before.of('northeurope').write(key, blob, [lines('{"name":"old"}\n')]);

  const after = new StagingAccounts(new Map([['northeurope', at(north)]]), at(storage));
  expect(await after.has('northeurope', key, blob)).toBe(true);
  expect(await Array.fromAsync(after.read('northeurope', key, blob))).toEqual([{ name: 'old' }]);
  await after.of('northeurope').open(key);
  expect(await Array.fromAsync(after.read('northeurope', key, blob))).toEqual([{ name: 'old' }]);
  await after.of('northeurope').write(key, blob, [lines('{"name":"new"}\n')]);
  expect(await Array.fromAsync(after.read('northeurope', key, blob))).toEqual([{ name: 'new' }]);
  expect(await after.has('northeurope', key, { ...blob, file: 'none.json.gz' })).toBe(false);
  await expect(
    Array.fromAsync(after.read('northeurope', key, { ...blob, file: 'none.json.gz' })),
  ).rejects.toMatchObject({
    statusCode: 404,
  });
  await after.remove(key);
});

test('an account of another region that does not answer holds up nobody, the own one does', async () => {
  const north = await startStorage({ tls, directory: join(directory, 'gone') });
  const at = ({ blobUrl }: Storage) =>
    new Staging(new BlobServiceClient(blobUrl, credential, { retryOptions: { maxTries: 1 } }));
  const accounts = new StagingAccounts(new Map([['northeurope', at(north)]]), at(storage));
  await north.stop();
  const blob = { folder: 'plan/attempt-1', file: 'tables.json.gz' } as const;
  expect(await accounts.has('westeurope', '00000000000d', blob)).toBe(false);
  const [from, to] = ['00000000000d', '00000000000e'].map((key) => ({ key, blob })) as [BlobOfSetup, BlobOfSetup];
  expect(await accounts.copy('westeurope', from, to)).toBe(false);
  await expect(accounts.has('northeurope', '00000000000d', blob)).rejects.toThrow('ECONNREFUSED');
});

test('a blob is copied to another setup, also to another account, and one that is there stays', async () => {
  const north = await startStorage({ tls, directory: await mkdtemp(join(directory, 'copied-')) });
  onTestFinished(() => north.stop());
  const at = (account: Storage) => new Staging(new BlobServiceClient(account.blobUrl, credential));
  const accounts = new StagingAccounts(new Map([['northeurope', at(north)]]), at(storage));
  const blob = { folder: 'catalogue/attempt-1', file: 'source.json.gz' } as const;
  const from = { key: '00000000000e', blob };
  const to = { key: '00000000000f', blob: { ...blob, folder: 'catalogue/attempt-2' } };
  const copy = () => accounts.copy('northeurope', from, to);
  await at(storage).open(from.key);
  await at(north).open(to.key);
  expect(await copy()).toBe(false);

  // More than what is written at once.
  const noise = Array.from({ length: 300 }, () => ({ noise: randomBytes(30_000).toString('base64') }));
  await at(storage).write(from.key, blob, [gzipSync(noise.map((line) => JSON.stringify(line)).join('\n'))]);
  expect(await copy()).toBe(true);
  const copied = () => Array.fromAsync(at(north).read(to.key, to.blob));
  expect(await copied()).toEqual(noise);
  await at(storage).write(from.key, blob, [gzipSync('{"name":"later"}')]);
  expect(await copy()).toBe(true);
  expect(await copied()).toEqual(noise);
});

describe('access', () => {
  test('is refused to a token for another resource', async () => {
    const token = await identity.getToken('https://vault.azure.net');
    const wrong = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
    await expect(new TableClient(storage.tableUrl, 'any', wrong).createTable()).rejects.toMatchObject({
      statusCode: 403,
    });
    const blobs = new BlobServiceClient(storage.blobUrl, wrong);
    await expect(blobs.createContainer('any')).rejects.toMatchObject({ statusCode: 403 });
  });

  test('is refused without a token', async () => {
    const response = await fetch(`${storage.tableUrl}/Tables`, { headers: { 'x-ms-version': '2019-02-02' } });
    expect(response.status).toBe(403);
  });
});

test('a storage that cannot start says why', async () => {
  const broken = startStorage({ tls: { ...tls, key: 'not a key' }, directory: join(directory, 'broken') });
  await expect(broken).rejects.toThrow(/did not become ready[^]*Exit due to unhandled error/);
});
