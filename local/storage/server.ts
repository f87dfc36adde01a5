import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { startChild } from '../child-process.ts';
import type { Log, TlsIdentity } from '../endpoint.ts';

/** Settings of the local storage account. */
export interface StorageOptions {
  readonly tls: TlsIdentity;
  /** Shared by all children of this process; storage keeps to a folder of its own in it. */
  readonly directory: string;
  readonly log?: Log;
}

/** A running storage account with blobs and tables. */
export interface Storage {
  /** Base URL of the blob service, account included. */
  readonly blobUrl: string;
  /** Base URL of the table service, account included. */
  readonly tableUrl: string;
  stop(): Promise<void>;
}

const ACCOUNT = 'devstoreaccount1';
const READY =
  /Blob service is successfully listening at \S+:(?<blob>\d+)[^]*Table service is successfully listening at \S+:(?<table>\d+)/;

/** Starts Azurite on free ports. It takes tokens only: the account key is random and known to nobody. */
export async function startStorage({ tls, directory, log = () => undefined }: StorageOptions): Promise<Storage> {
  const location = join(directory, 'storage');
  const [cert, key] = [join(location, 'certificate.pem'), join(location, 'key.pem')];
  await mkdir(location, { recursive: true });
  await Promise.all([writeFile(cert, tls.cert), writeFile(key, tls.key, { mode: 0o600 })]);
  const child = await startChild({
    program: createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js'),
    args: [
      `--location=${location}`,
      `--cert=${cert}`,
      `--key=${key}`,
      '--oauth=basic',
      '--blobPort=0',
      '--tablePort=0',
      '--queuePort=0',
      // The SDKs may be newer than Azurite, which otherwise refuses their api-version.
      '--skipApiVersionCheck',
      '--silent',
      '--disableTelemetry',
    ],
    environment: { AZURITE_ACCOUNTS: `${ACCOUNT}:${randomBytes(64).toString('base64')}` },
    directory,
    ready: READY,
    log,
  });
  const { blob, table } = child.match.groups ?? {};
  return {
    blobUrl: `https://localhost:${blob}/${ACCOUNT}`,
    tableUrl: `https://localhost:${table}/${ACCOUNT}`,
    stop: () => child.stop(),
  };
}
