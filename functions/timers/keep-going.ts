/** What keeps one setup going: its orchestration is started if it never was, and one that is dead is given to a cleanup. */
import type { DurableClient } from 'durable-functions';
import { activeWorkerOf } from '../../shared/replication/run.ts';
import type { RunWorker } from '../../shared/replication/run.ts';
import { startReplicationRun } from '../../shared/replication/start.ts';
import type { Services } from '../../shared/services.ts';
import { GRACE_MS } from '../../shared/setup/due.ts';
import { orchestrationOf, orchestrationStatus, startCleanup, startSetup } from '../../shared/setup/start.ts';
import { restingStates } from '../../shared/setup/states.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';

/** Does what a setup needs. @returns whether it needed something */
export async function keepGoing(setup: SetupRecord, client: DurableClient, services: Services): Promise<boolean> {
  const { store, settings } = services;
  const worker = activeWorkerOf(setup);
  if (worker !== undefined) return keepRunGoing(setup, worker, client, services);
  if (restingStates.includes(setup.state)) {
    const { deletion } = setup;
    if (deletion?.begun !== false) return false;
    await store.beginDelete(setup, { actor: deletion.actor, action: 'beginDelete', requestId: 'timer' });
    return true;
  }
  if (setup.cleanup === undefined && isYoung(setup, services)) return false;
  const { status, ended } = await orchestrationStatus(client, orchestrationOf(setup));
  if (setup.cleanup !== undefined && status === 'Missing') {
    await startCleanup(client, { ...setup, cleanup: setup.cleanup }, 'The attempt ended without a result.');
    return true;
  }
  const neverStarted = status === 'Missing' && setup.openedBy === undefined;
  if (neverStarted && setup.state === 'Accepted') {
    await startSetup(client, setup, settings);
    return true;
  }
  // A removal that no cleanup was given yet; one that goes on must not be begun anew.
  const isToBeRemoved = setup.state === 'Deleting' && setup.cleanup === undefined;
  if (!ended && status !== 'Missing' && !isToBeRemoved) return false;
  await cleanUp(setup, status, client, services);
  return true;
}

/** Starts the orchestration of a replication run that was never started, and another one after one that is dead. */
async function keepRunGoing(
  setup: SetupRecord,
  worker: RunWorker,
  client: DurableClient,
  services: Services,
): Promise<boolean> {
  if (isYoung(setup, services)) return false;
  const { replicationRuns } = services;
  const { status, ended } = await orchestrationStatus(client, orchestrationOf(setup));
  if (status !== 'Missing' && !ended) return false;
  const given = ended ? await replicationRuns.restart(setup) : setup;
  if (given !== undefined) await startReplicationRun(client, given, await replicationRuns.requireRun(setup, worker));
  return true;
}

async function cleanUp(setup: SetupRecord, status: string, client: DurableClient, services: Services): Promise<void> {
  const cleanup = (setup.cleanup ?? 0) + 1;
  const given = await services.store.beginCleanup(setup, cleanup);
  if (given === undefined) return;
  const cause = `The orchestration of the attempt ended as ${status} without a result.`;
  await startCleanup(client, { ...given, cleanup }, cause);
}

function isYoung({ lastModifiedAt }: SetupRecord, { clock }: Services): boolean {
  return clock.now().getTime() - Date.parse(lastModifiedAt) < GRACE_MS;
}
