/** A world in which a setup succeeds, for replay tests to change. */
import { handlers } from '../../../orchestrators/handlers.ts';
import type { SetupInput } from '../../../shared/setup/attempt-input.ts';
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

/** Milestones that were recorded, oldest first. */
export interface Recorded {
  readonly milestones: { readonly name: string; readonly data: unknown }[];
}

/** What ends the waits of a setup that succeeds, by the names of the events. */
export const answers = {
  runtime: { kind: 'online', nodes: [{ name: 'node-1', version: '5.0' }] },
  assess: { kind: 'ended', status: 'Succeeded', message: '' },
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
    selectFactory: () => ({
      factory: factories[1],
      candidates: factories.map(({ name }) => ({ name, eligible: true, score: 100, reasons: [] })),
    }),
    releaseFactory: () => null,
    findRuntime: () => ({ factory: factories[1] }),
    leaveRuntime: ({ runtimeName, remove }: { runtimeName: string; remove: boolean }) => ({
      removed: remove ? [runtimeName] : [],
    }),
    ensureRuntime: () => ({ kind: 'present', runtimeName: 'shir-0123456789ab', created: true }),
    getRuntimeStatus: () => ({ online: true, nodes: answers.runtime.nodes }),
    openWait: () => ({}),
    closeWait: () => null,
    putLinkedService: () => null,
    putDataset: () => null,
    putPipeline: ({ role }: { role: string }) => ({ name: `mig_0123456789ab_${role}` }),
    startPreparation: ({ stage }: { stage: string }) => ({
      pipeline: 'mig_0123456789ab_prepare',
      runId: `run-${stage}`,
    }),
    restorePreparation: () => null,
    startSourceUndo: ({ stage }: { stage: string }) => ({
      pipeline: 'mig_0123456789ab_prepare',
      runId: `run-${stage}`,
    }),
    readSourceRemoval: () => ({ left: [] }),
    evaluateChecks: () => ({ counts: { passed: 20, warned: 1, failed: 0, skipped: 0, failedChecks: [] } }),
    holdsCatalogues: () => ({ holds: true }),
    recordInventory: () => ({ companies: 3, extensions: 2 }),
    planTables: () => ({ byCopyMethod: { Delta: 10 }, large: 1, small: 9, packs: 1, rows: 100, leftOut: 0 }),
    markEnvironmentReady: () => ({ environment: 'Production' }),
    clearEnvironmentMark: () => null,
    holdsClaim: () => ({ holds: true }),
    releaseClaims: () => null,
    removeFromDestination: () => ({ left: [] }),
    releaseEnvironment: () => null,
    holdsPassword: () => ({ holds: true }),
    removeSecret: () => null,
    cancelRuns: () => ({ active: 0 }),
    removePreparation: () => ({ removed: ['mig_0123456789ab_prepare'] }),
    removeEntities: () => ({ removed: ['everything'] }),
    removeStaging: () => ({ removed: ['container'] }),
    refreshPlan: () => ({ published: true }),
    beginRun: () => ({ published: true }),
    startReplication: () => ({ pipeline: 'mig_0123456789ab_replicate', runId: 'run-replication' }),
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
  return { orchestrations: handlers, activities, events: raised, milestones };
}
