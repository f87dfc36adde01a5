/** The orchestrations of an attempt, seen from outside. */
import { OrchestrationRuntimeStatus } from 'durable-functions';
import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';
import type { Settings } from '../config.ts';
import { activeWorkerOf, runInstanceOf } from '../replication/run.ts';
import { instanceIdOf } from './setup.ts';
import type { AttemptId } from './setup.ts';
import type { CleanupInput, SetupInput } from './attempt-input.ts';
import type { SetupRecord } from './store.ts';

const LONGEST_DELETION_MS = 24 * 60 * 60_000;

/** Names under which the orchestrations are registered. */
const orchestrationNames = { setup: 'setup', cleanup: 'cleanup' } as const;

/**
 * Starts the orchestration of an attempt that is stored as accepted; it may run already.
 * @throws if the Durable Functions backend does not answer
 */
export async function startSetup(client: DurableClient, setup: SetupRecord, settings: Settings): Promise<void> {
  const { product, source, assessmentId } = setup.request;
  const input: SetupInput = {
    tenantId: setup.tenantId,
    setupId: setup.setupId,
    attempt: setup.attempt,
    key: setup.key,
    product,
    sourceKind: source.kind,
    ...(source.runtimeName === undefined ? {} : { runtimeName: source.runtimeName }),
    runtimeWaitSeconds: Math.round(settings.MIGRATION_RUNTIME_WAIT_HOURS * 3600),
    ...(assessmentId === undefined ? {} : { assessmentId }),
  };
  await startOnce(client, orchestrationNames.setup, instanceIdOf(setup), input);
}

/**
 * Starts the cleanup orchestration that a setup was given to.
 * @param cause how the attempt's orchestration had ended
 * @throws if the Durable Functions backend does not answer
 */
export async function startCleanup(
  client: DurableClient,
  setup: SetupRecord & { readonly cleanup: number },
  cause: string,
): Promise<void> {
  const { tenantId, setupId, attempt, key, cleanup, state, deletion } = setup;
  const reasons = { Canceling: 'canceled', Deleting: 'deleted' } as const;
  const reason = state === 'Canceling' || state === 'Deleting' ? reasons[state] : 'failed';
  const input: CleanupInput = {
    tenantId,
    setupId,
    attempt,
    key,
    cleanup,
    reason,
    cause,
    removeRuntime: deletion?.removeRuntime ?? false,
    removeSource: deletion?.removeSource ?? false,
    deadline: Date.parse(deletion?.at ?? setup.lastModifiedAt) + LONGEST_DELETION_MS,
  };
  await startOnce(client, orchestrationNames.cleanup, cleanupIdOf(setup, cleanup), input);
}

/** The cleanup orchestration of that number of an attempt. */
export function cleanupIdOf(attempt: AttemptId, number: number): string {
  return `${instanceIdOf(attempt)}.cleanup.${number}`;
}

/** The orchestration that a setup is in the hands of: of the replication run under way, its last cleanup, or the attempt. */
export function orchestrationOf(setup: SetupRecord): string {
  const worker = activeWorkerOf(setup);
  if (worker !== undefined) return runInstanceOf(setup, worker);
  return setup.cleanup === undefined ? instanceIdOf(setup) : cleanupIdOf(setup, setup.cleanup);
}

/** The orchestrations that the one of an attempt calls. */
export function childrenOf(instance: string): string[] {
  const parts = ['factorySelection', 'runtimeRegistration', 'preparation'];
  return parts.map((part) => `${instance}.${part}`);
}

/** Starts an instance, unless there is one of that id: somebody else was faster, and an id is used once. */
export async function startOnce(
  client: DurableClient,
  name: string,
  instanceId: string,
  input: unknown,
): Promise<void> {
  try {
    await client.startNew(name, { instanceId, input });
  } catch (error) {
    if ((await instanceStatus(client, instanceId)) === undefined) throw error;
  }
}

/** Ends an instance; it may have ended already, or never have begun. */
export async function endInstance(client: DurableClient, instanceId: string): Promise<void> {
  const found = await instanceStatus(client, instanceId);
  if (found === undefined || endedStatuses.has(found.runtimeStatus)) return;
  await client.terminate(instanceId, 'The attempt is cleaned up.');
}

/**
 * Removes the history of an instance that has ended; it may be gone already, or never have begun.
 * @throws if it has not ended
 */
export async function purgeInstance(client: DurableClient, instanceId: string): Promise<void> {
  const { status, ended } = await orchestrationStatus(client, instanceId);
  if (status === 'Missing') return;
  if (!ended) {
    throw new Error(`${instanceId} is ${status}, and what it worked for has ended. Terminate it if it works no more`);
  }
  await client.purgeInstanceHistory(instanceId);
}

const endedStatuses: ReadonlySet<OrchestrationRuntimeStatus> = new Set([
  OrchestrationRuntimeStatus.Completed,
  OrchestrationRuntimeStatus.Failed,
  OrchestrationRuntimeStatus.Terminated,
  OrchestrationRuntimeStatus.Canceled,
]);

/** How an instance is; `Missing` if it was never started. */
export async function orchestrationStatus(
  client: DurableClient,
  instanceId: string,
): Promise<{ readonly status: OrchestrationRuntimeStatus | 'Missing'; readonly ended: boolean }> {
  const found = await instanceStatus(client, instanceId);
  if (found === undefined) return { status: 'Missing', ended: false };
  return { status: found.runtimeStatus, ended: endedStatuses.has(found.runtimeStatus) };
}

async function instanceStatus(
  client: DurableClient,
  instanceId: string,
): Promise<DurableOrchestrationStatus | undefined> {
  try {
    return await client.getStatus(instanceId);
  } catch (error) {
    // The client has no other way to say it: its error carries no code.
    if (error instanceof Error && error.message.includes('replied with HTTP 404')) return undefined;
    throw error;
  }
}
