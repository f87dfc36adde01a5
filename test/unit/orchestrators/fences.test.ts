import { describe, expect, test } from 'vitest';
import { runActivity } from '../../../orchestrators/activities/run.ts';
import type { activities } from '../../../orchestrators/contract.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { Services } from '../../../shared/services.ts';
import type { Fence } from '../../../shared/setup/fence.ts';
import type { SetupRecord } from '../../../shared/setup/head.ts';
import { storedHead } from '../../support/setup/stored-setup.ts';

type Name = keyof typeof activities;

/** What each activity is to an attempt: a new one must say. Those without a fence only read, or have a rule of their own. */
const fences: Readonly<Record<Name, Fence>> = {
  selectFactory: 'forward',
  releaseFactory: 'undo',
  correctEntities: 'none',
  measureFactory: 'none',
  findRuntime: 'none',
  leaveRuntime: 'undo',
  explainFailure: 'none',
  ensureRuntime: 'forward',
  putConnections: 'forward',
  restoreConnections: 'undo',
  renewStaging: 'forward',
  putPreparation: 'forward',
  startPreparation: 'forward',
  restorePreparation: 'undo',
  startSourceUndo: 'undo',
  cancelRuns: 'undo',
  takeCatalogues: 'forward',
  evaluateChecks: 'forward',
  holdsCatalogues: 'none',
  recordInventory: 'forward',
  readSourceRemoval: 'none',
  planTables: 'forward',
  putReplication: 'forward',
  markEnvironmentReady: 'forward',
  clearEnvironmentMark: 'undo',
  holdsClaim: 'none',
  releaseClaims: 'undo',
  removeFromDestination: 'undo',
  finish: 'forward',
  removeEntities: 'undo',
  removeStaging: 'undo',
  releaseEnvironment: 'undo',
  holdsPassword: 'none',
  removeSecret: 'undo',
  openAttempt: 'none',
  beginUndo: 'undo',
  readCheckpoints: 'none',
  moveBack: 'none',
  recordMilestone: 'none',
  chooseSetups: 'none',
  replayRound: 'none',
  endReplay: 'none',
  refreshPlan: 'forward',
  beginRun: 'forward',
  startReplication: 'forward',
  cancelReplication: 'undo',
  closeRun: 'undo',
  endRun: 'none',
  endInstances: 'none',
};

const factory = { subscriptionId: '44444444-4444-4444-8444-444444444444', resourceGroup: 'rg', name: 'factory-one' };
const { tenantId, setupId, key } = storedHead;

/** What any of the activities takes. */
const input = {
  tenantId,
  setupId,
  key,
  attempt: 3,
  factory,
  entities: 0,
  runtimeName: 'shir-one',
  remove: true,
  runId: 'run-1',
  instanceId: 'instance',
};
/** What some of them take under one name. */
const own: Readonly<Partial<Record<Name, object>>> = {
  finish: { environment: 'Production', pipelines: [] },
  startPreparation: { stage: 'assess' },
  startSourceUndo: { stage: 'release' },
  takeCatalogues: { assessmentId: 'looks' },
  startReplication: { mode: 'full' },
  closeRun: { error: '' },
};

const LET_THROUGH = 'was let through';

/** Runs an activity of attempt 3. @throws {Error} if it comes to anything but the head row */
function run(name: Name, head: SetupRecord | undefined, worker: object = {}): Promise<unknown> {
  const nothingElse = (known: object) =>
    new Proxy(known, {
      get(target, member) {
        if (!Reflect.has(target, member)) throw new Error(LET_THROUGH);
        return Reflect.get(target, member) as unknown;
      },
    });
  const store = nothingElse({ get: () => Promise.resolve(head) });
  return runActivity(
    name,
    { ...input, ...own[name], ...worker },
    nothingElse({ store, clock: systemClock }) as Services,
    () => {
      throw new Error(LET_THROUGH);
    },
  );
}

const running: SetupRecord = { ...storedHead, attempt: 3, state: 'Running' };
const canceling: SetupRecord = { ...running, state: 'Canceling' };
const superseded: readonly (SetupRecord | undefined)[] = [
  { ...running, attempt: 4 },
  { ...running, state: 'Ready' },
  { ...running, cleanup: 1 },
  undefined,
];

/** Those that only replication runs have. */
const ofRuns: readonly Name[] = ['refreshPlan', 'beginRun', 'startReplication', 'cancelReplication', 'closeRun'];

function named(fence: Fence): Name[] {
  return (Object.keys(fences) as Name[]).filter((name) => fences[name] === fence && !ofRuns.includes(name));
}

test.each([...named('forward'), ...named('undo')])(
  '%s works for the attempt that is current, and no other',
  async (name) => {
    await expect(run(name, running)).rejects.toThrow(LET_THROUGH);
    for (const head of superseded) expect(await run(name, head)).toEqual({ stopped: 'superseded' });
  },
);

test.each(named('forward'))('%s makes nothing more for an attempt that is canceled', async (name) => {
  expect(await run(name, canceling)).toEqual({ stopped: 'canceled' });
});

test.each(named('undo'))('%s also takes back what an attempt has made that is canceled or has failed', async (name) => {
  await expect(run(name, canceling)).rejects.toThrow(LET_THROUGH);
  await expect(run(name, { ...running, state: 'Failed' })).rejects.toThrow(LET_THROUGH);
});

describe('a replication run', () => {
  const worker = { run: { number: 2, start: 3 } };
  const active = { start: 3, canceling: false };
  const replicating: SetupRecord = { ...running, state: 'Ready', replication: { run: 2, active }, planOutdated: true };
  const others: readonly (SetupRecord | undefined)[] = [
    { ...replicating, attempt: 4 },
    { ...replicating, state: 'Deleting' },
    { ...replicating, replication: { run: 2 } },
    { ...replicating, replication: { run: 3, active } },
    { ...replicating, replication: { run: 2, active: { ...active, start: 4 } } },
    undefined,
  ];
  const all: readonly Name[] = [...ofRuns, 'renewStaging'];

  test.each(all)('%s works for the orchestration that is the last one of the run, and no other', async (name) => {
    await expect(run(name, replicating, worker)).rejects.toThrow(LET_THROUGH);
    for (const head of others) expect(await run(name, head, worker)).toEqual({ stopped: 'superseded' });
  });

  const canceled = { ...replicating, replication: { run: 2, active: { ...active, canceling: true } } };
  const makes = (name: Name) => fences[name] === 'forward';

  test.each(all.filter(makes))('%s makes nothing more after a cancellation', async (name) => {
    expect(await run(name, canceled, worker)).toEqual({ stopped: 'canceled' });
  });

  test.each(all.filter((name) => !makes(name)))('%s ends what there is after a cancellation', async (name) => {
    await expect(run(name, canceled, worker)).rejects.toThrow(LET_THROUGH);
  });
});
