/** What is known of setups, read from their partitions in Table Storage. */
import { odata } from '@azure/data-tables';
import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { unlessMissing } from '../requests/rest-errors.ts';
import { createdTable, rowsWithPrefix } from '../table.ts';
import { attemptFromRow } from './attempt-record.ts';
import { setupEventSchema } from './events.ts';
import type { SetupEvent } from './events.ts';
import { headFromRow } from './head.ts';
import type { SetupRecord } from './head.ts';
import { milestonesFromRow } from './milestone-data.ts';
import type { MilestoneRecord } from './milestone-data.ts';
import { attemptRowKey, decoded, EVENT_PREFIX, HEAD, KEY, keyPartition, NUMBERS, partitionOf } from './rows.ts';
import type { SetupKey } from './rows.ts';
import type { AttemptId } from './setup.ts';

export class SetupReader {
  protected readonly table: () => Promise<TableClient>;

  /** @param setups table of the setups */
  constructor(setups: TableClient) {
    this.table = createdTable(setups);
  }

  /** Reads a setup; undefined if there is none. */
  async get(setup: SetupKey): Promise<SetupRecord | undefined> {
    const table = await this.table();
    const row = await unlessMissing(() => table.getEntity(partitionOf(setup), HEAD));
    return row === undefined ? undefined : headFromRow(row);
  }

  /** The setup that has or had a key in Azure resources; undefined if none ever had. */
  async ofKey(key: string): Promise<SetupKey | undefined> {
    const table = await this.table();
    const row = await unlessMissing(() => table.getEntity(keyPartition(key), KEY));
    return row === undefined ? undefined : setupKeySchema.parse(row);
  }

  /** Reads a setup that must be there. @throws {Error} if it is not */
  async require(setup: SetupKey): Promise<SetupRecord> {
    const stored = await this.get(setup);
    if (stored === undefined) throw new Error(`The state of setup ${setup.setupId} is gone`);
    return stored;
  }

  /** The last numbers that a setup of that id has used. */
  async numbersOf(setup: SetupKey): Promise<UsedNumbers> {
    const table = await this.table();
    const row = await unlessMissing(() => table.getEntity(partitionOf(setup), NUMBERS));
    return row === undefined ? { attempt: 0, sequence: 0 } : numbersSchema.parse(row);
  }

  /** The milestones of a setup's attempt, in the order in which they were reached. */
  async milestonesOf(attempt: AttemptId): Promise<MilestoneRecord[]> {
    const row = await this.#attemptRow(attempt);
    return row === undefined ? [] : milestonesFromRow(attempt.attempt, row);
  }

  /** Whether an attempt was begun by a request. */
  async isBegunBy(attempt: AttemptId, requestId: string): Promise<boolean> {
    const row = await this.#attemptRow(attempt);
    return row !== undefined && attemptFromRow(row).requestId === requestId;
  }

  async #attemptRow(attempt: AttemptId): Promise<object | undefined> {
    const table = await this.table();
    return unlessMissing(() => table.getEntity(partitionOf(attempt), attemptRowKey(attempt.attempt)));
  }

  /** Events of a setup that were not marked as published, oldest first. */
  async pendingEvents(setup: SetupKey): Promise<SetupEvent[]> {
    const pending = odata`published eq false`;
    const rows = await rowsWithPrefix(await this.table(), partitionOf(setup), EVENT_PREFIX, pending);
    return rows.map((row) => setupEventSchema.parse(decoded(row, ['event'])['event']));
  }

  /** Reads a setup, and whether it has events that were not marked as published, with one request. */
  async standing(setup: SetupKey): Promise<{ readonly setup: SetupRecord | undefined; readonly isUntold: boolean }> {
    const table = await this.table();
    // Between the events and the head row are only a few extensions.
    const range = odata`PartitionKey eq ${partitionOf(setup)} and RowKey ge ${EVENT_PREFIX} and RowKey le ${HEAD}`;
    const filter = `${range} and (${odata`RowKey eq ${HEAD}`} or published eq false)`;
    const rows = await Array.fromAsync(table.listEntities({ queryOptions: { filter } }));
    const head = rows.find(({ rowKey }) => rowKey === HEAD);
    return {
      setup: head === undefined ? undefined : headFromRow(head),
      isUntold: rows.length > Number(head !== undefined),
    };
  }

  /** Succeeds if the state store answers. */
  async ping(): Promise<void> {
    const table = await this.table();
    await unlessMissing(() => table.getEntity('ping', 'ping'));
  }
}

const setupKeySchema = z.object({ tenantId: z.string(), setupId: z.string() });
const numbersSchema = z.object({ attempt: z.int(), sequence: z.int() });
/** Numbers of attempts and of events. They go on when a setup of an id that was removed is created again. */
export type UsedNumbers = z.infer<typeof numbersSchema>;
