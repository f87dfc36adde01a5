/**
 * How a setup moves: its phases, its states, and the milestones that lead from one to the next. The only place that
 * knows them. Pure.
 */
import { z } from 'zod';
import { takenCataloguesSchema } from './taken-catalogues.ts';
import { isAssessment } from './assessment.ts';
import { factoryCandidateSchema, factorySchema, productSchema, setupFailureSchema, sourceKindSchema } from './setup.ts';
import type { AttemptId } from './setup.ts';

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
export const phaseSchema = z.enum(phases);
export type Phase = z.infer<typeof phaseSchema>;

const assessmentPhases = [
  'FactorySelection',
  'RuntimeRegistration',
  'Assessment',
  'Cleanup',
] as const satisfies Phase[];

/** The phases that a setup goes through, or an assessment. */
export function phasesOf(setup: Pick<AttemptId, 'setupId'>): readonly Phase[] {
  return isAssessment(setup) ? assessmentPhases : phases;
}

/** Whether a phase comes before another one. */
export function isBefore(phase: Phase, other: Phase): boolean {
  return phases.indexOf(phase) < phases.indexOf(other);
}

export const setupStates = [
  'Accepted',
  'Running',
  'WaitingForRuntime',
  'Ready',
  'Completed',
  'Failed',
  'Canceling',
  'Canceled',
  'Deleting',
  'Deleted',
] as const;
export const setupStateSchema = z.enum(setupStates);
export type SetupState = z.infer<typeof setupStateSchema>;

/** States in which an attempt makes things. */
export const workingStates: readonly SetupState[] = ['Accepted', 'Running', 'WaitingForRuntime'];
/** States in which nothing is under way. */
export const restingStates: readonly SetupState[] = ['Ready', 'Completed', 'Failed', 'Canceled', 'Deleted'];

const tableCountsSchema = z.object({
  /** Tables by copy method. */
  byCopyMethod: z.record(z.string(), z.int()),
  large: z.int(),
  small: z.int(),
  /** Packs in which small tables travel. */
  packs: z.int(),
  rows: z.number(),
  /** Tables that have rows and are not copied. */
  leftOut: z.int(),
});

const checkCountsSchema = z.object({
  passed: z.int(),
  nothingToDo: z.int(),
  warned: z.int(),
  /** Those that block. */
  failed: z.int(),
  skipped: z.int(),
  /** Those that the request does not want. */
  excluded: z.int(),
  failedChecks: z.array(z.string()),
  /** What a plan of the tables would come to; left out if the environment could not be read. */
  tables: tableCountsSchema.optional(),
  /** Of a setup that names an assessment. */
  catalogues: takenCataloguesSchema.optional(),
});

/** What was taken away again, and what is left: with the reason, or because it is meant to stay. */
const takenBackSchema = z.object({ removed: z.array(z.string()), left: z.array(z.string()) });

/**
 * What is recorded on the way, in order. Each has its data, the state that it leads to, the phase that it belongs to
 * (none: the one that is under way) and whether it ends that phase; the data of a milestone that ends a phase is the
 * phase's checkpoint.
 */
export const milestones = {
  accepted: milestone(
    'Accepted',
    undefined,
    'opens',
    z.object({
      product: productSchema,
      sourceKind: sourceKindSchema,
      /** The phase at which the attempt begins; those before it are taken over from an earlier attempt. */
      from: phaseSchema,
      /** The attempt that is replayed. */
      replayOf: z.int().optional(),
    }),
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
  /** No check blocks, or it is an assessment, which ends with its report whatever that says. */
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
  /** An assessment has its report, and has taken back what it made. */
  completed: milestone('Completed', 'Cleanup', 'ends', takenBackSchema),
  /** Somebody wants the attempt to end: it takes back what it made, then it is canceled. */
  cancelRequested: milestone('Canceling', undefined, 'within', z.object({})),
  /** Ends the attempt in the phase that was under way. */
  failed: milestone('Failed', undefined, 'after', takenBackSchema.extend({ failure: setupFailureSchema })),
  canceled: milestone('Canceled', undefined, 'after', takenBackSchema),
  /** Somebody wants everything of the setup to go. */
  deleteRequested: milestone(
    'Deleting',
    undefined,
    'within',
    z.object({ removeRuntime: z.boolean(), removeSource: z.boolean() }),
  ),
  deleted: milestone('Deleted', undefined, 'after', takenBackSchema),
  /** Something of the setup could not be removed in time. */
  deletionFailed: milestone('Failed', undefined, 'after', takenBackSchema.extend({ failure: setupFailureSchema })),
} as const;

export type MilestoneName = keyof typeof milestones;
/** In the order in which they are reached. */
export const milestoneNames = Object.keys(milestones) as [MilestoneName, ...MilestoneName[]];
export type MilestoneData<Name extends MilestoneName> = z.infer<(typeof milestones)[Name]['data']>;
/** A milestone with its data. */
export type Milestone = {
  [Name in MilestoneName]: { readonly name: Name; readonly data: MilestoneData<Name> };
}[MilestoneName];

const namedSchema = z.object({ name: z.enum(milestoneNames), data: z.unknown() });

/** A milestone with its data, as it travels to the activity that records it. */
export const milestoneSchema = z.custom<Milestone>((value) => {
  const { success, data: given } = namedSchema.safeParse(value);
  return success && milestones[given.name].data.safeParse(given.data).success;
});

/** Where a milestone stands in its phase. */
type MilestonePosition = 'opens' | 'within' | 'ends' | 'after';

function milestone<State extends SetupState, Data extends z.ZodType>(
  state: State,
  phase: Phase | undefined,
  position: MilestonePosition,
  data: Data,
) {
  return { state, phase, position, data } as const;
}

/** Milestones of a deletion, which an attempt may see more than once. */
export const deletionMilestones: readonly MilestoneName[] = ['deleteRequested', 'deleted', 'deletionFailed'];

/**
 * Which states may follow a state. A resting state is left by the next attempt or by a deletion only.
 * `Canceling` goes on to `Failed` where the attempt had failed before it learned of the cancellation, and to `Completed` where
 * an assessment had its report by then.
 */
const transitions: Readonly<Record<SetupState, readonly SetupState[]>> = {
  Accepted: ['Running', 'Failed', 'Canceling'],
  Running: ['Running', 'WaitingForRuntime', 'Ready', 'Completed', 'Failed', 'Canceling'],
  WaitingForRuntime: ['Running', 'WaitingForRuntime', 'Failed', 'Canceling'],
  Canceling: ['Canceled', 'Completed', 'Failed'],
  Ready: ['Deleting'],
  Completed: ['Accepted', 'Deleting'],
  Failed: ['Accepted', 'Deleting'],
  Canceled: ['Accepted', 'Deleting'],
  Deleting: ['Deleted', 'Failed'],
  Deleted: ['Accepted'],
};

/** Whether a milestone may be recorded in a state. */
export function canFollow(name: MilestoneName, state: SetupState): boolean {
  if (!transitions[state].includes(milestones[name].state)) return false;
  // Two ways lead to Failed, and each has its own milestone.
  return (name === 'deletionFailed') === (state === 'Deleting' && milestones[name].state === 'Failed');
}

/**
 * The phase that is under way after a milestone that was reached in phase `current`.
 * @param order of the phases, as `phasesOf` has it
 */
export function phaseAfter(name: MilestoneName, current: Phase, order: readonly Phase[] = phases): Phase {
  const { phase = current, position } = milestones[name];
  if (position !== 'ends') return phase;
  return order[order.indexOf(phase) + 1] ?? phase;
}

const eventNames: Readonly<Record<MilestoneName, string | undefined>> = {
  accepted: 'accepted',
  factorySelected: 'factory-selected',
  runtimeCreated: 'runtime-created',
  runtimeOnline: 'runtime-online',
  runtimeNotNeeded: undefined,
  checksCompleted: 'checks-completed',
  checksFailed: 'checks-completed',
  proceduresCreated: 'procedures-created',
  inventoryCompleted: 'inventory-completed',
  tablesPlanned: 'tables-planned',
  replicationPipelineCreated: 'replication-pipeline-created',
  environmentMarked: undefined,
  cleanupCompleted: 'cleanup-completed',
  ready: 'ready',
  completed: undefined,
  cancelRequested: undefined,
  failed: 'failed',
  canceled: 'canceled',
  deleteRequested: undefined,
  deleted: 'deleted',
  deletionFailed: 'failed',
};

const typePrefix = 'com.bcmigration.setup';

/** The `type` of the event that announces a milestone; undefined if none does. */
export function eventTypeOf(name: MilestoneName): string | undefined {
  const eventName = eventNames[name];
  return eventName === undefined ? undefined : `${typePrefix}.${eventName}.v1`;
}
