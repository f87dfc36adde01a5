/** A setup as it is stored, and what is recorded of it on the way to Ready. */
import type { AuditEntry } from '../../../shared/audit/audit.ts';
import type { CheckResult } from '../../../shared/checks/check.ts';
import type { SetupRecord } from '../../../shared/setup/head.ts';
import type { NewAttempt } from '../../../shared/setup/store.ts';
import type { Milestone, MilestoneData, MilestoneName } from '../../../shared/setup/states.ts';

export const newSetup: NewAttempt = {
  tenantId: '11111111-1111-4111-8111-111111111111',
  setupId: 'first-setup',
  key: '0123456789ab',
  secretName: 'mig-0123456789ab-01234567',
  request: {
    product: 'DynamicsBC',
    source: {
      kind: 'SqlServer',
      connection: {
        server: 'SQL01\\BC',
        database: 'BC',
        userName: 'migration',
        encrypt: true,
        trustServerCertificate: false,
      },
    },
    destination: { environment: 'Production' },
  },
  destination: { environment: 'Production', server: 'online.example.com', database: 'tenant01', region: 'westeurope' },
};

/** Its head row when nothing but its acceptance was recorded. */
export const storedHead: SetupRecord = {
  ...newSetup,
  state: 'Accepted',
  phase: 'FactorySelection',
  attempt: 1,
  from: 'FactorySelection',
  reached: ['accepted'],
  sequence: 1,
  createdAt: '2026-11-24T10:00:00.000Z',
  lastModifiedAt: '2026-11-24T10:00:00.000Z',
  phaseStartedAt: '2026-11-24T10:00:00.000Z',
  undoing: false,
  removing: false,
  planOutdated: false,
  etag: 'W/"1"',
};

const factory = {
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'migration',
  name: 'factory-1',
};
const runtimeName = 'shir-0123456789ab';
const pipelines = ['mig_0123456789ab_replicate', 'mig_0123456789ab_large', 'mig_0123456789ab_small'];

const tables = { byCopyMethod: { Delta: 10 }, large: 1, small: 9, packs: 1, rows: 100, leftOut: 0 };

const data: { readonly [Name in MilestoneName]: MilestoneData<Name> } = {
  accepted: { product: 'DynamicsBC', sourceKind: 'SqlServer', from: 'FactorySelection' },
  factorySelected: { factory, candidates: [] },
  runtimeCreated: { runtimeName, created: true },
  runtimeOnline: { runtimeName, nodes: [{ name: 'node-1', version: '5.50.9171.1' }] },
  runtimeNotNeeded: { reason: 'An Azure SQL source is reached directly.' },
  checksCompleted: {
    passed: 20,
    nothingToDo: 0,
    warned: 1,
    failed: 0,
    skipped: 0,
    excluded: 0,
    failedChecks: [],
    tables,
  },
  checksFailed: {
    passed: 19,
    nothingToDo: 0,
    warned: 1,
    failed: 1,
    skipped: 0,
    excluded: 0,
    failedChecks: ['SRV-02'],
    tables,
  },
  proceduresCreated: {},
  inventoryCompleted: { companies: 2, extensions: 3 },
  tablesPlanned: tables,
  replicationPipelineCreated: { pipelines },
  environmentMarked: { environment: 'Production' },
  cleanupCompleted: { removed: ['mig_0123456789ab_prepare'] },
  ready: { environment: 'Production', pipelines },
  failed: {
    failure: { code: '50001', cause: 'measured 120, expected 130', remedy: 'ALTER DATABASE' },
    removed: ['mig_0123456789ab_prepare'],
    left: [],
  },
  completed: { removed: ['mig_0123456789ab_prepare'], left: [] },
  cancelRequested: {},
  canceled: { removed: ['mig_0123456789ab_prepare'], left: [] },
  deleteRequested: { removeRuntime: false, removeSource: false },
  deleted: { removed: ['mig_0123456789ab_replicate'], left: [] },
  deletionFailed: {
    failure: { code: 'StepFailed', cause: 'the factory did not answer', remedy: 'Ask again.' },
    removed: [],
    left: ['entities in factory-1'],
  },
};

/** Who asked for the setup. */
export const audit: AuditEntry = { actor: 'somebody', action: 'putSetup', requestId: 'request-1' };

/** A milestone with data as they could be. */
export function milestone(name: MilestoneName): Milestone {
  // Name and data belong together, which the type of a computed pair cannot say.
  return { name, data: data[name] } as Milestone;
}

/** The milestones after `accepted` of a setup with a SQL Server source that becomes ready, in order. */
export const course: readonly Milestone[] = (
  [
    'factorySelected',
    'runtimeCreated',
    'runtimeOnline',
    'checksCompleted',
    'proceduresCreated',
    'inventoryCompleted',
    'tablesPlanned',
    'replicationPipelineCreated',
    'environmentMarked',
    'cleanupCompleted',
    'ready',
  ] as const
).map(milestone);

/** A check that blocks. */
export const failedCheck: CheckResult = {
  id: 'SRV-02',
  title: 'Compatibility level',
  target: 'source',
  severity: 'blocks',
  status: 'failed',
  measured: '120',
  expected: '130',
  cause: 'Too low.',
  code: '50001',
  remedy: {
    by: 'caller',
    text: 'Raise it.',
    sql: 'ALTER DATABASE',
    documentation: 'https://learn.microsoft.com/sql',
  },
};
