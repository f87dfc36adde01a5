/**
 * What has ended, in the order of its end, so that a timer finds what is past its retention without a look at everything.
 * In Table Storage.
 */
import { odata } from '@azure/data-tables';
import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { unlessMissing } from '../requests/rest-errors.ts';
import { createdTable } from '../table.ts';
import { timeKey } from '../time-key.ts';

const endedSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('setup'), tenantId: z.string(), setupId: z.string() }),
  z.object({ kind: z.literal('replay'), replayId: z.string() }),
]);
/** A setup that rests and has told everybody, or a bulk replay that has ended. */
export type Ended = z.infer<typeof endedSchema>;

const ENDED = 'ended';

export class EndedBook {
  readonly #table: () => Promise<TableClient>;

  constructor(table: TableClient) {
    this.#table = createdTable(table);
  }

  /** Notes an end. Noting it again changes nothing; a setup may end more than once. @param at when that was */
  async note(ended: Ended, at: Date): Promise<void> {
    const table = await this.#table();
    const rowKey = `${timeKey('oldest', at.getTime())}-${nameOf(ended)}`;
    await table.upsertEntity({ partitionKey: ENDED, rowKey, ...ended }, 'Replace');
  }

  /** What ended before a time, the oldest first, each with what forgets it. */
  async *before(time: Date): AsyncGenerator<{ readonly ended: Ended; readonly forget: () => Promise<void> }> {
    const table = await this.#table();
    const filter = odata`PartitionKey eq ${ENDED} and RowKey lt ${timeKey('oldest', time.getTime())}`;
    for await (const row of table.listEntities({ queryOptions: { filter } })) {
      const { rowKey = '' } = row;
      yield {
        ended: endedSchema.parse(row),
        async forget() {
          await unlessMissing(() => table.deleteEntity(ENDED, rowKey));
        },
      };
    }
  }
}

function nameOf(ended: Ended): string {
  return ended.kind === 'setup' ? `${ended.tenantId}|${ended.setupId}` : ended.replayId;
}
