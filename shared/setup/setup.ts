/**
 * What a setup is: its request, its states and phases, and the milestones that move it on. Pure; stored and sent as is.
 */
import { z } from 'zod';

/** The API version that requests name. */
export const apiVersion = '2026-11-01';

/** Chosen by the caller, unique within a tenant. */
export const setupIdSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/);

/**
 * `DynamicsBC`: source and environment have the same major version. `DynamicsBCLast`: the source is older.
 * https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/migration-setup
 */
export const productSchema = z.enum(['DynamicsBC', 'DynamicsBCLast']);
export type Product = z.infer<typeof productSchema>;

/** `SqlServer` is reached through a self-hosted integration runtime, `AzureSql` directly. */
export const sourceKindSchema = z.enum(['SqlServer', 'AzureSql']);
export type SourceKind = z.infer<typeof sourceKindSchema>;

/** Where the on-premises database is, rebuilt from the caller's connection string. Holds no password. */
const sourceConnectionSchema = z.object({
  /** As SqlClient writes it: `host`, `host\instance` or `host,port`. */
  server: z.string(),
  database: z.string(),
  userName: z.string(),
  encrypt: z.boolean(),
  trustServerCertificate: z.boolean(),
});
export type SourceConnection = z.infer<typeof sourceConnectionSchema>;

/** An Azure SQL database that belongs to an online environment, reached with the service's own identity. */
export const destinationSchema = z.strictObject({
  environment: z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9 _-]{0,28}[A-Za-z0-9])?$/),
  /** Host name, or `host,port`; must be one of the servers that the service is configured for. */
  server: z.string().min(1).max(255),
  database: z.string().min(1).max(128),
});
export type Destination = z.infer<typeof destinationSchema>;

/**
 * Names of self-hosted runtimes in a factory:
 * https://learn.microsoft.com/azure/data-factory/naming-rules
 */
export const runtimeNameSchema = z
  .string()
  .min(3)
  .max(63)
  .regex(/^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/);

/** What a setup is asked to do, as it is stored: everything of the request but the password. */
export const setupRequestSchema = z.object({
  product: productSchema,
  source: z.object({
    kind: sourceKindSchema,
    connection: sourceConnectionSchema,
    runtimeName: runtimeNameSchema.optional(),
  }),
  destination: destinationSchema,
});
export type SetupRequest = z.infer<typeof setupRequestSchema>;

/** Names one attempt of one setup everywhere: in state, events, orchestrations and Azure resources. */
export const attemptIdSchema = z.object({
  tenantId: z.string(),
  setupId: z.string(),
  attempt: z.int().positive(),
});
export type AttemptId = z.infer<typeof attemptIdSchema>;

/** The orchestration instance of an attempt; never used twice. */
export function instanceIdOf({ tenantId, setupId, attempt }: AttemptId): string {
  return `${tenantId}.${setupId}.${attempt}`;
}

/** How a setup signs the databases that it prepared; a database serves one setup at a time. */
export function databaseMarkOf({ tenantId, setupId }: Pick<AttemptId, 'tenantId' | 'setupId'>): string {
  return `${tenantId}/${setupId}`;
}

export const phases = [
  'FactorySelection',
  'RuntimeRegistration',
  'Assessment',
  'Installation',
  'Inventory',
  'TablePlan',
  'ReplicationPipeline',
  'Ready',
  'Cleanup',
] as const;
export type Phase = (typeof phases)[number];

export const setupStates = ['Accepted', 'Running', 'WaitingForRuntime', 'Ready', 'Failed'] as const;
export type SetupState = (typeof setupStates)[number];

/** States that an attempt does not leave. */
export const terminalStates: readonly SetupState[] = ['Ready', 'Failed'];

/** One of the data factories that the service is configured for. */
export const factorySchema = z.strictObject({
  subscriptionId: z.guid(),
  resourceGroup: z.string().min(1).max(90),
  name: z
    .string()
    .min(3)
    .max(63)
    .regex(/^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/),
});
export type Factory = z.infer<typeof factorySchema>;

/** How one factory did in the selection, and why. */
export const factoryCandidateSchema = z.object({
  name: z.string(),
  eligible: z.boolean(),
  /** 0 (full) to 100 (idle). */
  score: z.number(),
  reasons: z.array(z.string()),
});
export type FactoryCandidate = z.infer<typeof factoryCandidateSchema>;

/** Why an attempt failed: what was found, and how to mend it. */
export const setupFailureSchema = z.object({
  code: z.string(),
  cause: z.string(),
  remedy: z.string(),
});
export type SetupFailure = z.infer<typeof setupFailureSchema>;

const checkCountsSchema = z.object({
  passed: z.int(),
  warned: z.int(),
  /** Those that block. */
  failed: z.int(),
  skipped: z.int(),
  failedChecks: z.array(z.string()),
});

const tableCountsSchema = z.object({
  /** Tables by copy method. */
  byCopyMethod: z.record(z.string(), z.int()),
  large: z.int(),
  small: z.int(),
  /** Packs in which small tables travel. */
  packs: z.int(),
  rows: z.number(),
});

/**
 * What is recorded on the way, in order. Each has its data, the state that it leads to, the phase that it belongs to
 * and whether it ends that phase; the data of a milestone that ends a phase is the phase's checkpoint.
 */
export const milestones = {
  accepted: milestone(
    'Accepted',
    'FactorySelection',
    'opens',
    z.object({ product: productSchema, sourceKind: sourceKindSchema }),
  ),
  factorySelected: milestone(
    'Running',
    'FactorySelection',
    'ends',
    z.object({ factory: factorySchema, candidates: z.array(factoryCandidateSchema) }),
  ),
  runtimeCreated: milestone(
    'WaitingForRuntime',
    'RuntimeRegistration',
    'within',
    z.object({ runtimeName: z.string(), created: z.boolean() }),
  ),
  runtimeOnline: milestone(
    'Running',
    'RuntimeRegistration',
    'ends',
    z.object({ runtimeName: z.string(), nodes: z.array(z.object({ name: z.string(), version: z.string() })) }),
  ),
  runtimeNotNeeded: milestone('Running', 'RuntimeRegistration', 'ends', z.object({ reason: z.string() })),
  /** No check blocks. */
  checksCompleted: milestone('Running', 'Assessment', 'ends', checkCountsSchema),
  /** A check blocks: the phase does not end, the attempt will. */
  checksFailed: milestone('Running', 'Assessment', 'within', checkCountsSchema),
  proceduresCreated: milestone('Running', 'Installation', 'ends', z.object({})),
  inventoryCompleted: milestone('Running', 'Inventory', 'ends', z.object({ companies: z.int(), extensions: z.int() })),
  tablesPlanned: milestone('Running', 'TablePlan', 'ends', tableCountsSchema),
  replicationPipelineCreated: milestone(
    'Running',
    'ReplicationPipeline',
    'ends',
    z.object({ pipelines: z.array(z.string()) }),
  ),
  environmentMarked: milestone('Running', 'Ready', 'ends', z.object({ environment: z.string() })),
  cleanupCompleted: milestone('Running', 'Cleanup', 'ends', z.object({ removed: z.array(z.string()) })),
  ready: milestone('Ready', 'Cleanup', 'after', z.object({ environment: z.string(), pipelines: z.array(z.string()) })),
  /** Ends the attempt in the phase that was under way. */
  failed: milestone(
    'Failed',
    undefined,
    'after',
    z.object({
      failure: setupFailureSchema,
      /** What was taken away again. */
      removed: z.array(z.string()),
      /** What could not be taken away, each with the reason. */
      left: z.array(z.string()),
    }),
  ),
} as const;

export type MilestoneName = keyof typeof milestones;
/** In the order in which they are reached. */
export const milestoneNames = Object.keys(milestones) as [MilestoneName, ...MilestoneName[]];
export type MilestoneData<Name extends MilestoneName> = z.infer<(typeof milestones)[Name]['data']>;
/** A milestone with its data. */
export type Milestone = {
  [Name in MilestoneName]: { readonly name: Name; readonly data: MilestoneData<Name> };
}[MilestoneName];

/** Where a milestone stands in its phase. */
export type MilestonePosition = 'opens' | 'within' | 'ends' | 'after';

function milestone<State extends SetupState, Data extends z.ZodType>(
  state: State,
  phase: Phase | undefined,
  position: MilestonePosition,
  data: Data,
) {
  return { state, phase, position, data } as const;
}

/** Which states may follow a state; a milestone that would do otherwise is refused by the store. */
export const transitions: Readonly<Record<SetupState, readonly SetupState[]>> = {
  Accepted: ['Running', 'Failed'],
  Running: ['Running', 'WaitingForRuntime', 'Ready', 'Failed'],
  WaitingForRuntime: ['Running', 'WaitingForRuntime', 'Failed'],
  Ready: [],
  Failed: [],
};

/** The phase that is under way after a milestone that was reached in phase `current`. */
export function phaseAfter(name: MilestoneName, current: Phase): Phase {
  const { phase = current, position } = milestones[name];
  if (position !== 'ends') return phase;
  return phases[phases.indexOf(phase) + 1] ?? phase;
}

/** A milestone with its data, as it travels to the activity that records it. */
export const milestoneSchema = z.custom<Milestone>((value) => {
  const { success, data: given } = z.object({ name: z.enum(milestoneNames), data: z.unknown() }).safeParse(value);
  return success && milestones[given.name].data.safeParse(given.data).success;
});

/** What the `setup` orchestration is started with. Holds no secret: Durable Functions keeps it in plain text. */
export const setupInputSchema = attemptIdSchema.extend({
  /** Short name of the setup in Azure resources. */
  key: z.string(),
  product: productSchema,
  sourceKind: sourceKindSchema,
  /** The runtime to reuse; left out to get a new one. */
  runtimeName: runtimeNameSchema.optional(),
  factories: z.array(factorySchema),
  runtimeWaitSeconds: z.int(),
});
export type SetupInput = z.infer<typeof setupInputSchema>;
