/**
 * Places that attempts hold in factories until their entities are there to be counted, in Table Storage. A factory's
 * count is guarded by its ETag, so that setups that choose at the same moment see each other.
 */
import { odata } from '@azure/data-tables';
import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { unlessConflict, unlessMissing } from '../rest-errors.ts';
import type { Factory } from '../setup/setup.ts';
import { createdTable } from '../table.ts';

const HEAD = 'head';
/** Partition of the setups whose attempts have given back what they held, in whatever factory. */
const SPENT = 'spent';

const headSchema = z.object({ reservations: z.int(), etag: z.string() });
const placeSchema = z.object({ attempt: z.int() });
const spentSchema = placeSchema.extend({ etag: z.string() });
const heldSchema = placeSchema.extend({ rowKey: z.string(), timestamp: z.coerce.date() });
const PREFIX = 'setup-';

/** Who holds a place: a setup by its short name, and its attempt. */
export interface Holder {
  readonly key: string;
  readonly attempt: number;
}

/** How many setups hold a place in a factory. Handed back with a reservation, it says what the choice was made on. */
export interface ReservationCount {
  readonly reservations: number;
  /** Undefined while nobody ever reserved. */
  readonly etag: string | undefined;
  /** Whether a place of the setup that asked, perhaps of an earlier attempt, is counted. */
  readonly own: boolean;
}

export class FactoryReservations {
  readonly #table: () => Promise<TableClient>;

  constructor(table: TableClient) {
    this.#table = createdTable(table);
  }

  /** Reads how many places of a factory are held, and whether one of the setup `key` is among them. */
  async read(factory: Factory, { key }: Pick<Holder, 'key'>): Promise<ReservationCount> {
    const { reservations, etag, place } = await this.#read(factory, key);
    return { reservations, etag, own: place !== undefined };
  }

  /**
   * Takes a place for an attempt, or takes over that of an earlier one. Ask `isSpent` afterwards: a late repetition may have
   * taken what its attempt has given back already.
   * @returns false if the count has changed since it was read: read and choose again
   */
  async reserve(factory: Factory, { key, attempt }: Holder, read: ReservationCount): Promise<boolean> {
    const table = await this.#table();
    const partitionKey = partitionOf(factory);
    const head = { partitionKey, rowKey: HEAD, reservations: read.reservations + Number(!read.own) };
    const place = { partitionKey, rowKey: rowOf(key), attempt };
    return unlessConflict(() =>
      table.submitTransaction([
        read.etag === undefined ? ['create', head] : ['update', head, 'Replace', { etag: read.etag }],
        ['upsert', place, 'Replace'],
      ]),
    );
  }

  /** All places of a factory that are held, each with when it was last written. */
  async held(factory: Factory): Promise<(Holder & { readonly since: Date })[]> {
    const table = await this.#table();
    const filter = odata`PartitionKey eq ${partitionOf(factory)} and RowKey ge ${PREFIX}`;
    const rows = await Array.fromAsync(table.listEntities({ queryOptions: { filter } }));
    return rows.map((row) => {
      const { rowKey, attempt, timestamp } = heldSchema.parse(row);
      return { key: rowKey.slice(PREFIX.length), attempt, since: timestamp };
    });
  }

  /** Says that an attempt takes no place any more. Before its places are released, so that none is taken in between. */
  async spend({ key, attempt }: Holder): Promise<void> {
    const table = await this.#table();
    for (;;) {
      const before = await this.#spent(key);
      if (before !== undefined && before.attempt >= attempt) return;
      const row = { partitionKey: SPENT, rowKey: key, attempt };
      const written = await unlessConflict(() =>
        before === undefined ? table.createEntity(row) : table.updateEntity(row, 'Replace', { etag: before.etag }),
      );
      if (written) return;
    }
  }

  /** Forgets that an attempt has given back what it held, once nothing of it can come late; a later one's stays. */
  async forget({ key, attempt }: Holder): Promise<void> {
    const table = await this.#table();
    const spent = await this.#spent(key);
    if (spent === undefined || spent.attempt > attempt) return;
    await unlessConflict(() => unlessMissing(() => table.deleteEntity(SPENT, key, { etag: spent.etag })));
  }

  /** Whether an attempt, or a later one, has given back what it held. */
  async isSpent({ key, attempt }: Holder): Promise<boolean> {
    const spent = await this.#spent(key);
    return spent !== undefined && spent.attempt >= attempt;
  }

  async #spent(key: string): Promise<z.infer<typeof spentSchema> | undefined> {
    const table = await this.#table();
    const row = await unlessMissing(() => table.getEntity(SPENT, key));
    return row === undefined ? undefined : spentSchema.parse(row);
  }

  /** Gives an attempt's place back; it may hold none, or a later attempt may hold it. */
  async release(factory: Factory, { key, attempt }: Holder): Promise<void> {
    const table = await this.#table();
    const partitionKey = partitionOf(factory);
    for (;;) {
      const { reservations, etag, place } = await this.#read(factory, key);
      if (etag === undefined || place === undefined || place.attempt > attempt) return;
      const head = { partitionKey, rowKey: HEAD, reservations: Math.max(0, reservations - 1) };
      const released = await unlessConflict(() =>
        table.submitTransaction([
          ['update', head, 'Replace', { etag }],
          ['delete', { partitionKey, rowKey: rowOf(key) }],
        ]),
      );
      if (released) return;
    }
  }

  /** The count first: whatever happens to the place after that also changes the count's ETag. */
  async #read(
    factory: Factory,
    key: string,
  ): Promise<Omit<ReservationCount, 'own'> & { readonly place: z.infer<typeof placeSchema> | undefined }> {
    const table = await this.#table();
    const partitionKey = partitionOf(factory);
    const head = await unlessMissing(() => table.getEntity(partitionKey, HEAD));
    const row = await unlessMissing(() => table.getEntity(partitionKey, rowOf(key)));
    const count = head === undefined ? undefined : headSchema.parse(head);
    return {
      reservations: count?.reservations ?? 0,
      etag: count?.etag,
      place: row === undefined ? undefined : placeSchema.parse(row),
    };
  }
}

function partitionOf({ subscriptionId, resourceGroup, name }: Factory): string {
  return `${subscriptionId}|${resourceGroup}|${name}`.toLowerCase();
}

function rowOf(key: string): string {
  return PREFIX + key;
}
