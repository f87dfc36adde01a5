/** A world in which a setup succeeds, for replay tests to change. */
import { handlers } from '../../../orchestrators/handlers.ts';
import { storedAssessmentId } from '../../../shared/setup/assessment.ts';
import type { SetupInput } from '../../../shared/setup/attempt-input.ts';
import type { SetupFailure } from '../../../shared/setup/setup.ts';
import type { World } from '../durable/replay.ts';

export const factories = ['factory-a', 'factory-b', 'factory-c'].map((name) => ({
  subscriptionId: '00000000-0000-0000-0000-000000000001',
  resourceGroup: 'migration',
  name,
}));

export const setupInput: SetupInput = {
  tenantId: '11111111-1111-1111-1111-111111111111',
  setupId: 'contoso',
  attempt: 1,
  key: '0123456789ab',
  product: 'DynamicsBCLast',
  sourceKind: 'SqlServer',
  runtimeWaitSeconds: 3600,
};

/** The same database, only looked at. */
export const assessmentInput: SetupInput = { ...setupInput, setupId: storedAssessmentId(setupInput.setupId) };

/** What was done, oldest first. */
export interface Recorded {
  /** How the attempt or the removal ended, as far as its orchestration says so. */
  readonly milestones: { readonly name: string; readonly data: unknown }[];
  /** Activities that were called. */
  readonly calls: { readonly name: string; readonly input: unknown }[];
}

/** What ends the waits of a setup that succeeds, by the names of the events. */
export const answers = {
  runtime: { kind: 'online', nodes: [{ name: 'node-1', version: '5.0' }] },
  assess: { kind: 'ended', status: 'Succeeded', message: '' },
  catalogue: { kind: 'ended', status: 'Succeeded', message: '' },
  install: { kind: 'ended', status: 'Succeeded', message: '' },
  replication: { kind: 'ended', status: 'Succeeded', message: '' },
  release: { kind: 'ended', status: 'Succeeded', message: '' },
  remove: { kind: 'ended', status: 'Succeeded', message: '' },
} as const;

/** Makes the world, with activities and events replaced by those given. */
export function successfulWorld(
  replaced: World['activities'] = {},
  events: NonNullable<World['events']> = {},
): World & Recorded {
  const milestones: { name: string; data: unknown }[] = [];
  const activities: World['activities'] = {
    openAttempt: () => ({ canceling: false, from: 'FactorySelection', installs: false }),
    readCheckpoints: () => ({ factory: factories[1], runtimeName: 'shir-0123456789ab', installs: true }),
    moveBack: () => null,
    endInstances: () => null,
    selectFactory: () => ({ factory: factories[1] }),
    releaseFactory: () => null,
    findRuntime: () => ({ factory: factories[1] }),
    leaveRuntime: ({ runtimeName, remove }: { runtimeName: string; remove: boolean }) => ({
      removed: remove ? [runtimeName] : [],
    }),
    explainFailure: ({ failure }: { failure: SetupFailure }) => ({ explained: failure }),
    ensureRuntime: () => ({ kind: 'present', runtimeName: 'shir-0123456789ab' }),
    putConnections: () => null,
    restoreConnections: () => null,
    renewStaging: () => null,
    putPreparation: () => null,
    startPreparation: ({ stage }: { stage: string }) => ({ runId: `run-${stage}` }),
    restorePreparation: () => null,
    startSourceUndo: ({ stage }: { stage: string }) => ({ runId: `run-${stage}` }),
    readSourceRemoval: () => ({ left: [] }),
    takeCatalogues: () => ({ takenOver: true, attempt: 1, at: '2026-11-01T00:00:00.000Z' }),
    evaluateChecks: () => ({}),
    holdsCatalogues: () => ({ holds: true }),
    recordInventory: () => null,
    planTables: () => null,
    putReplication: () => ({ pipelines: ['mig_0123456789ab_replicate'] }),
    markEnvironmentReady: () => ({ environment: 'Production' }),
    clearEnvironmentMark: () => null,
    holdsClaim: () => ({ holds: true }),
    releaseClaims: () => null,
    removeFromDestination: () => ({ left: [] }),
    releaseEnvironment: () => null,
    beginUndo: () => null,
    holdsPassword: () => ({ holds: true }),
    removeSecret: () => null,
    cancelRuns: () => ({ active: 0 }),
    finish: () => null,
    removeEntities: () => ({ removed: ['everything'] }),
    removeStaging: () => ({ removed: ['container'] }),
    refreshPlan: () => ({ published: true }),
    beginRun: () => ({ published: true }),
    startReplication: () => ({ runId: 'run-replication' }),
    cancelReplication: () => ({ active: 0 }),
    closeRun: () => ({ tables: 10, succeededTables: 10, failedTables: 0, rows: 100 }),
    endRun: () => ({ published: true }),
    recordMilestone: ({ milestone }: { milestone: { name: string; data: unknown } }) => {
      milestones.push(milestone);
      return { published: true };
    },
    ...replaced,
  };
  const successful = Object.entries(answers).map(([name, answer]): [string, () => unknown] => [name, () => answer]);
  const raised = { ...Object.fromEntries(successful), ...events };
  const calls: { name: string; input: unknown }[] = [];
  const noted = Object.entries(activities).map(([name, work]): [string, typeof work] => [
    name,
    (input: never) => {
      calls.push({ name, input });
      return work(input);
    },
  ]);
  return { orchestrations: handlers, activities: Object.fromEntries(noted), events: raised, milestones, calls };
}
