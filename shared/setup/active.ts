/** Setups that still need something, so that a timer finds them without reading all of them. In Table Storage. */
import { odata } from '@azure/data-tables';
import type { TableClient } from '@azure/data-tables';
import type { Clock } from '../clock.ts';
import { unlessConflict, unlessMissing } from '../rest-errors.ts';
import { createdTable } from '../table.ts';
import { partitionOf } from './rows.ts';
import type { SetupKey } from './rows.ts';

/** A setup that has not ended, or whose events were not all published. */
export interface ActiveSetup extends SetupKey {
  /** When somebody last began something with it. */
  readonly since: Date;
  /** Of the row as it was listed: a setup that was begun anew since then has another one. */
  readonly etag: string;
}

const ACTIVE = 'active';
const CURSOR = 'cursor';

export class ActiveSetups {
  readonly #table: () => Promise<TableClient>;
  readonly #clock: Clock;

  constructor(table: TableClient, clock: Clock) {
    this.#table = createdTable(table);
    this.#clock = clock;
  }

  /** Notes a setup, or notes it anew. */
  async add(setup: SetupKey): Promise<void> {
    const row = { partitionKey: ACTIVE, rowKey: partitionOf(setup), since: this.#clock.now() };
    await (await this.#table()).upsertEntity(row, 'Replace');
  }

  /** Every noted setup, from the one on that the last run did not come to. */
  async list(): Promise<ActiveSetup[]> {
    const table = await this.#table();
    const rows = table.listEntities<{ since: Date }>({ queryOptions: { filter: odata`PartitionKey eq ${ACTIVE}` } });
    const setups: ActiveSetup[] = [];
    for await (const { rowKey = '', since, etag } of rows) {
      const [tenantId = '', setupId = ''] = rowKey.split('|');
      setups.push({ tenantId, setupId, since, etag });
    }
    const cursor = await unlessMissing(() => table.getEntity<{ from: string }>(CURSOR, CURSOR));
    const start = setups.findIndex((setup) => partitionOf(setup) >= (cursor?.from ?? ''));
    return [...setups.slice(Math.max(start, 0)), ...setups.slice(0, Math.max(start, 0))];
  }

  /** Says where the next run begins; undefined if this one came to all of them. */
  async continueFrom(setup: ActiveSetup | undefined): Promise<void> {
    const table = await this.#table();
    const row = { partitionKey: CURSOR, rowKey: CURSOR };
    if (setup === undefined) await unlessMissing(() => table.deleteEntity(CURSOR, CURSOR));
    else await table.upsertEntity({ ...row, from: partitionOf(setup) }, 'Replace');
  }

  /** Forgets a setup that needs nothing more, unless somebody has noted it anew since it was listed. */
  async remove({ etag, ...setup }: ActiveSetup): Promise<void> {
    const table = await this.#table();
    await unlessConflict(() => unlessMissing(() => table.deleteEntity(ACTIVE, partitionOf(setup), { etag })));
  }
}
