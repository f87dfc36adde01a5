/**
 * Every activity and orchestration, once: its name and the shapes of what goes in and out. Histories hold them, so
 * that they are a wire format: names never change after a release, shapes only grow.
 */
import { z } from 'zod';
import type { ActivityContract, OrchestrationContract, Steps } from '../shared/durable.ts';
import type { Fence } from '../shared/setup/fence.ts';
import { factoryCandidateSchema, factorySchema, setupFailureSchema, sourceKindSchema } from '../shared/setup/setup.ts';
import { milestoneSchema, phaseSchema, setupStateSchema } from '../shared/setup/states.ts';
import { takenCataloguesSchema } from '../shared/setup/taken-catalogues.ts';
import { cleanupInputSchema, setupInputSchema } from '../shared/setup/attempt-input.ts';
import { checkpointsSchema, holdingsSchema } from '../shared/setup/holdings.ts';
import {
  replicationModeSchema,
  replicationRunInputSchema,
  runCountsSchema,
  runOutcomeSchema,
} from '../shared/replication/run.ts';
import { placedSchema, runningSchema, subjectSchema } from './subjects.ts';
import { replayManyInputSchema, replayStateSchema } from '../shared/replays/replay.ts';
import { measureFactoriesInputSchema } from '../shared/factory/measuring.ts';
import { nodesSchema, waitAnswerSchema } from '../shared/waits/wait.ts';

/** @param fence who may do it; an activity that changes something outside always has one */
function activity<Input, Output>(
  name: string,
  input: z.ZodType<Input>,
  output: z.ZodType<Output>,
  fence: Fence = 'none',
): ActivityContract<Input, Output> {
  return { name, input, output, fence, usesClient: false };
}

/** An activity that works on orchestrations, from outside of them. */
function clientActivity<Input, Output>(
  name: string,
  input: z.ZodType<Input>,
  output: z.ZodType<Output>,
  fence: Fence = 'none',
): ActivityContract<Input, Output> {
  return { ...activity(name, input, output, fence), usesClient: true };
}

function orchestration<Input, Output>(
  name: string,
  input: z.ZodType<Input>,
  output: z.ZodType<Output>,
): OrchestrationContract<Input, Output> {
  return { name, input, output };
}

const nothing = z.null();

/** Whether an event is published yet, or why not. */
const publishedSchema = z.object({ published: z.boolean(), reason: z.string().optional() });

const failedSchema = z.object({
  kind: z.literal('failed'),
  failure: setupFailureSchema,
  /** What the failure's cause leaves out, for operators. */
  detail: z.string().optional(),
});
/** A preparation that failed, and whether it had begun to change databases. */
const unpreparedSchema = failedSchema.extend({ installs: z.boolean() });
/** A subject with the phase at which its attempt began: those before it are taken over. */
const fromSchema = z.object({ from: phaseSchema });
const stageSchema = z.enum(['assess', 'catalogue', 'install']);
export type Stage = z.infer<typeof stageSchema>;

/** A worker, and the orchestration that waits for what it begins. */
const waiting = { instanceId: z.string() };
/** The answer, if it is there already. */
const openedSchema = z.object({ answer: waitAnswerSchema.optional() });
/** A pipeline run that is waited for. */
const awaitedRunSchema = openedSchema.extend({ runId: z.string() });

const bulkSchema = z.object({ replayId: z.string() });

/** What a removal leaves behind on purpose. */
const removalSchema = z.object({ left: z.array(z.string()) });

/** Each that ends a step of an attempt records its milestone, unless the attempt has taken that over from an earlier one. */
export const activities = {
  /**
   * Chooses a factory and holds a place in it: `known` or the one of `runtime`, or one of two at random of those that can take
   * the setup. Candidates only, if none can; an error as long as none answers.
   */
  selectFactory: activity(
    'selectFactory',
    subjectSchema.extend({
      known: factorySchema.optional(),
      runtime: z.object({ name: z.string(), factory: factorySchema }).optional(),
    }),
    z.object({ factory: factorySchema.optional(), candidates: z.array(factoryCandidateSchema).optional() }),
    'forward',
  ),
  /** Gives back the place that the attempt holds, in a factory that has so many entities of the setup. */
  releaseFactory: activity('releaseFactory', subjectSchema.extend({ entities: z.int() }), nothing, 'undo'),
  /**
   * Corrects the book by what Azure Monitor says of the entities of the factories of one subscription. Why it says nothing of some
   * is no failure: theirs are counted by `measureFactory`.
   */
  correctEntities: activity(
    'correctEntities',
    z.object({ factories: z.array(factorySchema) }),
    z.object({ corrected: z.int(), problems: z.array(z.string()) }),
  ),
  /**
   * Counts the runs of a factory, and its entities if that is due, and writes it down; or why it did not answer, unless it was
   * throttled: that is thrown.
   */
  measureFactory: activity(
    'measureFactory',
    z.object({ factory: factorySchema }),
    z.object({ measured: z.boolean(), reason: z.string().optional() }),
  ),
  /** In which factory a runtime of the tenant is; none if the tenant has no such runtime. */
  findRuntime: activity(
    'findRuntime',
    z.object({ tenantId: z.string(), runtimeName: z.string() }),
    z.object({ factory: factorySchema.optional() }),
  ),
  /** Asks a runtime whether a failure comes from it; the failure as it is if it does not, or does not answer. */
  explainFailure: activity(
    'explainFailure',
    z.object({ factory: factorySchema, runtimeName: z.string(), failure: setupFailureSchema }),
    z.object({ explained: setupFailureSchema }),
  ),
  /** Says that the setup uses its runtime no more; with `remove`, the runtime goes if no other setup uses it. */
  leaveRuntime: activity(
    'leaveRuntime',
    subjectSchema.extend({ runtimeName: z.string(), remove: z.boolean() }),
    z.object({ removed: z.array(z.string()) }),
    'undo',
  ),
  /**
   * Creates the setup's runtime, or finds the one to be reused, and opens the wait for a node of it. An attempt that took its
   * registration over only learns whether a node is online: if not, it is to be moved back.
   */
  ensureRuntime: activity(
    'ensureRuntime',
    placedSchema.extend({ ...waiting, runtimeName: z.string().optional() }),
    z.discriminatedUnion('kind', [
      openedSchema.extend({ kind: z.literal('present'), runtimeName: z.string() }),
      z.object({ kind: z.literal('offline') }),
      z.object({ kind: z.literal('refused'), cause: z.string() }),
    ]),
    'forward',
  ),
  /** Puts the linked services: of both sides, the source's through the runtime if it has one, and of the staging container. */
  putConnections: activity(
    'putConnections',
    placedSchema.extend({ runtime: z.object({ runtimeName: z.string(), nodes: nodesSchema }).optional() }),
    nothing,
    'forward',
  ),
  /** Puts the linked services again, which went with a failed attempt. */
  restoreConnections: activity(
    'restoreConnections',
    placedSchema.extend({ runtimeName: z.string().optional() }),
    nothing,
    'undo',
  ),
  /** Signs anew the way to the staging container. */
  renewStaging: activity('renewStaging', placedSchema, nothing, 'forward'),
  /** Puts the datasets and the preparation pipeline. */
  putPreparation: activity(
    'putPreparation',
    placedSchema.extend({ assessmentId: z.string().optional() }),
    nothing,
    'forward',
  ),
  /** Starts a stage of the preparation pipeline, or finds the run that an earlier call started, and waits for its end. */
  startPreparation: activity(
    'startPreparation',
    placedSchema.extend({ ...waiting, stage: stageSchema }),
    awaitedRunSchema,
    'forward',
  ),
  /** Puts back what `putPreparation` put, which an attempt that ends late has removed in part. */
  restorePreparation: activity('restorePreparation', placedSchema, nothing, 'undo'),
  /**
   * Starts the stage of the preparation pipeline that gives back the attempt's claim of the source, or that removes what
   * the setup made there, with `removeSource` also its change tracking.
   */
  startSourceUndo: activity(
    'startSourceUndo',
    placedSchema.extend({ ...waiting, stage: z.enum(['release', 'remove']), removeSource: z.boolean().optional() }),
    awaitedRunSchema,
    'undo',
  ),
  /** Asks for the end of every preparation run of the setup, and says how many had not ended yet. */
  cancelRuns: activity('cancelRuns', placedSchema, z.object({ active: z.int() }), 'undo'),
  /** Takes over the catalogues of an assessment, if the `assess` run found their fingerprints unchanged. */
  takeCatalogues: activity(
    'takeCatalogues',
    placedSchema.extend({ runId: z.string(), assessmentId: z.string() }),
    takenCataloguesSchema,
    'forward',
  ),
  /**
   * Evaluates what the `assess` run measured; every check and company is stored. A check that blocks is the failure of a
   * setup, and a result of an assessment.
   */
  evaluateChecks: activity(
    'evaluateChecks',
    placedSchema.extend({
      runId: z.string(),
      runtimeName: z.string().optional(),
      catalogues: takenCataloguesSchema.optional(),
    }),
    z.object({ failure: setupFailureSchema.optional() }),
    'forward',
  ),
  /** Whether the catalogues of both databases are there that the attempt wrote down, or the one whose assessment it took over. */
  holdsCatalogues: activity('holdsCatalogues', subjectSchema, z.object({ holds: z.boolean() })),
  /** Records what the `install` run did, and stores the extensions that it found. */
  recordInventory: activity('recordInventory', placedSchema.extend({ runId: z.string() }), nothing, 'forward'),
  /** Names what stays in the source after a `remove` run; the list is clipped. */
  readSourceRemoval: activity('readSourceRemoval', placedSchema.extend({ runId: z.string() }), removalSchema),
  /** Plans every table and writes the plan to the destination. */
  planTables: activity('planTables', subjectSchema, nothing, 'forward'),
  /** Puts the pipelines that copy the data. They stay idle until somebody starts a replication run. */
  putReplication: activity('putReplication', placedSchema, z.object({ pipelines: z.array(z.string()) }), 'forward'),
  markEnvironmentReady: activity(
    'markEnvironmentReady',
    subjectSchema,
    z.object({ environment: z.string() }),
    'forward',
  ),
  /** Takes back the attempt's mark that the environment is ready. */
  clearEnvironmentMark: activity('clearEnvironmentMark', subjectSchema, nothing, 'undo'),
  /** Whether the attempt holds the claim of the destination, which it takes before that of the source. */
  holdsClaim: activity('holdsClaim', subjectSchema, z.object({ holds: z.boolean() })),
  /** Gives back the attempt's claim of the destination. The source's goes by `startSourceUndo`. */
  releaseClaims: activity('releaseClaims', subjectSchema, nothing, 'undo'),
  /** Removes from the destination what the setup made there, the claim too; names what stays, clipped. */
  removeFromDestination: activity('removeFromDestination', subjectSchema, removalSchema, 'undo'),
  /** Deletes the preparation pipeline, gives back the place in the factory, and says that the setup is ready. */
  finish: activity(
    'finish',
    placedSchema.extend({ environment: z.string(), pipelines: z.array(z.string()) }),
    nothing,
    'forward',
  ),
  /** Deletes the setup's pipelines, datasets and linked services; the runtime and its nodes stay. */
  removeEntities: activity('removeEntities', placedSchema, z.object({ removed: z.array(z.string()) }), 'undo'),
  /** Deletes the setup's container in the staging account, with the catalogues in it. */
  removeStaging: activity('removeStaging', subjectSchema, z.object({ removed: z.array(z.string()) }), 'undo'),
  /** Gives the environment back to the tenant's directory. */
  releaseEnvironment: activity('releaseEnvironment', subjectSchema, nothing, 'undo'),
  /** Whether the vault still has the password of the source. */
  holdsPassword: activity('holdsPassword', subjectSchema, z.object({ holds: z.boolean() })),
  /** Deletes the password of the source. */
  removeSecret: activity('removeSecret', subjectSchema, nothing, 'undo'),
  /** Lets this run of the attempt's orchestration work, and no other one; says what earlier attempts have reached. */
  openAttempt: activity(
    'openAttempt',
    subjectSchema.extend({ token: z.string() }),
    checkpointsSchema.extend({
      canceling: z.boolean(),
      from: phaseSchema,
      /** Milliseconds in which what the attempt before has begun may still be under way. */
      quietMs: z.int().nonnegative().default(0),
    }),
  ),
  /** Says that the attempt takes back what it made, so that nothing of it that is late makes more. */
  beginUndo: activity('beginUndo', subjectSchema, nothing, 'undo'),
  /** What the attempt has reached, or taken over. */
  readCheckpoints: activity('readCheckpoints', subjectSchema, holdingsSchema),
  /** Lets the attempt begin at an earlier phase, because what it took over does not hold any more. */
  moveBack: activity('moveBack', subjectSchema.extend({ phase: phaseSchema }), nothing),
  /** Moves the setup on, stores the event and publishes it. `detail` is the whole of a cause that had to be clipped. */
  recordMilestone: activity(
    'recordMilestone',
    subjectSchema.extend({ milestone: milestoneSchema, detail: z.string().optional() }),
    publishedSchema,
  ),
  /** Chooses the setups of a bulk replay, unless they are chosen. */
  chooseSetups: activity('chooseSetups', bulkSchema, z.object({ total: z.int() })),
  /**
   * Replays the next setups of a bulk replay that have no result yet, each once however often this runs. `begun` is how
   * many attempts the bulk replay has begun by then, `last` where the next round begins: there is none after the last one, or
   * if the bulk replay is to end.
   */
  replayRound: clientActivity(
    'replayRound',
    bulkSchema.extend({
      after: z.string().optional(),
      size: z.int(),
      /** Whether a setup for which the service fails again gets that as its result. */
      givesUp: z.boolean(),
    }),
    z.object({ begun: z.int(), last: z.string().optional(), problems: z.array(z.string()) }),
  ),
  /** Ends a bulk replay whose setups all have a result, or that is to end; otherwise it goes on. */
  endReplay: activity('endReplay', bulkSchema, z.object({ state: replayStateSchema })),
  /** Plans the tables again for a run, if what is to be migrated has changed since they were planned. */
  refreshPlan: activity('refreshPlan', runningSchema, publishedSchema, 'forward'),
  /** Says to the environment which companies a run is limited to, and that the run begins. */
  beginRun: activity('beginRun', runningSchema, publishedSchema, 'forward'),
  /** Starts the pipeline of a run, or finds the run that an earlier call started, and waits for its end. */
  startReplication: activity(
    'startReplication',
    runningSchema.extend({
      ...waiting,
      factory: factorySchema,
      mode: replicationModeSchema,
      retryOf: z.int().optional(),
    }),
    awaitedRunSchema,
    'forward',
  ),
  /** Asks for the end of every replication pipeline of the setup, and says how many had not ended yet. */
  cancelReplication: activity(
    'cancelReplication',
    runningSchema.extend({ factory: factorySchema }),
    z.object({ active: z.int() }),
    'undo',
  ),
  /** Closes a run in the environment, so that nothing of it begins there any more, and counts what became of its tables. */
  closeRun: activity('closeRun', runningSchema.extend({ error: z.string() }), runCountsSchema, 'undo'),
  /** Moves the setup on after a run, stores the event and publishes it. */
  endRun: activity('endRun', runningSchema.extend({ outcome: runOutcomeSchema }), publishedSchema),
  /** Ends the orchestrations of an attempt, which may have ended already. */
  endInstances: clientActivity('endInstances', subjectSchema, nothing),
} as const;

export const orchestrations = {
  setup: orchestration(
    'setup',
    setupInputSchema,
    z.object({ state: z.enum(['Ready', 'Completed', 'Failed', 'Canceled']) }),
  ),
  /** Ends an attempt whose orchestration is dead, or takes away everything of a setup. */
  cleanup: orchestration('cleanup', cleanupInputSchema, z.object({ state: setupStateSchema })),
  /** A replication run. */
  replicationRun: orchestration(
    'replicationRun',
    replicationRunInputSchema,
    z.object({ state: runOutcomeSchema.shape.state }),
  ),
  /** A bulk replay. */
  replayMany: orchestration('replayMany', replayManyInputSchema, z.object({ state: replayStateSchema })),
  /** Counts what all factories carry. */
  measureFactories: orchestration(
    'measureFactories',
    measureFactoriesInputSchema,
    /** With why Azure Monitor said nothing of some of them. */
    z.object({ measured: z.int(), problems: z.array(z.string()) }),
  ),
  factorySelection: orchestration(
    'factorySelection',
    subjectSchema.extend({
      ...fromSchema.shape,
      runtimeName: z.string().optional(),
      /** The factory of the attempt that is replayed. */
      known: factorySchema.optional(),
    }),
    z.discriminatedUnion('kind', [
      fromSchema.extend({ kind: z.literal('selected'), factory: factorySchema }),
      failedSchema,
    ]),
  ),
  runtimeRegistration: orchestration(
    'runtimeRegistration',
    placedSchema.extend({
      ...fromSchema.shape,
      sourceKind: sourceKindSchema,
      runtimeName: z.string().optional(),
      runtimeWaitSeconds: z.int(),
    }),
    z.discriminatedUnion('kind', [
      fromSchema.extend({ kind: z.literal('registered'), runtimeName: z.string().optional() }),
      failedSchema,
    ]),
  ),
  preparation: orchestration(
    'preparation',
    placedSchema.extend({
      ...fromSchema.shape,
      runtimeName: z.string().optional(),
      assessmentId: z.string().optional(),
    }),
    z.discriminatedUnion('kind', [z.object({ kind: z.enum(['prepared', 'assessed']) }), unpreparedSchema]),
  ),
} as const;

/** The steps of an orchestration. */
export type StepsOf<Name extends keyof typeof orchestrations> = Steps<z.infer<(typeof orchestrations)[Name]['output']>>;
