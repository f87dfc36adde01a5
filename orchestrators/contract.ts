/**
 * Every activity and orchestration, once: its name and the shapes of what goes in and out. Histories hold them, so
 * that they are a wire format: names never change after a release, shapes only grow.
 */
import { z } from 'zod';
import type { ActivityContract, OrchestrationContract, Steps } from '../shared/durable.ts';
import { factoryMeasurementSchema } from '../shared/factory/placement.ts';
import {
  attemptIdSchema,
  factoryCandidateSchema,
  factorySchema,
  milestones,
  milestoneSchema,
  setupFailureSchema,
  setupInputSchema,
  sourceKindSchema,
} from '../shared/setup/setup.ts';

function activity<Input, Output>(
  name: string,
  input: z.ZodType<Input>,
  output: z.ZodType<Output>,
): ActivityContract<Input, Output> {
  return { name, input, output };
}

function orchestration<Input, Output>(
  name: string,
  input: z.ZodType<Input>,
  output: z.ZodType<Output>,
): OrchestrationContract<Input, Output> {
  return { name, input, output };
}

const nothing = z.null();

/** The attempt that is worked on, with its short name in Azure resources. */
const subjectSchema = attemptIdSchema.extend({ key: z.string() });
/** An attempt that has its place in a factory. */
const placedSchema = subjectSchema.extend({ factory: factorySchema });
export type Placed = z.infer<typeof placedSchema>;

const failedSchema = z.object({ kind: z.literal('failed'), failure: setupFailureSchema });
const stageSchema = z.enum(['assess', 'install']);
export type Stage = z.infer<typeof stageSchema>;

/** Linked services: the two that all setups of a factory share, and the two of the setup. */
const linkedServiceRoles = ['vault', 'staging', 'source', 'destination'] as const;
export const datasetRoles = ['source', 'destination'] as const;
const pipelineRoles = ['prepare', 'large', 'small', 'replicate'] as const;

export const activities = {
  /** Measures a factory. One that does not answer is a result, not an error. */
  probeFactory: activity(
    'probeFactory',
    z.object({ factory: factorySchema, runtimeName: z.string().optional() }),
    factoryMeasurementSchema,
  ),
  /** Chooses a factory and holds a place in it. */
  reserveFactory: activity(
    'reserveFactory',
    z.object({ key: z.string(), measurements: z.array(factoryMeasurementSchema) }),
    z.object({ factory: factorySchema.optional(), candidates: z.array(factoryCandidateSchema) }),
  ),
  /** Gives back the place that the setup holds. */
  releaseFactory: activity('releaseFactory', z.object({ key: z.string(), factories: z.array(factorySchema) }), nothing),
  /** Creates the setup's runtime, or finds the one to be reused. */
  ensureRuntime: activity(
    'ensureRuntime',
    placedSchema.extend({ runtimeName: z.string().optional() }),
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('present'), runtimeName: z.string(), created: z.boolean() }),
      z.object({ kind: z.literal('refused'), cause: z.string() }),
    ]),
  ),
  getRuntimeStatus: activity(
    'getRuntimeStatus',
    z.object({ factory: factorySchema, runtimeName: z.string() }),
    z.object({ online: z.boolean(), nodes: z.array(z.object({ name: z.string(), version: z.string() })) }),
  ),
  putLinkedService: activity(
    'putLinkedService',
    placedSchema.extend({ role: z.enum(linkedServiceRoles), runtimeName: z.string().optional() }),
    nothing,
  ),
  putDataset: activity('putDataset', placedSchema.extend({ role: z.enum(datasetRoles) }), nothing),
  putPipeline: activity(
    'putPipeline',
    placedSchema.extend({ role: z.enum(pipelineRoles) }),
    z.object({ name: z.string() }),
  ),
  /** Starts a stage of the preparation pipeline, or finds the run that an earlier call started. */
  startPreparation: activity(
    'startPreparation',
    placedSchema.extend({ stage: stageSchema }),
    z.object({ runId: z.string() }),
  ),
  getPipelineRun: activity(
    'getPipelineRun',
    z.object({ factory: factorySchema, runId: z.string() }),
    z.object({ status: z.string(), message: z.string() }),
  ),
  /** Asks for the end of a run that took too long; it may have ended already. */
  cancelPipelineRun: activity('cancelPipelineRun', z.object({ factory: factorySchema, runId: z.string() }), nothing),
  /** Evaluates what the `assess` run measured; every check and company is stored. */
  evaluateChecks: activity(
    'evaluateChecks',
    placedSchema.extend({ runId: z.string(), runtimeName: z.string().optional() }),
    z.object({ counts: milestones.checksCompleted.data, failure: setupFailureSchema.optional() }),
  ),
  /** Stores the extensions that the `install` run found. */
  recordInventory: activity(
    'recordInventory',
    placedSchema.extend({ runId: z.string() }),
    milestones.inventoryCompleted.data,
  ),
  /** Plans every table and writes the plan to the destination. */
  planTables: activity('planTables', subjectSchema, milestones.tablesPlanned.data),
  markEnvironmentReady: activity('markEnvironmentReady', subjectSchema, milestones.environmentMarked.data),
  /** Takes back the mark that the environment is ready. */
  clearEnvironmentMark: activity('clearEnvironmentMark', subjectSchema, nothing),
  removePreparation: activity('removePreparation', placedSchema, milestones.cleanupCompleted.data),
  /** Deletes the setup's pipelines, datasets and linked services; the runtime and its nodes stay. */
  removeEntities: activity('removeEntities', placedSchema, z.object({ removed: z.array(z.string()) })),
  /** Moves the setup on, stores the event and publishes it. */
  recordMilestone: activity(
    'recordMilestone',
    attemptIdSchema.extend({ milestone: milestoneSchema }),
    z.object({ published: z.boolean(), reason: z.string().optional() }),
  ),
} as const;

const waitSchema = z.object({ asked: z.int(), deadline: z.int() });

export const orchestrations = {
  setup: orchestration('setup', setupInputSchema, z.object({ state: z.enum(['Ready', 'Failed']) })),
  factorySelection: orchestration(
    'factorySelection',
    subjectSchema.extend({ factories: z.array(factorySchema), runtimeName: z.string().optional() }),
    z.discriminatedUnion('kind', [z.object({ kind: z.literal('selected'), factory: factorySchema }), failedSchema]),
  ),
  runtimeRegistration: orchestration(
    'runtimeRegistration',
    placedSchema.extend({
      sourceKind: sourceKindSchema,
      runtimeName: z.string().optional(),
      runtimeWaitSeconds: z.int(),
    }),
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('registered'), runtimeName: z.string().optional() }),
      failedSchema,
    ]),
  ),
  /** Waits until a node of a runtime is online. */
  runtimeWait: orchestration(
    'runtimeWait',
    z.object({ factory: factorySchema, runtimeName: z.string(), wait: waitSchema }),
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('online'), nodes: z.array(z.object({ name: z.string(), version: z.string() })) }),
      z.object({ kind: z.literal('timedOut') }),
    ]),
  ),
  preparation: orchestration(
    'preparation',
    placedSchema.extend({ runtimeName: z.string().optional() }),
    z.discriminatedUnion('kind', [z.object({ kind: z.literal('prepared') }), failedSchema]),
  ),
  /** Waits until a pipeline run has ended. */
  pipelineRunWait: orchestration(
    'pipelineRunWait',
    z.object({ factory: factorySchema, runId: z.string(), wait: waitSchema }),
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('ended'), status: z.string(), message: z.string() }),
      z.object({ kind: z.literal('timedOut') }),
    ]),
  ),
  replicationPipeline: orchestration('replicationPipeline', placedSchema, milestones.replicationPipelineCreated.data),
} as const;

/** The steps of an orchestration; they end without a value when it continues as new. */
export type StepsOf<Name extends keyof typeof orchestrations> = Steps<
  z.infer<(typeof orchestrations)[Name]['output']> | undefined
>;
