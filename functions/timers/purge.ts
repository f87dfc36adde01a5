/** What a timer does about what is past its retention: histories, rows of what was deleted, and what would grow for ever. */
import type { DurableClient } from 'durable-functions';
import pMap from 'p-map';
import { messageOf } from '../../shared/error-message.ts';
import { purgeReplay } from '../../shared/retention/purge-replay.ts';
import { purgeSetup } from '../../shared/retention/purge-setup.ts';
import type { Ended } from '../../shared/retention/ended-book.ts';
import type { Services } from '../../shared/services.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Audits outlive what they tell of: somebody may ask a year later. */
const AUDIT_RETENTION_MS = 400 * DAY_MS;
const AT_ONCE = { concurrency: 4 };
/** Ends well before the host would end it; what there was no time for comes first in the next run. */
const BUDGET_MS = 5 * 60_000;

/**
 * Purges what ended before the retention began. One that fails keeps no other one waiting, and is tried again.
 * @throws {AggregateError} with what failed
 */
export async function purge(client: DurableClient, services: Services): Promise<void> {
  const { ended, audit, orphans, clock, settings } = services;
  const now = clock.now().getTime();
  const hasTime = () => clock.now().getTime() < now + BUDGET_MS;
  const endedBefore = new Date(now - settings.MIGRATION_HISTORY_RETENTION_DAYS * DAY_MS);
  const failures: Error[] = [];
  const guarded = async (what: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      failures.push(new Error(`${what}: ${messageOf(error)}`, { cause: error }));
    }
  };

  await pMap(
    whileTrue(hasTime, ended.before(endedBefore)),
    (row) =>
      guarded(nameOf(row.ended), async () => {
        if (row.ended.kind === 'replay') await purgeReplay(services, client, row.ended.replayId);
        else await purgeSetup(services, client, row.ended, endedBefore);
        await row.forget();
      }),
    AT_ONCE,
  );
  await guarded('Audit', () => audit.purge(new Date(now - AUDIT_RETENTION_MS), hasTime));
  await guarded('Orphans', () => orphans.purge(endedBefore));
  if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
}

function nameOf(ended: Ended): string {
  return ended.kind === 'setup' ? `Setup ${ended.setupId}` : `Bulk replay ${ended.replayId}`;
}

async function* whileTrue<Item>(condition: () => boolean, items: AsyncIterable<Item>): AsyncGenerator<Item> {
  for await (const item of items) {
    if (!condition()) return;
    yield item;
  }
}
