/**
 * What the test files of a process share. Azurite takes seconds to start, and the SDKs of Azure know one managed identity in
 * the life of a process.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TableServiceClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { createCertificateAuthority, trustCertificateAuthority } from '../../local/stack/certificates.ts';
import type { Clock } from '../../local/endpoint/clock.ts';
import type { TlsIdentity } from '../../local/endpoint/endpoint.ts';
import { startIdentity } from '../../local/identity/server.ts';
import type { Identity } from '../../local/identity/server.ts';
import { startStorage } from '../../local/storage/server.ts';
import type { Storage } from '../../local/storage/server.ts';
import { realDate } from './world/virtual-date.ts';

/** Who is who in a process. */
export interface SharedIdentity {
  /** Of an authority that this process trusts. */
  readonly tls: TlsIdentity;
  readonly identity: Identity;
  /** The identity of the app. */
  readonly credential: TokenCredential;
}

export const PROVIDER_TENANT = '11111111-1111-4111-8111-111111111111';

/** Worlds let days pass, by which the SDKs ask for new tokens. No timer can wait for much longer. */
const TWENTY_DAYS_SECONDS = 20 * 24 * 60 * 60;

let identityStarted: Promise<SharedIdentity> | undefined;
let storageStarted: Promise<Storage> | undefined;

/** Starts it once a process, with which it ends. Its tokens are judged by the time that really passes. */
export function sharedIdentity(): Promise<SharedIdentity> {
  identityStarted ??= startSharedIdentity();
  return identityStarted;
}

/** Starts a storage account once a process, with which it ends. Others may keep tables in it. */
export function sharedStorage(): Promise<Storage> {
  storageStarted ??= startSharedStorage();
  return storageStarted;
}

/** The storage account of this process, when everything that earlier files have left is gone. */
export async function emptyStorage(): Promise<Storage> {
  const [{ credential }, storage] = await Promise.all([sharedIdentity(), sharedStorage()]);
  const tables = new TableServiceClient(storage.tableUrl, credential);
  for (const { name } of await Array.fromAsync(tables.listTables())) {
    if (name !== undefined) await tables.deleteTable(name);
  }
  const blobs = new BlobServiceClient(storage.blobUrl, credential);
  for (const { name } of await Array.fromAsync(blobs.listContainers())) await blobs.deleteContainer(name);
  return storage;
}

async function startSharedIdentity(): Promise<SharedIdentity> {
  const authority = await createCertificateAuthority();
  trustCertificateAuthority(authority.certificate);
  const tls = await authority.issue();
  const clock: Clock = { now: () => realDate.now(), after: () => () => undefined };
  const identity = await startIdentity({ tls, tenantId: PROVIDER_TENANT, clock, tokenSeconds: TWENTY_DAYS_SECONDS });
  const credential: TokenCredential = {
    async getToken(scopes) {
      const token = await identity.getToken(String(scopes).replace('/.default', ''));
      return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
  return { tls, identity, credential };
}

async function startSharedStorage(): Promise<Storage> {
  const { tls } = await sharedIdentity();
  return startStorage({ tls, directory: await mkdtemp(join(tmpdir(), 'storage-test-')) });
}
