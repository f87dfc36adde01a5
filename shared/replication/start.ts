/** The orchestration of a replication run, seen from outside. */
import type { DurableClient } from 'durable-functions';
import type { SetupRecord } from '../setup/head.ts';
import { startOnce } from '../setup/start.ts';
import { activeWorkerOf, runInstanceOf } from './run.ts';
import type { ReplicationRun, ReplicationRunInput } from './run.ts';

/** The name under which the orchestration is registered. */
const ORCHESTRATION = 'replicationRun';

/**
 * Starts the orchestration that works on the run that is under way; it may run already.
 * @throws if the Durable Functions backend does not answer
 */
export async function startReplicationRun(
  client: DurableClient,
  setup: SetupRecord,
  { mode, retryOf }: ReplicationRun,
): Promise<void> {
  const { tenantId, setupId, attempt, key } = setup;
  const run = activeWorkerOf(setup);
  if (run === undefined) return;
  const input: ReplicationRunInput = {
    tenantId,
    setupId,
    attempt,
    key,
    run,
    mode,
    ...(retryOf === undefined ? {} : { retryOf }),
  };
  await startOnce(client, ORCHESTRATION, runInstanceOf(input, run), input);
}
