/** What goes of a setup that rests, once its retention is over. */
import type { DurableClient } from 'durable-functions';
import { runInstanceOf } from '../replication/run.ts';
import type { ReplicationRun } from '../replication/run.ts';
import type { ReachedAttempt } from '../setup/attempts.ts';
import type { Services } from '../services.ts';
import type { SetupRecord } from '../setup/head.ts';
import type { SetupKey } from '../setup/rows.ts';
import { instanceIdOf } from '../setup/setup.ts';
import type { AttemptId } from '../setup/setup.ts';
import { childrenOf, cleanupIdOf, purgeInstance } from '../setup/start.ts';
import { restingStates } from '../setup/states.ts';

/**
 * Purges the histories of attempts and replication runs that ended before a time, and the rows of a setup that was deleted before it. What was
 * done is not done again.
 * @throws if an instance of such an attempt still runs
 */
export async function purgeSetup(
  services: Services,
  client: DurableClient,
  key: SetupKey,
  endedBefore: Date,
): Promise<void> {
  const { store, attempts, replicationRuns } = services;
  const setup = await store.get(key);
  if (setup === undefined) return;
  const { tenantId, setupId } = setup;
  const all = await attempts.of(setup);
  for (const [index, attempt] of all.entries()) {
    if (attempt.historyPurged || !isOver(setup, attempt, endedBefore)) continue;
    const id = { tenantId, setupId, attempt: attempt.attempt };
    const isLast = attempt.attempt === setup.attempt;
    await purgeHistory(client, id, (isLast ? setup.cleanup : all[index + 1]?.cleanupsBefore) ?? 0);
    // The last one may get a further cleanup: somebody deletes the setup.
    if (!isLast) await attempts.markPurged(id);
  }
  for (const run of await replicationRuns.of(setup)) {
    if (run.historyPurged || run.endedAt === undefined || new Date(run.endedAt) >= endedBefore) continue;
    await purgeRunHistory(client, { tenantId, setupId, attempt: run.attempt }, run);
    await replicationRuns.markPurged(setup, run.number);
  }
  if (setup.state === 'Deleted' && new Date(setup.lastModifiedAt) < endedBefore) await purgeRows(services, setup);
}

function isOver(setup: SetupRecord, { attempt, reached }: ReachedAttempt, endedBefore: Date): boolean {
  const isLast = attempt === setup.attempt;
  if (isLast && (!restingStates.includes(setup.state) || setup.deletion?.begun === false)) return false;
  const end = isLast ? setup.lastModifiedAt : reached.at(-1)?.at;
  return end !== undefined && new Date(end) < endedBefore;
}

async function purgeHistory(client: DurableClient, attempt: AttemptId, cleanups: number): Promise<void> {
  const instance = instanceIdOf(attempt);
  const ids = Array.from({ length: cleanups }, (_, index) => cleanupIdOf(attempt, index + 1));
  for (const id of [...ids, ...childrenOf(instance), instance]) await purgeInstance(client, id);
}

async function purgeRunHistory(client: DurableClient, attempt: AttemptId, run: ReplicationRun): Promise<void> {
  const { number, starts = 1 } = run;
  for (let start = 1; start <= starts; start += 1) {
    await purgeInstance(client, runInstanceOf(attempt, { number, start }));
  }
}

/** A PUT may begin the setup anew at any moment; then it is a setup like any other. */
async function purgeRows({ store, index, book, setupRows }: Services, setup: SetupRecord): Promise<void> {
  await store.moveAudits(setup);
  await book.forget(setup);
  await index.remove(setup);
  if (await setupRows.remove(setup)) return;
  await index.put(await store.require(setup));
}
