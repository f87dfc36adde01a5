import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { startChild } from '../stack/process/child-process.ts';
import type { Log, TlsIdentity } from '../endpoint/endpoint.ts';

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

/** A storage account for the runtime of Azure Functions itself, as Core Tools need one. */
export interface RuntimeStorage {
  /** Contains the account key. */
  readonly connectionString: string;
  stop(): Promise<void>;
}

const ACCOUNT = 'devstoreaccount1';
const READY = ['Blob', 'Queue', 'Table']
  .map((service) => `${service} service is successfully listening at \\S+:(?<${service.toLowerCase()}>\\d+)`)
  .join('[^]*');

/** Starts Azurite on free ports. It takes tokens only: the account key is random and known to nobody. */
export async function startStorage({ tls, directory, log = () => undefined }: StorageOptions): Promise<Storage> {
  const location = join(directory, 'storage');
  const [cert, key] = [join(location, 'certificate.pem'), join(location, 'key.pem')];
  await mkdir(location, { recursive: true });
  await Promise.all([writeFile(cert, tls.cert), writeFile(key, tls.key, { mode: 0o600 })]);
  const { stop, blob, table } = await startAzurite({
    location,
    args: [`--cert=${cert}`, `--key=${key}`, '--oauth=basic'],
    accountKey: newKey(),
    directory,
    log,
  });
  return {
    blobUrl: `https://localhost:${blob}/${ACCOUNT}`,
    tableUrl: `https://localhost:${table}/${ACCOUNT}`,
    stop,
  };
}

/**
 * Starts Azurite once more, without TLS and with an account key: the runtime is a .NET program, which does not trust the
 * certificates of the stack.
 */
export async function startRuntimeStorage({
  directory,
  log = () => undefined,
}: Omit<StorageOptions, 'tls'>): Promise<RuntimeStorage> {
  const location = join(directory, 'runtime-storage');
  const accountKey = newKey();
  await mkdir(location, { recursive: true });
  const { stop, ...ports } = await startAzurite({ location, args: [], accountKey, directory, log });
  const endpoint = (service: 'Blob' | 'Queue' | 'Table', port: string) =>
    `${service}Endpoint=http://127.0.0.1:${port}/${ACCOUNT}`;
  const account = ['DefaultEndpointsProtocol=http', `AccountName=${ACCOUNT}`, `AccountKey=${accountKey}`];
  const endpoints = [endpoint('Blob', ports.blob), endpoint('Queue', ports.queue), endpoint('Table', ports.table)];
  return { connectionString: [...account, ...endpoints].join(';'), stop };
}

interface AzuriteOptions {
  readonly location: string;
  readonly args: readonly string[];
  readonly accountKey: string;
  readonly directory: string;
  readonly log: Log;
}

async function startAzurite({ location, args, accountKey, directory, log }: AzuriteOptions) {
  const child = await startChild({
    program: createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js'),
    args: [
      `--location=${location}`,
      ...args,
      '--blobPort=0',
      '--tablePort=0',
      '--queuePort=0',
      // The SDKs may be newer than Azurite, which otherwise refuses their api-version.
      '--skipApiVersionCheck',
      '--silent',
      '--disableTelemetry',
    ],
    environment: { AZURITE_ACCOUNTS: `${ACCOUNT}:${accountKey}` },
    directory,
    ready: new RegExp(READY),
    log,
  });
  const { blob = '', queue = '', table = '' } = child.match.groups ?? {};
  return { blob, queue, table, stop: () => child.stop() };
}

function newKey(): string {
  return randomBytes(64).toString('base64');
}
