import { messageOf } from '../../shared/error-message.ts';
import { entityNames } from '../../shared/factory/names.ts';
import { isSameRuntime } from '../../shared/runtimes/runtime-book.ts';
import type { StoppedOutput } from '../../shared/durable.ts';
import type { Services } from '../../shared/services.ts';
import { isAssessment } from '../../shared/setup/assessment.ts';
import { LONGEST_ACTIVITY_MS } from '../../shared/setup/fence.ts';
import type { Worker } from '../../shared/setup/fence.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';
import { chunksOf } from '../../shared/setup/failure.ts';
import { dataOf } from '../../shared/setup/milestone-data.ts';
import type { Milestone, MilestoneName } from '../../shared/setup/states.ts';
import type { MilestoneRecord, SetupStore } from '../../shared/setup/store.ts';
import type { SetupEvent } from '../../shared/setup/events.ts';
import type { EventPublisher } from '../../shared/setup/publisher.ts';
import type { Recorded } from '../../shared/setup/writer.ts';
import type { SetupKey } from '../../shared/setup/rows.ts';
import type { AttemptId } from '../../shared/setup/setup.ts';
import { closeIfOver } from '../../shared/waits/look.ts';
import type { Implementation } from './implementation.ts';

export const openAttempt: Implementation<'openAttempt'> = async ({ token, ...attempt }, { store, clock }) => {
  const opened = await store.open(attempt, token);
  if (opened.kind === 'stopped') return { stopped: opened.reason };
  const { state, from } = opened.setup;
  // The first attempt follows none, and has reached nothing yet.
  if (attempt.attempt === 1) return { canceling: state === 'Canceling', from, quietMs: 0, installs: false };
  const before = (await store.milestonesOf({ ...attempt, attempt: attempt.attempt - 1 })).at(-1);
  const passedMs = before === undefined ? Infinity : clock.now().getTime() - Date.parse(before.at);
  const quietMs = Math.max(0, LONGEST_ACTIVITY_MS - passedMs);
  return { canceling: state === 'Canceling', from, quietMs, ...(await checkpointsOf(attempt, store)) };
};

export const beginUndo: Implementation<'beginUndo'> = async (input, { store }) => {
  const begun = await store.beginUndo(input);
  return begun.kind === 'stopped' ? { stopped: begun.reason } : null;
};

export const readCheckpoints: Implementation<'readCheckpoints'> = async ({ key, ...attempt }, { store, runtimes }) => {
  const checkpoints = await checkpointsOf(attempt, store);
  const used = await runtimes.usedBy(attempt.tenantId, attempt.setupId);
  const { request } = await store.require(attempt);
  const wanted = request.source.runtimeName ?? entityNames(key).runtime;
  // An attempt that was stopped after it had its runtime, and before it could say so, has it by its name.
  const runtimeName =
    checkpoints.runtimeName ??
    (checkpoints.factory === undefined ? undefined : used.find((name) => isSameRuntime(name, wanted)));
  return {
    ...checkpoints,
    ...(runtimeName === undefined ? {} : { runtimeName }),
    otherRuntimes: used.filter((name) => runtimeName === undefined || !isSameRuntime(name, runtimeName)),
  };
};

export const moveBack: Implementation<'moveBack'> = async ({ phase, ...attempt }, { store }) => {
  const moved = await store.moveBack(attempt, phase);
  return moved.kind === 'stopped' ? { stopped: moved.reason } : null;
};

export const recordMilestone: Implementation<'recordMilestone'> = async (
  { milestone, detail, ...worker },
  services,
) => {
  const { store, findings, publisher } = services;
  const recorded = await store.record(worker, milestone);
  if (recorded.kind === 'stopped') return { stopped: recorded.reason };
  if (detail !== undefined) await findings.put(worker, { cause: chunksOf(detail) });
  await closeIfOver(services, recorded.setup);
  return publish(worker, publisher, recorded.events);
};

/**
 * Says that an attempt has done a step: records what it reached, one milestone or several, and publishes it. What the attempt
 * has taken over from an earlier one is not recorded again.
 * @param head of the setup, as it was read; it may have changed since
 * @returns the head afterwards; or why the attempt does not go on
 */
export async function reach(
  worker: Worker,
  milestone: Milestone | readonly Milestone[],
  services: Pick<Services, 'store' | 'publisher'>,
  head: SetupRecord,
): Promise<SetupRecord | StoppedOutput> {
  const recorded = await recordAndPublish(worker, milestone, services, head);
  return recorded.kind === 'stopped' ? { stopped: recorded.reason } : recorded.setup;
}

/** As `reach`, and says whether this call has recorded it, or found it recorded or taken over. */
export async function recordAndPublish(
  worker: Worker,
  milestone: Milestone | readonly Milestone[],
  { store, publisher }: Pick<Services, 'store' | 'publisher'>,
  head: SetupRecord,
): Promise<Recorded> {
  const recorded = await store.record(worker, milestone, head);
  if (recorded.kind === 'recorded') await publish(worker, publisher, recorded.events);
  return recorded;
}

/**
 * Publishes what a change announces. It is stored, and a timer publishes what is left behind: nobody waits for listeners.
 * @param events of the change; left out where they are not known
 */
export async function publish(
  setup: SetupKey,
  publisher: EventPublisher,
  events?: readonly SetupEvent[],
): Promise<{ readonly published: boolean; readonly reason?: string }> {
  try {
    await publisher.publish(setup, events);
    return { published: true };
  } catch (error) {
    return { published: false, reason: messageOf(error) };
  }
}

/**
 * What the attempt has reached or taken over; if it has no factory, that of the attempt before it, back to a removal of
 * the setup, which took all of it away.
 */
async function checkpointsOf(attempt: AttemptId, store: SetupStore) {
  const attempts: MilestoneRecord[][] = [];
  for (let number = attempt.attempt; number > 0; number -= 1) {
    const reached = await store.milestonesOf({ ...attempt, attempt: number });
    if (number < attempt.attempt && reached.some(({ name }) => name === 'deleted')) break;
    attempts.push(reached);
  }
  const latest = <Name extends MilestoneName>(name: Name) =>
    attempts.map((reached) => dataOf(reached, name)).find((data) => data !== undefined);
  const factory = latest('factorySelected')?.factory;
  const runtimeName = latest('runtimeCreated')?.runtimeName;
  return {
    ...(factory === undefined ? {} : { factory }),
    ...(runtimeName === undefined ? {} : { runtimeName }),
    installs: !isAssessment(attempt) && latest('checksCompleted') !== undefined,
  };
}
