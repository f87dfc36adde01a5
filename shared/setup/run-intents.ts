/**
 * That somebody is about to start a pipeline run: a row of the setup, written before. A factory has no idempotency key and
 * shows a new run only after a moment, so that who repeats a start must know that it is one.
 */
import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { unlessConflict, unlessMissing } from '../requests/rest-errors.ts';
import { createdTable, written } from '../table.ts';
import { partitionOf } from './rows.ts';
import type { SetupKey } from './rows.ts';

const intentSchema = z.object({ at: z.iso.datetime(), etag: z.string() });
/** When a run was last about to be started. */
export type RunIntent = z.infer<typeof intentSchema>;

export class RunIntents {
  readonly #table: () => Promise<TableClient>;
  readonly #clock: Clock;

  /** @param setups table of the setups */
  constructor(setups: TableClient, clock: Clock) {
    this.#table = createdTable(setups);
    this.#clock = clock;
  }

  /** Says that a run is about to be started, for the first time or not. @returns what is said now, or was said before */
  async begin(
    setup: SetupKey,
    operationId: string,
  ): Promise<{ readonly isFirst: boolean; readonly intent: RunIntent }> {
    const table = await this.#table();
    const row = this.#row(setup, operationId);
    const created = await written(() => table.createEntity(row));
    if (created !== undefined) return { isFirst: true, intent: { at: row.at, ...created } };
    return { isFirst: false, intent: intentSchema.parse(await table.getEntity(row.partitionKey, row.rowKey)) };
  }

  /** Says that none was started after all, unless somebody has said something else since. */
  async withdraw(setup: SetupKey, operationId: string, { etag }: RunIntent): Promise<void> {
    const table = await this.#table();
    const { partitionKey, rowKey } = this.#row(setup, operationId);
    await unlessMissing(() => unlessConflict(() => table.deleteEntity(partitionKey, rowKey, { etag })));
  }

  /** Says so again. @returns false if somebody else has, since it was read */
  async renew(setup: SetupKey, operationId: string, { etag }: RunIntent): Promise<boolean> {
    const table = await this.#table();
    return unlessConflict(() => table.updateEntity(this.#row(setup, operationId), 'Replace', { etag }));
  }

  #row(setup: SetupKey, operationId: string) {
    const at = this.#clock.now().toISOString();
    return { partitionKey: partitionOf(setup), rowKey: `run-${operationId}`, at };
  }
}
