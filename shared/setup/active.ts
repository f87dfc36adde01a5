/**
 * Setups that still need something, each with the time of its next look, so that a timer reads those that are due and no
 * others; and setups with events that Service Bus did not take. In Table Storage, a partition each.
 */
import { odata } from '@azure/data-tables';
import type { TableClient, TransactionAction } from '@azure/data-tables';
import type { Clock } from '../clock.ts';
import { unlessConflict, unlessMissing } from '../requests/rest-errors.ts';
import { createdTable, MAXIMUM_TRANSACTION_ROWS } from '../table.ts';
import { firstLook } from './due.ts';
import { partitionOf } from './rows.ts';
import type { SetupKey } from './rows.ts';

/** A setup whose events were not all published. */
export interface UntoldSetup extends SetupKey {
  /** When it was noted first. */
  readonly since: Date;
  /** Of the row as it was listed: a setup that was noted anew since then has another one. */
  readonly etag: string;
}

/** A setup that has not ended, or was not yet forgotten. */
export interface ActiveSetup extends SetupKey {
  /** When somebody last began something with it. */
  readonly since: Date;
  /** When it is to be looked at. */
  readonly due: Date;
  /** Of the row as it was listed: a setup that was begun or changed since then has another one. */
  readonly etag: string;
}

/** A setup that was looked at, and when it is due again. */
export interface LookedAt {
  readonly setup: ActiveSetup;
  readonly due: Date;
}

const ACTIVE = 'active';
const UNTOLD = 'untold';
/** What the timer forgot before somebody hastened it has no beginning. */
const LONG_AGO = new Date(0);

export class ActiveSetups {
  readonly #table: () => Promise<TableClient>;
  readonly #clock: Clock;

  constructor(table: TableClient, clock: Clock) {
    this.#table = createdTable(table);
    this.#clock = clock;
  }

  /** Notes a setup with which somebody begins something, or notes it anew. */
  async add(setup: SetupKey): Promise<void> {
    const now = this.#clock.now();
    const row = { partitionKey: ACTIVE, rowKey: partitionOf(setup), since: now, due: firstLook(now) };
    await (await this.#table()).upsertEntity(row, 'Replace');
  }

  /** Has a setup looked at then: its next look may be hours away. @param due left out: when its last change is no longer young */
  async hasten(setup: SetupKey, due: Date = firstLook(this.#clock.now())): Promise<void> {
    await (await this.#table()).upsertEntity({ partitionKey: ACTIVE, rowKey: partitionOf(setup), due }, 'Merge');
  }

  /** The setups that are to be looked at now, those that are due longest first. */
  async due(): Promise<ActiveSetup[]> {
    const filter = odata`PartitionKey eq ${ACTIVE} and due le ${this.#clock.now()}`;
    const rows = (await this.#table()).listEntities<{ since?: Date; due: Date }>({ queryOptions: { filter } });
    const setups: ActiveSetup[] = [];
    for await (const { rowKey, since = LONG_AGO, due, etag } of rows)
      setups.push({ ...keyOf(rowKey), since, due, etag });
    return setups.toSorted((a, b) => a.due.getTime() - b.due.getTime());
  }

  /** Says when setups are due again. One that was begun or changed since it was listed keeps the time that it got then. */
  async postpone(looked: readonly LookedAt[]): Promise<void> {
    for (let index = 0; index < looked.length; index += MAXIMUM_TRANSACTION_ROWS) {
      await this.#postpone(looked.slice(index, index + MAXIMUM_TRANSACTION_ROWS));
    }
  }

  /** Forgets a setup that needs nothing more, unless somebody has noted it anew since it was listed. */
  remove(setup: ActiveSetup): Promise<void> {
    return this.#remove(ACTIVE, setup);
  }

  /** Notes a setup with events that are still to be published, behind those that are noted already. */
  async noteUntold(setup: SetupKey): Promise<void> {
    const table = await this.#table();
    const now = this.#clock.now();
    const row = { partitionKey: UNTOLD, rowKey: partitionOf(setup), notedAt: now };
    // While the bus is silent most are noted already.
    if ((await unlessMissing(() => table.updateEntity(row, 'Merge'))) !== undefined) return;
    await unlessConflict(() => table.createEntity({ ...row, since: now }));
  }

  /** The setups with events that are still to be published; those that were noted anew come behind the others. */
  async untold(): Promise<UntoldSetup[]> {
    const filter = odata`PartitionKey eq ${UNTOLD}`;
    const rows = (await this.#table()).listEntities<{ since: Date; notedAt?: Date }>({ queryOptions: { filter } });
    const setups: (UntoldSetup & { readonly notedAt: Date })[] = [];
    for await (const { rowKey, etag, since, notedAt = since } of rows) {
      setups.push({ ...keyOf(rowKey), since, notedAt, etag });
    }
    return setups
      .toSorted((a, b) => a.notedAt.getTime() - b.notedAt.getTime())
      .map(({ notedAt: _order, ...setup }) => setup);
  }

  /** Says that the events of a setup were published, unless somebody has noted it anew since it was listed. */
  told(setup: UntoldSetup): Promise<void> {
    return this.#remove(UNTOLD, setup);
  }

  /** In one transaction; if one of the rows is another by now, without that one. */
  async #postpone(looked: readonly LookedAt[]): Promise<void> {
    const table = await this.#table();
    const actions = looked.map(({ setup, due }): TransactionAction => {
      return ['update', { partitionKey: ACTIVE, rowKey: partitionOf(setup), due }, 'Merge', { etag: setup.etag }];
    });
    const isWritten = await unlessMissing(() => unlessConflict(() => table.submitTransaction(actions)));
    if (isWritten === true || looked.length === 1) return;
    const half = Math.ceil(looked.length / 2);
    await this.#postpone(looked.slice(0, half));
    await this.#postpone(looked.slice(half));
  }

  async #remove(partition: string, { etag, ...setup }: SetupKey & { readonly etag: string }): Promise<void> {
    const table = await this.#table();
    await unlessConflict(() => unlessMissing(() => table.deleteEntity(partition, partitionOf(setup), { etag })));
  }
}

function keyOf(rowKey = ''): SetupKey {
  const [tenantId = '', setupId = ''] = rowKey.split('|');
  return { tenantId, setupId };
}
