/**
 * The index of setups in Table Storage, for lists. It is a copy of what head rows say, written after them: it may be a
 * moment late; what was not written is mended by the next change, or by the timer once the setup rests.
 */
import { odata } from '@azure/data-tables';
import type { TableClient, TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import { unlessMissing } from '../requests/rest-errors.ts';
import { Recent } from '../recent.ts';
import { createdTable, submitted } from '../table.ts';
import { continuationOf, readContinuation } from './continuation.ts';
import type { SetupRecord } from './head.ts';
import { partitionOf } from './rows.ts';
import {
  conditionsOf,
  INDEX_PARTITION,
  indexedFromRow,
  indexRow,
  isOpen,
  MAXIMUM_FILTER_VALUES,
  placeIn,
  rangeOf,
  rowKeysOf,
} from './index-rows.ts';
import type { IndexedSetup, SetupFilter, SetupOrder } from './index-rows.ts';
import { setupStates, setupStateSchema } from './states.ts';
import type { SetupState } from './states.ts';

const stateSchema = z.object({ state: setupStateSchema });

/** A part of a list. */
interface SetupPage {
  readonly setups: IndexedSetup[];
  /** Where the next page begins; there is none after the last one. */
  readonly next?: string;
}

/** What the index says of a setup. */
interface KnownRow {
  readonly open: boolean;
  readonly lastModifiedAt: string;
  readonly etag: string;
}

/** One setup has few writers. */
const MAXIMUM_TRIES = 20;
/** So many rows a host remembers. */
const REMEMBERED = 20_000;

export class SetupIndex {
  readonly #table: () => Promise<TableClient>;
  /** Rows as this host wrote them: the next change needs no read unless somebody else has written. */
  readonly #written = new Recent<KnownRow>(REMEMBERED);

  constructor(table: TableClient) {
    this.#table = createdTable(table);
  }

  /**
   * Writes a setup, all of its rows in one transaction, unless the index knows it as it was later.
   * @param isNew whether it was just created, so that the index hardly knows it
   */
  async put(setup: SetupRecord, isNew = false): Promise<void> {
    const table = await this.#table();
    const columns = indexRow(setup);
    const place = partitionOf(setup);
    let known = isNew ? undefined : (this.#written.get(place) ?? (await this.#known(setup)));
    for (let tries = 0; tries < MAXIMUM_TRIES; tries += 1) {
      // Times of change of one setup are strictly ascending.
      if (known !== undefined && known.lastModifiedAt >= setup.lastModifiedAt) return;
      const put = (rowKey: string): TransactionAction => [
        'upsert',
        { partitionKey: INDEX_PARTITION, rowKey, ...columns },
        'Replace',
      ];
      const [first = '', ...others] = rowKeysOf(setup, 'all');
      const row = { partitionKey: INDEX_PARTITION, rowKey: first, ...columns };
      const open = rowKeysOf(setup, 'open');
      const actions: TransactionAction[] = [
        known === undefined ? ['create', row] : ['update', row, 'Replace', { etag: known.etag }],
        ...others.map(put),
        ...(isOpen(setup.state) ? open.map(put) : []),
        ...(!isOpen(setup.state) && known?.open === true
          ? open.map((rowKey): TransactionAction => ['delete', { partitionKey: INDEX_PARTITION, rowKey }])
          : []),
      ];
      const answer = await submitted(table, actions);
      if (answer !== undefined) {
        const { state, lastModifiedAt } = setup;
        this.#written.set(place, { open: isOpen(state), lastModifiedAt, etag: answer.etag });
        return;
      }
      known = await this.#known(setup);
    }
    throw new Error(`The index lost ${MAXIMUM_TRIES} races for setup ${setup.setupId}`);
  }

  /** Takes out a setup that nobody changes any more; it may be gone already. */
  async remove(setup: Pick<SetupRecord, 'tenantId' | 'setupId' | 'createdAt'>): Promise<void> {
    const table = await this.#table();
    this.#written.delete(partitionOf(setup));
    const keys = [...rowKeysOf(setup, 'all'), ...rowKeysOf(setup, 'open')];
    await Promise.all(keys.map((key) => unlessMissing(() => table.deleteEntity(INDEX_PARTITION, key))));
  }

  /**
   * A page of the setups that a filter names. A setup that is there while all pages are read, and whose state, phase and
   * other filtered values keep to the filter, is on exactly one of them, whatever is created or changed meanwhile.
   * @param size most setups of the page
   * @param continuation `next` of the page before; undefined for the first page
   * @throws {Error} if `continuation` is one of another filter or order, or the filter has too many values
   */
  async page(filter: SetupFilter, order: SetupOrder, size: number, continuation?: string): Promise<SetupPage> {
    const place = continuation === undefined ? undefined : readContinuation(continuation, filter, order);
    if (continuation !== undefined && place === undefined) {
      throw new Error('The continuation is not one of a list with this filter and order');
    }
    const table = await this.#table();
    const queryOptions = { filter: queryOf(filter, order, place) };
    const setups: IndexedSetup[] = [];
    // One more than wanted tells whether there is a next page. A page of the service may be short, or empty.
    for await (const rows of table.listEntities({ queryOptions }).byPage({ maxPageSize: size + 1 })) {
      setups.push(...rows.map(indexedFromRow));
      if (setups.length > size) break;
    }
    const shown = setups.slice(0, size);
    const last = shown.at(-1);
    if (last === undefined || setups.length <= size) return { setups: shown };
    return { setups: shown, next: continuationOf(placeIn(order, last), filter, order) };
  }

  /** How many setups of all tenants are in each of the states that are not closed. */
  async countOpen(): Promise<ReadonlyMap<SetupState, number>> {
    const table = await this.#table();
    const openStates = setupStates.filter(isOpen);
    const { begin, end } = rangeOf({ state: openStates }, 'oldest', undefined);
    const filter = odata`PartitionKey eq ${INDEX_PARTITION} and RowKey gt ${begin} and RowKey lt ${end}`;
    const counts = new Map<SetupState, number>(openStates.map((state) => [state, 0]));
    for await (const row of table.listEntities<object>({ queryOptions: { filter, select: ['state'] } })) {
      const { state } = stateSchema.parse(row);
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    return counts;
  }

  /** What the index says of a setup. */
  async #known(setup: SetupRecord): Promise<KnownRow | undefined> {
    const table = await this.#table();
    const [rowKey = ''] = rowKeysOf(setup, 'all');
    const row = await unlessMissing(() => table.getEntity(INDEX_PARTITION, rowKey));
    if (row === undefined) return undefined;
    const { state, lastModifiedAt } = indexedFromRow(row);
    return { open: isOpen(state), lastModifiedAt, etag: row.etag };
  }
}

function queryOf(filter: SetupFilter, order: SetupOrder, place: string | undefined): string {
  const { state = [], phase = [], errorCode = [] } = filter;
  if (state.length + phase.length + errorCode.length > MAXIMUM_FILTER_VALUES) {
    throw new Error(`A filter has more than ${MAXIMUM_FILTER_VALUES} states, phases and error codes`);
  }
  const { begin, end } = rangeOf(filter, order, place);
  const range = odata`PartitionKey eq ${INDEX_PARTITION} and RowKey gt ${begin} and RowKey lt ${end}`;
  const conditions = conditionsOf(filter).map(([column, operator, values]) => {
    const comparisons = values.map((value) => `${column} ${operator}${odata` ${value}`}`);
    return `(${comparisons.join(' or ')})`;
  });
  return [range, ...conditions].join(' and ');
}
