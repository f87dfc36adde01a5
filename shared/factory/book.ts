/**
 * What the service knows of its factories without asking them, in Table Storage: what each carries, whether it answers, and
 * the places that attempts hold in it until their entities are there to be counted. The rows of a factory and of a place are
 * guarded by their ETags, so that setups that choose at the same moment see each other.
 */
import { odata } from '@azure/data-tables';
import type { TableClient, TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { unlessConflict, unlessMissing } from '../requests/rest-errors.ts';
import type { Factory } from '../setup/setup.ts';
import { createdTable } from '../table.ts';
import { correctionBy, marksAfter } from './entity-reading.ts';
import type { EntityReading } from './entity-reading.ts';
import {
  booked,
  columnsOf,
  corrected,
  FACTORIES,
  FACTORY,
  factoryRowSchema,
  rowKeyOf,
  withoutPlace,
} from './factory-row.ts';
import type { BookedFactory, FactoryRow } from './factory-row.ts';
import { alertsAfter, quotaNames } from './quotas.ts';
import type { QuotaAlerts } from './quotas.ts';

const PLACE = 'setup-';

const placeSchema = z.object({
  rowKey: z.string(),
  attempt: z.int(),
  /** Undefined once the attempt has given it back: it takes none any more. */
  factory: z.string().optional(),
  timestamp: z.coerce.date(),
  etag: z.string(),
});
type PlaceRow = z.infer<typeof placeSchema>;

/** Who holds a place: a setup by its short name, and its attempt. */
export interface Holder {
  readonly key: string;
  readonly attempt: number;
}

/** What a factory carries now, as far as it was counted. */
interface FactoryLoad {
  readonly entities?: number;
  readonly activeRuns: number;
}

/** The factories that a setup may go to, and the place that it holds or held, perhaps of another attempt, with its factory. */
export interface BookView {
  readonly factories: readonly BookedFactory[];
  readonly place: PlaceRow | undefined;
  /** Undefined also where somebody has removed its row. */
  readonly held: FactoryRow | undefined;
}

export class FactoryBook {
  readonly #table: () => Promise<TableClient>;
  readonly #clock: Clock;

  constructor(table: TableClient, clock: Clock) {
    this.#table = createdTable(table);
    this.#clock = clock;
  }

  /** Reads what is known of some factories, all with one request, and the place of the setup `key`. */
  async read(factories: readonly Factory[], { key }: Pick<Holder, 'key'>): Promise<BookView> {
    const rows = await this.#rows();
    // After the counts: whatever happens to the place then also changes the ETag of its factory.
    const place = await this.#place(key);
    const held = place?.factory === undefined ? undefined : rows.get(place.factory);
    return { factories: factories.map((factory) => booked(factory, rows.get(rowKeyOf(factory)), held)), place, held };
  }

  /** Reads what is known of some factories, all with one request. */
  async readAll(factories: readonly Factory[]): Promise<BookedFactory[]> {
    const rows = await this.#rows();
    return factories.map((factory) => booked(factory, rows.get(rowKeyOf(factory))));
  }

  /** Reads what is known of one factory. */
  async get(factory: Factory): Promise<BookedFactory> {
    return booked(factory, await this.#row(rowKeyOf(factory)));
  }

  /**
   * Takes a place for an attempt that may take one, or takes over that of an earlier one, wherever it is.
   * @returns false if the factory or the place has changed since it was read: read and choose again
   */
  async reserve(chosen: BookedFactory, { key, attempt }: Holder, { place: before, held }: BookView): Promise<boolean> {
    const table = await this.#table();
    const row = { ...columnsOf(chosen), reservations: chosen.reservations + 1 };
    const place = { partitionKey: FACTORIES, rowKey: PLACE + key, attempt, factory: row.rowKey };
    const actions: TransactionAction[] = [
      chosen.etag === undefined ? ['create', row] : ['update', row, 'Replace', { etag: chosen.etag }],
      before === undefined ? ['create', place] : ['update', place, 'Replace', { etag: before.etag }],
    ];
    if (held !== undefined && !chosen.isOwn) {
      const left = { partitionKey: FACTORIES, rowKey: held.rowKey, reservations: held.reservations - 1 };
      // First: a place that is gone by now has changed the factory that it was in.
      actions.unshift(['update', left, 'Merge', { etag: held.etag }]);
    }
    return unlessConflict(() => table.submitTransaction(actions));
  }

  /** All places that are held, each with when it was last written. */
  async held(): Promise<(Holder & { readonly since: Date })[]> {
    const table = await this.#table();
    // A row without a factory has none to compare.
    const filter = odata`PartitionKey eq ${FACTORIES} and RowKey ge ${PLACE} and factory ge ${FACTORY}`;
    const rows = await Array.fromAsync(table.listEntities({ queryOptions: { filter } }));
    return rows.map((row) => {
      const { rowKey, attempt, timestamp } = placeSchema.parse(row);
      return { key: rowKey.slice(PLACE.length), attempt, since: timestamp };
    });
  }

  /**
   * Gives an attempt's place back, and has it take none any more; it may hold none, or a later attempt may hold it.
   * @param entities how many entities of the setup are in the factory from now on, which it counts until it is measured again
   */
  async release({ key, attempt }: Holder, entities: number): Promise<void> {
    const table = await this.#table();
    const given = { partitionKey: FACTORIES, rowKey: PLACE + key, attempt };
    for (;;) {
      const place = await this.#place(key);
      if (!mayTakePlace(place, attempt)) return;
      const row = place?.factory === undefined ? undefined : await this.#row(place.factory);
      const giveBack: TransactionAction =
        place === undefined ? ['create', given] : ['update', given, 'Replace', { etag: place.etag }];
      // Somebody may have removed the row of a factory that is none any more.
      const actions = row === undefined ? [giveBack] : [giveBack, withoutPlace(row, entities)];
      if (await unlessConflict(() => table.submitTransaction(actions))) return;
    }
  }

  /**
   * Writes down what was counted. Entities that setups brought in since `before` was read count beside it, because the factory
   * may have been counted without them.
   * @param load without entities where only the runs were counted
   * @returns what is known of the factory now
   */
  async measured(before: BookedFactory, load: FactoryLoad): Promise<BookedFactory> {
    return this.#change(before.factory, (now) => {
      const entities = load.entities === undefined ? now.entities : load.entities + now.arrived - before.arrived;
      const countedAt = load.entities === undefined ? now.countedAt : this.#clock.now();
      const counted = { entities, activeRuns: load.activeRuns, countedAt };
      const alerts = alertsAfter(now.alerts, { ...now, ...counted });
      const measuredAt = this.#clock.now();
      const marks = marksAfter(now.marks, now.arrived, measuredAt);
      return { ...counted, silence: undefined, measuredAt, marks, alerts };
    });
  }

  /**
   * Corrects factories by what Azure Monitor says of them, all with two requests. Entities that setups brought in since then count
   * beside it.
   * @returns of how many something new was said
   */
  async correct(readings: ReadonlyMap<Factory, EntityReading>): Promise<number> {
    const table = await this.#table();
    for (;;) {
      const rows = await this.#rows();
      const now = this.#clock.now();
      const actions = [...readings].flatMap(([factory, reading]) => {
        const row = rows.get(rowKeyOf(factory));
        const correction = row === undefined ? undefined : correctionBy(row, reading, now);
        return row === undefined || correction === undefined ? [] : [corrected(row, correction)];
      });
      if (actions.length === 0) return 0;
      if (await unlessConflict(() => table.submitTransaction(actions))) return actions.length;
    }
  }

  /** Writes down that the alerts of a factory are told, as it was read. One that has come since is not. */
  async told({ factory, alerts }: BookedFactory): Promise<void> {
    await this.#change(factory, (now) => {
      const told = quotaNames.flatMap((name) => {
        const alert = now.alerts[name];
        if (alert === undefined) return [];
        return [[name, alert.times === alerts[name]?.times ? { ...alert, isTold: true } : alert]];
      });
      return { alerts: Object.fromEntries(told) as QuotaAlerts };
    });
  }

  /** Writes down that a factory answers, or why it does not. */
  async answered(factory: Factory, silence: string | undefined): Promise<void> {
    await this.#change(factory, () => ({ silence }));
  }

  async #change(factory: Factory, change: (now: BookedFactory) => Partial<BookedFactory>): Promise<BookedFactory> {
    const table = await this.#table();
    for (;;) {
      const now = await this.get(factory);
      const changed = { ...now, ...change(now) };
      const row = columnsOf(changed);
      const written = await unlessConflict(() =>
        now.etag === undefined ? table.createEntity(row) : table.updateEntity(row, 'Replace', { etag: now.etag }),
      );
      if (written) return changed;
    }
  }

  /** Forgets that an attempt has given its place back, once nothing of it can come late; a later one's stays. */
  async forget({ key, attempt }: Holder): Promise<void> {
    const table = await this.#table();
    const place = await this.#place(key);
    if (place === undefined || place.factory !== undefined || place.attempt > attempt) return;
    const { etag } = place;
    await unlessConflict(() => unlessMissing(() => table.deleteEntity(FACTORIES, PLACE + key, { etag })));
  }

  async #place(key: string): Promise<PlaceRow | undefined> {
    const table = await this.#table();
    const row = await unlessMissing(() => table.getEntity(FACTORIES, PLACE + key));
    return row === undefined ? undefined : placeSchema.parse(row);
  }

  async #rows(): Promise<ReadonlyMap<string, FactoryRow>> {
    const table = await this.#table();
    const filter = odata`PartitionKey eq ${FACTORIES} and RowKey ge ${FACTORY} and RowKey lt ${PLACE}`;
    const rows = await Array.fromAsync(table.listEntities({ queryOptions: { filter } }));
    return new Map(rows.map((row) => factoryRowSchema.parse(row)).map((row) => [row.rowKey, row]));
  }

  async #row(rowKey: string): Promise<FactoryRow | undefined> {
    const table = await this.#table();
    const row = await unlessMissing(() => table.getEntity(FACTORIES, rowKey));
    return row === undefined ? undefined : factoryRowSchema.parse(row);
  }
}

/** Whether an attempt may take a place, or have one, where the setup has this. */
export function mayTakePlace(place: Pick<PlaceRow, 'attempt' | 'factory'> | undefined, attempt: number): boolean {
  if (place === undefined || place.attempt < attempt) return true;
  return place.attempt === attempt && place.factory !== undefined;
}
