/** The blobs through which table data is copied. Each setup has a folder of its own, which is named after its key. */
import type { ContainerClient } from '@azure/storage-blob';
import { unlessMissing } from '../rest-errors.ts';

/** The container that the pipelines name. */
export const STAGING_CONTAINER = 'staging';

export class Staging {
  readonly #container: ContainerClient;

  constructor(container: ContainerClient) {
    this.#container = container;
  }

  /** Keys of the setups that have blobs. The container comes to be with the first copy. */
  async keys(): Promise<string[]> {
    const items = await unlessMissing(() => Array.fromAsync(this.#container.listBlobsByHierarchy('/')));
    return (items ?? []).flatMap(({ kind, name }) => (kind === 'prefix' ? name.replace(/\/$/, '') : []));
  }

  /** When a blob of a setup was last written; undefined if it has none. */
  async newest(key: string): Promise<Date | undefined> {
    let newest: Date | undefined;
    for await (const { properties } of this.#container.listBlobsFlat({ prefix: `${key}/` })) {
      if (newest === undefined || properties.lastModified > newest) newest = properties.lastModified;
    }
    return newest;
  }

  /** Deletes all blobs of a setup. */
  async remove(key: string): Promise<void> {
    for await (const { name } of this.#container.listBlobsFlat({ prefix: `${key}/` })) {
      await this.#container.getBlobClient(name).deleteIfExists();
    }
  }
}
