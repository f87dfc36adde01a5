/**
 * What a timer does for setups that were left behind: starts those that were accepted and never started, gives those
 * whose orchestration is dead to a cleanup, lets replication runs go on, and publishes what was not published.
 */
import type { DurableClient } from 'durable-functions';
import pMap from 'p-map';
import { messageOf } from '../../shared/error-message.ts';
import type { Services } from '../../shared/services.ts';
import type { ActiveSetup } from '../../shared/setup/active.ts';
import { activeWorkerOf, runInstanceOf } from '../../shared/replication/run.ts';
import type { RunWorker } from '../../shared/replication/run.ts';
import { startReplicationRun } from '../../shared/replication/start.ts';
import { instanceIdOf } from '../../shared/setup/setup.ts';
import { cleanupIdOf, orchestrationStatus, startCleanup, startSetup } from '../../shared/setup/start.ts';
import { restingStates } from '../../shared/setup/states.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';

/** Younger than this, a change is still in the hands of the request that made it. */
const GRACE_MS = 30_000;
/** A setup that has no row yet may be late: its request goes on after a pause of its host. */
const MISSING_GRACE_MS = 15 * 60_000;
const AT_ONCE = 16;
/** Ends well before the next run, and before the host would end it. */
const BUDGET_MS = 25_000;

/**
 * Looks after every setup that is not settled. One that fails does not keep the others waiting; what there was no time
 * for comes first in the next run.
 * @throws {AggregateError} with what failed
 */
export async function settleSetups(client: DurableClient, services: Services): Promise<void> {
  const { active, publisher, clock } = services;
  const end = clock.now().getTime() + BUDGET_MS;
  const setups = await active.list();
  const failures: Error[] = [];
  let firstLate: ActiveSetup | undefined;

  const forEach = (step: (setup: ActiveSetup) => Promise<void>) =>
    pMap(
      setups,
      async (setup) => {
        if (clock.now().getTime() > end) {
          firstLate ??= setup;
          return;
        }
        try {
          await step(setup);
        } catch (error) {
          failures.push(new Error(`Setup ${setup.setupId}: ${messageOf(error)}`, { cause: error }));
        }
      },
      { concurrency: AT_ONCE },
    );

  await forEach((setup) => keepGoing(setup, client, services));
  // Last, because a bus that is silent must keep nobody from being started.
  await forEach(async (setup) => {
    if (!publisher.isPaused) await publisher.publishPending(setup);
  });
  await forEach((setup) => forget(setup, services));
  await active.continueFrom(firstLate);
  if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
}

async function keepGoing(listed: ActiveSetup, client: DurableClient, services: Services): Promise<void> {
  const { store, clock, settings } = services;
  const setup = await store.get(listed);
  if (setup === undefined) return;
  const worker = activeWorkerOf(setup);
  if (worker !== undefined) return keepRunGoing(setup, worker, client, services);
  if (restingStates.includes(setup.state)) {
    const { deletion } = setup;
    const audit = { actor: deletion?.actor ?? '', action: 'beginDelete', requestId: 'timer' };
    if (deletion?.begun === false) await store.beginDelete(setup, audit);
    return;
  }
  if (setup.cleanup === undefined && clock.now().getTime() - Date.parse(setup.lastModifiedAt) < GRACE_MS) return;
  const instance = setup.cleanup === undefined ? instanceIdOf(setup) : cleanupIdOf(setup, setup.cleanup);
  const { status, ended } = await orchestrationStatus(client, instance);
  if (setup.cleanup !== undefined && status === 'Missing') {
    await startCleanup(client, { ...setup, cleanup: setup.cleanup }, 'The attempt ended without a result.');
    return;
  }
  const neverStarted = status === 'Missing' && setup.openedBy === undefined;
  if (neverStarted && setup.state === 'Accepted') {
    await startSetup(client, setup, settings);
    return;
  }
  // A removal that no cleanup was given yet; one that goes on must not be begun anew.
  const isToBeRemoved = setup.state === 'Deleting' && setup.cleanup === undefined;
  if (ended || status === 'Missing' || isToBeRemoved) await cleanUp(setup, status, client, services);
}

/** Starts the orchestration of a replication run that was never started, and another one after one that is dead. */
async function keepRunGoing(
  setup: SetupRecord,
  worker: RunWorker,
  client: DurableClient,
  { clock, replicationRuns }: Services,
): Promise<void> {
  if (clock.now().getTime() - Date.parse(setup.lastModifiedAt) < GRACE_MS) return;
  const { status, ended } = await orchestrationStatus(client, runInstanceOf(setup, worker));
  if (status !== 'Missing' && !ended) return;
  const given = ended ? await replicationRuns.restart(setup) : setup;
  if (given !== undefined) await startReplicationRun(client, given, await replicationRuns.requireRun(setup, worker));
}

async function cleanUp(setup: SetupRecord, status: string, client: DurableClient, services: Services): Promise<void> {
  const cleanup = (setup.cleanup ?? 0) + 1;
  const given = await services.store.beginCleanup(setup, cleanup);
  if (given === undefined) return;
  const cause = `The orchestration of the attempt ended as ${status} without a result.`;
  await startCleanup(client, { ...given, cleanup }, cause);
}

/** A setup that rests and has told everybody needs nothing more, and a row without a setup never will. */
async function forget(listed: ActiveSetup, { store, active, index, ended, clock }: Services): Promise<void> {
  const setup = await store.get(listed);
  const age = clock.now().getTime() - listed.since.getTime();
  if (setup === undefined) {
    if (age > MISSING_GRACE_MS) await active.remove(listed);
    return;
  }
  const isResting =
    restingStates.includes(setup.state) && setup.deletion?.begun !== false && activeWorkerOf(setup) === undefined;
  // One that was noted after its last change is about to be begun anew.
  const isBegunAnew = listed.since.getTime() > Date.parse(setup.lastModifiedAt) && age <= MISSING_GRACE_MS;
  if (!isResting || isBegunAnew || (await store.pendingEvents(listed)).length > 0) return;
  // Whoever changed it may have ended before the lists knew.
  await index.put(setup);
  await store.moveAudits(setup);
  const { tenantId, setupId, lastModifiedAt } = setup;
  await ended.note({ kind: 'setup', tenantId, setupId }, new Date(lastModifiedAt));
  await active.remove(listed);
}
