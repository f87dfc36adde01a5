/** What a timer does for setups that were left behind: starts, publishes, and ends what would otherwise hang. */
import type { DurableClient } from 'durable-functions';
import { messageOf } from '../../shared/error-message.ts';
import { setupFailures } from '../../shared/errors.ts';
import type { Services } from '../../shared/services.ts';
import { terminalStates } from '../../shared/setup/setup.ts';
import type { ActiveSetup } from '../../shared/setup/store.ts';
import { orchestrationStatus, startSetup } from '../../shared/setup/start.ts';

/** Younger than this, a setup is still in the hands of the request that created it. */
const GRACE_MS = 30_000;

/**
 * Looks after every setup that is not settled. One that fails does not keep the others waiting.
 * @throws {AggregateError} with what failed
 */
export async function settleSetups(client: DurableClient, services: Services): Promise<void> {
  const failures: Error[] = [];
  for (const setup of await services.store.activeSetups()) {
    try {
      await settle(setup, client, services);
    } catch (error) {
      failures.push(new Error(`Setup ${setup.setupId}: ${messageOf(error)}`, { cause: error }));
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
}

async function settle(active: ActiveSetup, client: DurableClient, services: Services): Promise<void> {
  const { store, publisher, clock, settings } = services;
  const now = clock.now().getTime();
  const setup = await store.get(active);
  if (setup === undefined) {
    // Its request failed between the two writes, or is about to do the second one.
    if (now - active.since.getTime() > GRACE_MS) await store.settle(active);
    return;
  }
  await publisher.publishPending(setup);
  if (terminalStates.includes(setup.state)) {
    await store.settle(setup);
    return;
  }
  if (now - Date.parse(setup.lastModifiedAt) < GRACE_MS) return;
  const orchestration = await orchestrationStatus(client, setup);
  if (orchestration.status === 'Missing') {
    await startSetup(client, setup, settings);
    return;
  }
  if (!orchestration.ended) return;
  const cause = `The attempt ended as ${orchestration.status} without a result.`;
  const failure = { code: 'StepFailed', cause, remedy: setupFailures.StepFailed.remedy };
  await store.record(setup, { name: 'failed', data: { failure, removed: [], left: ['everything that it made'] } });
  await publisher.publishPending(setup);
}
