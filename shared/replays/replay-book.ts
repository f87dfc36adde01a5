/**
 * Bulk replays in Table Storage. Every change of one is made under the ETag of its head, in one transaction with the rows
 * of its setups and the audit of the change.
 */
import { odata } from '@azure/data-tables';
import type { TableClient, TransactionAction } from '@azure/data-tables';
import { auditRecord } from '../audit/audit.ts';
import type { AuditEntry } from '../audit/audit.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { auditRow } from '../audit/rows.ts';
import type { AuditRow } from '../audit/rows.ts';
import type { Clock } from '../clock.ts';
import { unlessConflict, unlessMissing } from '../requests/rest-errors.ts';
import type { IndexedSetup } from '../setup/index-rows.ts';
import type { EndedBook } from '../retention/ended-book.ts';
import { createdTable, deleteRows } from '../table.ts';
import { doneOf, hasEnded, noCounts } from './replay.ts';
import type { BulkReplay, ItemOutcome, ItemResult, ReplayItem } from './replay.ts';
import {
  ITEM_PREFIX,
  itemFromRow,
  itemRowKey,
  listRowKey,
  REPLAY_HEAD,
  REPLAY_LIST,
  replayFromRow,
  replayRow,
} from './rows.ts';

/** Most setups that are added in one transaction, which has 100 rows with the head. */
export const MAXIMUM_ADDED = 99;

/** A part of a list. */
interface Page<Value> {
  readonly values: Value[];
  /** Where the next page begins; there is none after the last one. */
  readonly next?: string;
}

export class ReplayBook {
  readonly #table: () => Promise<TableClient>;
  readonly #audit: AuditLog;
  readonly #ended: EndedBook;
  readonly #clock: Clock;

  constructor(table: TableClient, audit: AuditLog, ended: EndedBook, clock: Clock) {
    this.#table = createdTable(table);
    this.#audit = audit;
    this.#ended = ended;
    this.#clock = clock;
  }

  /** Stores a new bulk replay, for which no setups are chosen yet. */
  async create(
    { filter, from, perMinute }: Pick<BulkReplay, 'filter' | 'from' | 'perMinute'>,
    audit: AuditEntry,
  ): Promise<BulkReplay> {
    const table = await this.#table();
    const now = this.#clock.now().toISOString();
    const replay: BulkReplay = {
      replayId: crypto.randomUUID(),
      filter,
      ...(from === undefined ? {} : { from }),
      perMinute,
      actor: audit.actor,
      state: 'Running',
      counts: noCounts,
      run: 1,
      createdAt: now,
      lastModifiedAt: now,
      etag: '',
    };
    // The list first: a row without a replay is harmless, a replay without a row would be forgotten.
    await table.createEntity({ ...listKey(replay), replayId: replay.replayId, open: true });
    const noted = this.#auditRow(replay, audit);
    await table.submitTransaction([
      ['create', replayRow(replay)],
      ['create', noted],
    ]);
    await this.#audit.move(table, noted);
    return this.require(replay.replayId);
  }

  /** Reads a bulk replay; undefined if there is none. */
  async get(replayId: string): Promise<BulkReplay | undefined> {
    const table = await this.#table();
    const row = await unlessMissing(() => table.getEntity(replayId, REPLAY_HEAD));
    return row === undefined ? undefined : replayFromRow(row);
  }

  /** Reads a bulk replay that must be there. @throws {Error} if it is not */
  async require(replayId: string): Promise<BulkReplay> {
    const replay = await this.get(replayId);
    if (replay === undefined) throw new Error(`The state of the bulk replay ${replayId} is gone`);
    return replay;
  }

  /** A page of all bulk replays, newest first. @param after `next` of the page before */
  async list(size: number, after = ''): Promise<Page<BulkReplay>> {
    const filter = odata`PartitionKey eq ${REPLAY_LIST} and RowKey gt ${after}`;
    const { values, next } = await this.#page<{ rowKey: string; replayId: string }>(filter, size);
    const replays = await Promise.all(values.map(({ replayId }) => this.get(replayId)));
    return { values: replays.filter((replay) => replay !== undefined), ...(next === undefined ? {} : { next }) };
  }

  /** Those that have not ended. */
  async open(): Promise<BulkReplay[]> {
    const table = await this.#table();
    const filter = odata`PartitionKey eq ${REPLAY_LIST} and open eq true`;
    const rows = await Array.fromAsync(table.listEntities<{ replayId: string }>({ queryOptions: { filter } }));
    const replays = await Promise.all(rows.map(({ replayId }) => this.get(replayId)));
    return replays.filter((replay) => replay !== undefined);
  }

  /**
   * A page of the setups of a bulk replay, by tenant and setup id.
   * @param after `next` of the page before
   */
  async items(
    replayId: string,
    size: number,
    {
      after = ITEM_PREFIX,
      result,
    }: { readonly after?: string | undefined; readonly result?: ReplayItem['result'] | undefined },
  ): Promise<Page<ReplayItem>> {
    // '~' sorts after every character that a row key of ours has.
    const range = odata`PartitionKey eq ${replayId} and RowKey gt ${after} and RowKey lt ${`${ITEM_PREFIX}~`}`;
    const filter = result === undefined ? range : `${range} and ${odata`result eq ${result}`}`;
    const { values, ...rest } = await this.#page<{ rowKey: string }>(filter, size);
    return { values: values.map(itemFromRow), ...rest };
  }

  /**
   * Adds setups, at most `MAXIMUM_ADDED`; one that was added before stays as it is now.
   * @param replay as it was read
   * @returns undefined if it has changed since it was read, or its setups are chosen already
   */
  async add(replay: BulkReplay, setups: readonly IndexedSetup[]): Promise<BulkReplay | undefined> {
    if (replay.total !== undefined) return undefined;
    const rows = setups.map(({ tenantId, setupId, attempt, phase, errorCode }) => ({
      partitionKey: replay.replayId,
      rowKey: itemRowKey({ tenantId, setupId }),
      tenantId,
      setupId,
      attempt,
      phase,
      result: 'pending',
      ...(errorCode === undefined ? {} : { errorCode }),
    }));
    return this.#write(
      replay,
      rows.map((row) => ['upsert', row, 'Replace']),
    );
  }

  /** Says that all setups are added. @returns undefined if it has changed since it was read */
  async closeChoice(replay: BulkReplay): Promise<BulkReplay | undefined> {
    const table = await this.#table();
    const { replayId } = replay;
    const filter = odata`PartitionKey eq ${replayId} and RowKey gt ${ITEM_PREFIX} and RowKey lt ${`${ITEM_PREFIX}~`}`;
    let total = 0;
    for await (const _row of table.listEntities({ queryOptions: { filter, select: ['RowKey'] } })) total += 1;
    return this.#write({ ...replay, total }, []);
  }

  /** Writes down what came of setups; what is known of one already stays. @returns the replay after it */
  async record(replayId: string, outcomes: readonly ItemOutcome[]): Promise<BulkReplay> {
    for (;;) {
      const replay = await this.require(replayId);
      const pending = await Promise.all(outcomes.map((outcome) => this.#isPending(replayId, outcome)));
      const fresh = outcomes.filter((_, index) => pending[index] === true);
      if (fresh.length === 0) return replay;
      const counts = { ...replay.counts };
      for (const { result } of fresh) counts[result] += 1;
      const written = await this.#write(
        { ...replay, counts },
        fresh.map((outcome) => [
          'update',
          { partitionKey: replayId, rowKey: itemRowKey(outcome), ...outcome },
          'Merge',
        ]),
      );
      if (written !== undefined) return written;
    }
  }

  /** Asks for the end of a bulk replay. @returns undefined if it has changed since it was read */
  async requestStop(replay: BulkReplay, audit: AuditEntry): Promise<BulkReplay | undefined> {
    const stopping = { ...replay, state: 'Stopping' as const };
    const noted = this.#auditRow(stopping, audit);
    const written = await this.#write(stopping, [['create', noted]]);
    if (written !== undefined) await this.#audit.move(await this.#table(), noted);
    return written;
  }

  /**
   * Ends a bulk replay whose setups all have their result, or that somebody wants to end. Ending it again changes nothing.
   * @returns the replay, which goes on if neither is so
   */
  async end(replayId: string): Promise<BulkReplay> {
    for (;;) {
      const replay = await this.require(replayId);
      const state = endOf(replay);
      const written = state === replay.state ? replay : await this.#write({ ...replay, state }, []);
      if (written === undefined) continue;
      if (hasEnded(written)) await this.#close(written);
      return written;
    }
  }

  /** Gives a bulk replay to a further orchestration. @returns undefined if it has changed since it was read */
  async beginRun(replay: BulkReplay): Promise<BulkReplay | undefined> {
    return this.#write({ ...replay, run: replay.run + 1 }, []);
  }

  /** Takes away everything of a bulk replay that has ended; its head last, so that it can be gone on with. */
  async remove(replay: BulkReplay): Promise<void> {
    const table = await this.#table();
    const { partitionKey, rowKey } = listKey(replay);
    await unlessMissing(() => table.deleteEntity(partitionKey, rowKey));
    await deleteRows(table, replay.replayId, odata`RowKey ne ${REPLAY_HEAD}`);
    await unlessMissing(() => table.deleteEntity(replay.replayId, REPLAY_HEAD));
  }

  async #close(replay: BulkReplay): Promise<void> {
    const table = await this.#table();
    const { replayId, lastModifiedAt } = replay;
    await this.#audit.moveAll(table, replayId);
    await this.#ended.note({ kind: 'replay', replayId }, new Date(lastModifiedAt));
    await table.updateEntity({ ...listKey(replay), open: false }, 'Merge');
  }

  async #isPending(replayId: string, outcome: ItemOutcome): Promise<boolean> {
    const table = await this.#table();
    const row = await table.getEntity<{ result: ItemResult | 'pending' }>(replayId, itemRowKey(outcome));
    return row.result === 'pending';
  }

  async #page<Row extends { rowKey: string }>(filter: string, size: number): Promise<Page<Row>> {
    const table = await this.#table();
    const rows: Row[] = [];
    // One more than wanted tells whether there is a next page. A page of the service may be short, or empty.
    for await (const page of table.listEntities<Row>({ queryOptions: { filter } }).byPage({ maxPageSize: size + 1 })) {
      rows.push(...page);
      if (rows.length > size) break;
    }
    const values = rows.slice(0, size);
    const last = values.at(-1);
    return { values, ...(last === undefined || rows.length <= size ? {} : { next: last.rowKey }) };
  }

  /** Writes a change under the ETag with which the head was read. @returns undefined if it has changed since */
  async #write(replay: BulkReplay, others: readonly TransactionAction[]): Promise<BulkReplay | undefined> {
    const table = await this.#table();
    const row = replayRow({ ...replay, lastModifiedAt: this.#clock.now().toISOString() });
    const written = await unlessConflict(() =>
      table.submitTransaction([['update', row, 'Merge', { etag: replay.etag }], ...others]),
    );
    return written ? this.require(replay.replayId) : undefined;
  }

  #auditRow({ replayId, state }: BulkReplay, entry: AuditEntry): AuditRow {
    return auditRow(replayId, auditRecord({ replayId }, entry, state, this.#clock.now()));
  }
}

function listKey(replay: BulkReplay) {
  return { partitionKey: REPLAY_LIST, rowKey: listRowKey(replay) };
}

/** The state of a bulk replay whose rounds are over. */
function endOf(replay: BulkReplay): BulkReplay['state'] {
  if (hasEnded(replay)) return replay.state;
  if (doneOf(replay) === replay.total) return 'Completed';
  return replay.state === 'Stopping' ? 'Stopped' : replay.state;
}
