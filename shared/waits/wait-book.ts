/**
 * The open waits of all setups in Table Storage, one row a setup, so that those that are due are found by one query.
 * Every change is made under the row's ETag: a nudge that comes while a factory is asked is not overwritten.
 */
import { odata } from '@azure/data-tables';
import type { TableClient, TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { unlessConflict, unlessMissing } from '../requests/rest-errors.ts';
import type { SetupKey } from '../setup/rows.ts';
import { createdTable, jsonColumn, written } from '../table.ts';
import { nextLook } from './pause.ts';
import { follows, waitEvents, waitTargetSchema } from './wait.ts';
import type { NewWait, Wait, WaitEvent } from './wait.ts';

const PARTITION = 'wait';
/** Two nudges in a row look once. */
const LOOK_EVERY_MS = 1_000;

const rowSchema = z.object({
  rowKey: z.string(),
  attempt: z.int(),
  instanceId: z.string(),
  eventName: z.enum(waitEvents),
  target: jsonColumn(waitTargetSchema),
  since: z.date(),
  due: z.date(),
  nudgedAt: z.date(),
  lookedAt: z.date().optional(),
  etag: z.string(),
});

type WaitName = Pick<NewWait, 'instanceId' | 'eventName'>;

/** What a nudge led to: the wait, and whether the caller is the one to look. */
export interface Nudge {
  readonly wait: Wait;
  readonly mayLook: boolean;
}

export class WaitBook {
  readonly #table: () => Promise<TableClient>;
  readonly #clock: Clock;

  constructor(table: TableClient, clock: Clock) {
    this.#table = createdTable(table);
    this.#clock = clock;
  }

  /**
   * Opens a wait in place of an earlier one of the setup. Opening it again changes nothing.
   * @returns the open wait; undefined if the setup waits for something later already
   */
  async open(wanted: NewWait): Promise<Wait | undefined> {
    const table = await this.#table();
    // There is none as a rule.
    for (let open: Wait | undefined; ; open = await this.get(wanted)) {
      if (open !== undefined && isSame(open, wanted)) return open;
      if (open !== undefined && !follows(wanted, open)) return undefined;
      const now = this.#clock.now();
      const { tenantId: _tenant, setupId: _setup, target, ...named } = wanted;
      const opened = { ...named, since: now, due: nextLook(now, now), nudgedAt: now };
      const row = { ...keyOf(wanted), ...opened, target: JSON.stringify(target) };
      const answer = await written(() =>
        open === undefined ? table.createEntity(row) : table.updateEntity(row, 'Replace', { etag: open.etag }),
      );
      if (answer !== undefined) return { ...wanted, ...opened, ...answer, lookedAt: undefined };
    }
  }

  /** Reads the open wait of a setup; undefined if it waits for nothing. */
  async get(setup: SetupKey): Promise<Wait | undefined> {
    const table = await this.#table();
    const { partitionKey, rowKey } = keyOf(setup);
    const row = await unlessMissing(() => table.getEntity(partitionKey, rowKey));
    return row === undefined ? undefined : waitOf(row);
  }

  /** The waits that are to be looked at now. */
  async due(): Promise<Wait[]> {
    const table = await this.#table();
    const filter = odata`PartitionKey eq ${PARTITION} and due le ${this.#clock.now()}`;
    const waits: Wait[] = [];
    for await (const row of table.listEntities({ queryOptions: { filter } })) waits.push(waitOf(row));
    return waits;
  }

  /** All waits, by what is waited for. */
  async openByEvent(): Promise<ReadonlyMap<WaitEvent, readonly Wait[]>> {
    const table = await this.#table();
    const filter = odata`PartitionKey eq ${PARTITION}`;
    const rows = await Array.fromAsync(table.listEntities({ queryOptions: { filter } }));
    return Map.groupBy(rows.map(waitOf), ({ eventName }) => eventName);
  }

  /** Sets the next look of a wait that was looked at without an answer, unless it was nudged meanwhile. */
  async postpone(wait: Wait): Promise<void> {
    await this.#change(wait, { due: nextLook(this.#clock.now(), wait.nudgedAt) });
  }

  /**
   * Shortens the pause of a wait, and takes it for a look unless another nudge has within a second. A look of the timer does not
   * count: what a nudge is about may have come after it.
   */
  async nudge(setup: SetupKey): Promise<Nudge | undefined> {
    for (;;) {
      const wait = await this.get(setup);
      if (wait === undefined) return undefined;
      const now = this.#clock.now();
      const mayLook = now.getTime() - (wait.lookedAt?.getTime() ?? 0) >= LOOK_EVERY_MS;
      const due = mayLook ? nextLook(now, now) : earlier(wait.due, nextLook(now, now));
      const nudged = await this.#change(wait, { nudgedAt: now, due, ...(mayLook ? { lookedAt: now } : {}) });
      if (nudged !== undefined) return { wait: nudged, mayLook };
    }
  }

  /**
   * Closes a wait; a later one of the setup stays open.
   * @param closed as it was read or changed last, which spares a read
   */
  async close(closed: NewWait | Wait): Promise<void> {
    const table = await this.#table();
    const { partitionKey, rowKey } = keyOf(closed);
    let wait = 'etag' in closed ? closed : await this.get(closed);
    while (wait !== undefined && isSame(wait, closed)) {
      const { etag } = wait;
      const isClosed = await unlessConflict(() =>
        unlessMissing(() => table.deleteEntity(partitionKey, rowKey, { etag })),
      );
      if (isClosed) return;
      wait = await this.get(closed);
    }
  }

  /** Changes a wait, unless it has changed since. */
  async #change(wait: Wait, times: Partial<Pick<Wait, 'due' | 'nudgedAt' | 'lookedAt'>>): Promise<Wait | undefined> {
    const table = await this.#table();
    const row: TableEntity = { ...keyOf(wait), ...times };
    const updated = await written(() => table.updateEntity(row, 'Merge', { etag: wait.etag }));
    return updated === undefined ? undefined : { ...wait, ...times, ...updated };
  }
}

function keyOf({ tenantId, setupId }: SetupKey): { readonly partitionKey: string; readonly rowKey: string } {
  return { partitionKey: PARTITION, rowKey: `${tenantId}|${setupId}` };
}

/** An orchestration waits for an event of a name once, and its id is used once. */
function isSame(a: WaitName, b: WaitName): boolean {
  return a.instanceId === b.instanceId && a.eventName === b.eventName;
}

function earlier(a: Date, b: Date): Date {
  return a.getTime() < b.getTime() ? a : b;
}

function waitOf(row: object): Wait {
  const { rowKey, lookedAt, ...columns } = rowSchema.parse(row);
  const [tenantId = '', setupId = ''] = rowKey.split('|');
  return { tenantId, setupId, ...columns, lookedAt };
}
