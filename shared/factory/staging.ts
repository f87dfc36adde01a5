/**
 * The blobs through which table data is copied, and those in which the catalogues of both databases and plans are kept. Each setup
 * has a container of its own, and the factory a signature for that container alone: a node of a tenant holds what its
 * linked services hold.
 */
import { PassThrough, pipeline, Readable } from 'node:stream';
import { ContainerSASPermissions, generateBlobSASQueryParameters, SASProtocol } from '@azure/storage-blob';
import type { BlobClient, BlobServiceClient, BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { unlessSilent } from '../requests/request-timeout.ts';
import { unlessConflict, unlessMissing } from '../requests/rest-errors.ts';
import { decompressed, jsonLines } from '../json-lines.ts';
import { keyOfName, stagingContainer } from './names.ts';
import type { BlobPlace } from './names.ts';

const MINUTE_MS = 60_000;
/** For clocks that do not agree. */
const EARLIER_MS = 15 * MINUTE_MS;
/**
 * How long a signature holds: longer than the stages of the preparation that follow it. Each attempt signs anew; who starts
 * a later run signs before. A delegation key lives for at most seven days.
 * https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas
 */
const VALID_MS = 6 * 24 * 60 * MINUTE_MS;
/** What staging does: the service writes, reads, lists and deletes blobs. */
const PERMISSIONS = ContainerSASPermissions.parse('racwdl');

/** Bytes of a part of a copy, of which several are in memory. */
const COPIED_AT_ONCE = 4 * 1024 * 1024;

/** How often a download that breaks off goes on from where it was. */
const DOWNLOAD_TRIES = 5;
const LONGEST_SILENCE_MS = 10_000;

/** Metadata of a blob, at most 8 KB: the lengths of its parts, in short. */
const LENGTHS = 'partlengths';
const RADIX = 36;

/** A part of a blob, from 0 on, and how many values come before it. */
export interface Part {
  readonly number: number;
  readonly valuesBefore: number;
}
const FIRST: Part = { number: 0, valuesBefore: 0 };

export class Staging {
  readonly #service: BlobServiceClient;

  constructor(service: BlobServiceClient) {
    this.#service = service;
  }

  /**
   * Creates the container of a setup, or leaves it as it is, and signs for it anew.
   * @returns its address with the signature. Secret
   * @throws {RestError} for some time after it was removed
   */
  async open(key: string): Promise<string> {
    const container = this.#container(key);
    await container.createIfNotExists();
    // The time of who checks the signature.
    const { date } = await container.getProperties();
    if (date === undefined) throw new Error(`The answer of ${container.url} has no date`);
    const now = date.getTime();
    const [startsOn, expiresOn] = [new Date(now - EARLIER_MS), new Date(now + VALID_MS)];
    const delegation = await this.#service.getUserDelegationKey(startsOn, expiresOn);
    const signature = generateBlobSASQueryParameters(
      {
        containerName: container.containerName,
        permissions: PERMISSIONS,
        protocol: SASProtocol.Https,
        startsOn,
        expiresOn,
      },
      delegation,
      this.#service.accountName,
    );
    return `${container.url}?${signature.toString()}`;
  }

  /** Keys of the setups that have a container. */
  async keys(): Promise<string[]> {
    const containers = await Array.fromAsync(this.#service.listContainers({ prefix: stagingContainer('') }));
    return containers.flatMap(({ name }) => keyOfName(name) ?? []);
  }

  /** When the container of a setup, or a blob in it, was last written; undefined if there is none. */
  async newest(key: string): Promise<Date | undefined> {
    const container = this.#container(key);
    let newest = (await unlessMissing(() => container.getProperties()))?.lastModified;
    if (newest === undefined) return undefined;
    for await (const { properties } of container.listBlobsFlat()) {
      if (properties.lastModified > newest) newest = properties.lastModified;
    }
    return newest;
  }

  /** Whether a blob of a setup is there. */
  async has(key: string, place: BlobPlace): Promise<boolean> {
    return this.#blob(key, place).exists();
  }

  /**
   * Reads a compressed blob of one JSON value a line.
   * @param from the part of those with which it was written, from which on it is read
   * @throws {RestError} if it is not there, or stops coming
   */
  async *read(key: string, place: BlobPlace, from: Part = FIRST): AsyncGenerator {
    const blob = this.#blob(key, place);
    const lengths = from.number === 0 ? undefined : await lengthsOf(blob);
    if (lengths !== undefined && from.number >= lengths.length) return;
    const offset = sum((lengths ?? []).slice(0, from.number));
    const values = jsonLines(unlessSilent(decompressed(await download(blob, offset)), LONGEST_SILENCE_MS));
    const passed = lengths === undefined ? from.valuesBefore : 0;
    for (let count = 0; count < passed; count += 1) if ((await values.next()).done === true) return;
    yield* values;
  }

  /**
   * Copies a blob to another setup, which may be of another account; one that is there stays as it is.
   * @throws {RestError} if the blob, or the container of the other setup, is not there (any more), or it stops coming
   */
  async copy(key: string, place: BlobPlace, to: Staging, toKey: string, toPlace: BlobPlace): Promise<void> {
    const stream = pipeline(await download(this.#blob(key, place)), new PassThrough(), () => undefined);
    const content = Readable.from(unlessSilent(stream, LONGEST_SILENCE_MS));
    const conditions = { ifNoneMatch: '*' };
    try {
      await unlessConflict(() =>
        to.#blob(toKey, toPlace).uploadStream(content, COPIED_AT_ONCE, undefined, { conditions }),
      );
    } finally {
      content.destroy();
    }
  }

  /**
   * Writes a blob of a setup, in place of an earlier one.
   * @param parts of its content, each compressed by itself
   * @throws {RestError} if the setup has no container (any more)
   */
  async write(key: string, place: BlobPlace, parts: readonly Buffer[]): Promise<void> {
    const lengths = parts.map(({ length }) => length.toString(RADIX)).join();
    await this.#blob(key, place).uploadData(Buffer.concat(parts), { metadata: { [LENGTHS]: lengths } });
  }

  /** Deletes the container of a setup with all that is in it; gives whether it was there. */
  async remove(key: string): Promise<boolean> {
    const { succeeded } = await this.#container(key).deleteIfExists();
    return succeeded;
  }

  #blob(key: string, { folder, file }: BlobPlace): BlockBlobClient {
    return this.#container(key).getBlockBlobClient(`${folder}/${file}`);
  }

  #container(key: string): ContainerClient {
    return this.#service.getContainerClient(stagingContainer(key));
  }
}

async function download(blob: BlobClient, offset = 0): Promise<NodeJS.ReadableStream> {
  const { readableStreamBody } = await blob.download(offset, undefined, { maxRetryRequests: DOWNLOAD_TRIES });
  if (readableStreamBody === undefined) throw new Error(`The answer of ${blob.url} has no body`);
  return readableStreamBody;
}

/** Lengths of the parts of a blob; undefined as release 1.0.0 wrote it. A machine of the tenant can write what stands there. */
async function lengthsOf(blob: BlobClient): Promise<readonly number[] | undefined> {
  const { metadata = {} } = await blob.getProperties();
  const lengths = metadata[LENGTHS]?.split(',').map((text) => parseInt(text, RADIX));
  if (lengths === undefined || Number.isSafeInteger(sum(lengths))) return lengths;
  throw new Error(`The parts of ${blob.url} are not as they were written`);
}

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0);
}
