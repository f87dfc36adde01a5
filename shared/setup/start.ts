/** The orchestration of an attempt, seen from outside. */
import { OrchestrationRuntimeStatus } from 'durable-functions';
import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';
import type { Settings } from '../config.ts';
import { instanceIdOf } from './setup.ts';
import type { AttemptId, SetupInput } from './setup.ts';
import type { SetupRecord } from './store.ts';

/** Name under which the `setup` orchestration is registered. */
const setupOrchestrationName = 'setup';

/**
 * Starts the orchestration of an attempt that is stored as accepted.
 * @throws if the Durable Functions backend does not answer, or the instance runs already
 */
export async function startSetup(client: DurableClient, setup: SetupRecord, settings: Settings): Promise<void> {
  const { product, source } = setup.request;
  const input: SetupInput = {
    tenantId: setup.tenantId,
    setupId: setup.setupId,
    attempt: setup.attempt,
    key: setup.key,
    product,
    sourceKind: source.kind,
    ...(source.runtimeName === undefined ? {} : { runtimeName: source.runtimeName }),
    factories: settings.MIGRATION_FACTORIES,
    runtimeWaitSeconds: Math.round(settings.MIGRATION_RUNTIME_WAIT_HOURS * 3600),
  };
  await client.startNew(setupOrchestrationName, { instanceId: instanceIdOf(setup), input });
}

const endedStatuses: ReadonlySet<OrchestrationRuntimeStatus> = new Set([
  OrchestrationRuntimeStatus.Completed,
  OrchestrationRuntimeStatus.Failed,
  OrchestrationRuntimeStatus.Terminated,
  OrchestrationRuntimeStatus.Canceled,
]);

/** How an attempt's orchestration is; `Missing` if it was never started. */
export async function orchestrationStatus(
  client: DurableClient,
  attempt: AttemptId,
): Promise<{ readonly status: OrchestrationRuntimeStatus | 'Missing'; readonly ended: boolean }> {
  const found = await instanceStatus(client, instanceIdOf(attempt));
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
