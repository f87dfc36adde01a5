import { messageOf } from '../../shared/error-message.ts';
import { entityNames } from '../../shared/factory/names.ts';
import { chunksOf } from '../../shared/setup/failure.ts';
import { dataOf } from '../../shared/setup/milestone-data.ts';
import type { MilestoneName } from '../../shared/setup/states.ts';
import type { MilestoneRecord, SetupStore } from '../../shared/setup/store.ts';
import type { AttemptId } from '../../shared/setup/setup.ts';
import type { Implementation } from './implementation.ts';

export const openAttempt: Implementation<'openAttempt'> = async ({ token, ...attempt }, { store }) => {
  const opened = await store.open(attempt, token);
  if (opened.kind === 'stopped') return { stopped: opened.reason };
  const { state, from } = opened.setup;
  return { canceling: state === 'Canceling', from, ...(await checkpointsOf(attempt, store)) };
};

export const readCheckpoints: Implementation<'readCheckpoints'> = async ({ key, ...attempt }, { store, runtimes }) => {
  const checkpoints = await checkpointsOf(attempt, store);
  if (checkpoints.factory === undefined || checkpoints.runtimeName !== undefined) return checkpoints;
  // An attempt that was stopped after it had its runtime, and before it could say so.
  const { request } = await store.require(attempt);
  const runtime = await runtimes.get(attempt.tenantId, request.source.runtimeName ?? entityNames(key).runtime);
  return runtime?.users.includes(attempt.setupId) === true
    ? { ...checkpoints, runtimeName: runtime.name }
    : checkpoints;
};

export const moveBack: Implementation<'moveBack'> = async ({ phase, ...attempt }, { store }) => {
  const moved = await store.moveBack(attempt, phase);
  return moved.kind === 'stopped' ? { stopped: moved.reason } : null;
};

export const recordMilestone: Implementation<'recordMilestone'> = async (
  { milestone, detail, cleanup, ...attempt },
  { store, findings, publisher },
) => {
  const recorded = await store.record(attempt, milestone, cleanup);
  if (recorded.kind === 'stopped') return { stopped: recorded.reason };
  if (detail !== undefined) await findings.put(attempt, 'cause', chunksOf(detail));
  try {
    await publisher.publishPending(attempt);
    return { published: true };
  } catch (error) {
    // The event is stored, and a timer publishes what is left behind: a setup does not wait for its listeners.
    return { published: false, reason: messageOf(error) };
  }
};

/** What the attempt has reached or taken over; if it has no factory, that of the attempt before it. */
async function checkpointsOf(attempt: AttemptId, store: SetupStore) {
  const attempts: MilestoneRecord[][] = [];
  for (let number = attempt.attempt; number > 0; number -= 1) {
    attempts.push(await store.milestonesOf({ ...attempt, attempt: number }));
  }
  const latest = <Name extends MilestoneName>(name: Name) =>
    attempts.map((reached) => dataOf(reached, name)).find((data) => data !== undefined);
  const factory = latest('factorySelected')?.factory;
  const runtimeName = latest('runtimeCreated')?.runtimeName;
  return {
    ...(factory === undefined ? {} : { factory }),
    ...(runtimeName === undefined ? {} : { runtimeName }),
    installs: latest('checksCompleted') !== undefined,
  };
}
