/**
 * Places that setups hold in factories until their entities are there to be counted, in Table Storage. A factory's
 * count is guarded by its ETag, so that setups that choose at the same moment see each other.
 */
import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { unlessConflict, unlessMissing } from '../rest-errors.ts';
import type { Factory } from '../setup/setup.ts';

const HEAD = 'head';

const headSchema = z.object({ reservations: z.int(), etag: z.string() });

/** How many setups hold a place in a factory. Handed back with a reservation, it says what the choice was made on. */
export interface ReservationCount {
  readonly reservations: number;
  /** Undefined while nobody ever reserved. */
  readonly etag: string | undefined;
  /** Whether the setup that asked is one of them. */
  readonly own: boolean;
}

export class FactoryReservations {
  readonly #table: TableClient;
  #created: Promise<void> | undefined;

  constructor(table: TableClient) {
    this.#table = table;
  }

  /** Reads how many places of a factory are held, and whether the setup `key` holds one. */
  async read(factory: Factory, key: string): Promise<ReservationCount> {
    await this.#ready();
    const partitionKey = partitionOf(factory);
    const [head, own] = await Promise.all([
      unlessMissing(() => this.#table.getEntity(partitionKey, HEAD)),
      unlessMissing(() => this.#table.getEntity(partitionKey, rowOf(key))),
    ]);
    const count = head === undefined ? undefined : headSchema.parse(head);
    return { reservations: count?.reservations ?? 0, etag: count?.etag, own: own !== undefined };
  }

  /** Takes a place for a setup. @returns false if the count has changed since it was read: read and choose again */
  async reserve(factory: Factory, key: string, read: ReservationCount): Promise<boolean> {
    const partitionKey = partitionOf(factory);
    const head = { partitionKey, rowKey: HEAD, reservations: read.reservations + 1 };
    return unlessConflict(() =>
      this.#table.submitTransaction([
        read.etag === undefined ? ['create', head] : ['update', head, 'Replace', { etag: read.etag }],
        ['create', { partitionKey, rowKey: rowOf(key) }],
      ]),
    );
  }

  /** Gives a setup's place back; it may hold none. */
  async release(factory: Factory, key: string): Promise<void> {
    const partitionKey = partitionOf(factory);
    for (;;) {
      const { reservations, etag, own } = await this.read(factory, key);
      if (!own || etag === undefined) return;
      const head = { partitionKey, rowKey: HEAD, reservations: Math.max(0, reservations - 1) };
      const released = await unlessConflict(() =>
        this.#table.submitTransaction([
          ['update', head, 'Replace', { etag }],
          ['delete', { partitionKey, rowKey: rowOf(key) }],
        ]),
      );
      if (released) return;
    }
  }

  async #ready(): Promise<void> {
    this.#created ??= this.#table.createTable();
    try {
      await this.#created;
    } catch (error) {
      this.#created = undefined;
      throw error;
    }
  }
}

function partitionOf({ subscriptionId, resourceGroup, name }: Factory): string {
  return `${subscriptionId}|${resourceGroup}|${name}`.toLowerCase();
}

function rowOf(key: string): string {
  return `setup-${key}`;
}
