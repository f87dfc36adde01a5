import { z } from 'zod';
import { json, readForEach, readReference, type Activity } from '../documents.ts';
import { ArmError, describeZodError } from '../errors.ts';
import { isObject, toText, typeName, type Json, type JsonObject } from '../json.ts';
import { ActivityError } from './activity-error.ts';
import type { ActivityRun } from './activity-run.ts';
import type { ChildRun, RunPipeline } from './execution-parts.ts';
import { ExpressionError } from './expression-error.ts';
import type { Outcome } from './outcome.ts';

/** What an activity that steers others works with. */
interface ControlContext {
  readonly activity: Activity;
  readonly run: ActivityRun;
  readonly runPipeline: RunPipeline;
  evaluate(value: Json | undefined): Json;
  /** Runs a list of activities, in a loop with the item of the iteration. */
  runActivities(list: Json | undefined, item?: Json): Promise<Outcome>;
}

/** Carries out one control activity and answers its output. Rejects with ActivityError, or with a defect. */
type ControlExecutor = (context: ControlContext) => Promise<JsonObject>;

// https://learn.microsoft.com/azure/data-factory/control-flow-for-each-activity#limitations-and-workarounds
const MAXIMUM_ITEMS = 100_000;

const ifCondition: ControlExecutor = async (context) => {
  const { typeProperties } = context.activity;
  const expression = context.evaluate(typeProperties['expression']);
  if (typeof expression !== 'boolean') {
    throw new ActivityError('InvalidTemplate', 'The expression of the If Condition is not of type Boolean.');
  }
  context.run.input = { expression };
  return runBranch(context, typeProperties[expression ? 'ifTrueActivities' : 'ifFalseActivities']);
};

const switchCase: ControlExecutor = async (context) => {
  const { typeProperties } = context.activity;
  const on = context.evaluate(typeProperties['on']);
  if (typeof on !== 'string') {
    throw new ActivityError('InvalidTemplate', 'The expression of the Switch is not of type String.');
  }
  context.run.input = { on };
  const cases = Array.isArray(typeProperties['cases']) ? typeProperties['cases'].filter(isObject) : [];
  const chosen = cases.find(({ value }) => value === on);
  return runBranch(context, chosen === undefined ? typeProperties['defaultActivities'] : chosen['activities']);
};

async function runBranch(context: ControlContext, branch: Json | undefined): Promise<JsonObject> {
  const outcome = await context.runActivities(branch);
  if (outcome.succeeded) return {};
  throw innerFailure(outcome);
}

function innerFailure({ activity, message }: Outcome & { readonly succeeded: false }): ActivityError {
  const text = `Activity failed because an inner activity failed; Inner activity name: ${activity}, Error: ${message}`;
  return new ActivityError('ActionFailed', text);
}

/** Items are dealt out to as many queues as may go on at once; an iteration that fails stops no other. */
const forEach: ControlExecutor = async (context) => {
  const { items: expression, isSequential, batchCount, activities } = readForEach(context.activity);
  const items = readItems(context, expression);
  context.run.input = { ItemsCount: items.length };
  const width = isSequential ? 1 : batchCount;
  const queues = Array.from({ length: Math.min(width, items.length) }, async (_, queue) => {
    const outcomes: Outcome[] = [];
    for (const item of items.filter((_item, index) => index % width === queue)) {
      outcomes.push(await context.runActivities(activities, item));
    }
    return outcomes;
  });
  // A cancelled loop ends when all of its queues have.
  await Promise.allSettled(queues);
  const failed = (await Promise.all(queues)).flat().find((outcome) => !outcome.succeeded);
  if (failed !== undefined) throw innerFailure(failed);
  return {};
};

function readItems(context: ControlContext, expression: Json): readonly Json[] {
  const items = context.evaluate(expression);
  if (!Array.isArray(items)) {
    const source = isObject(expression) ? toText(expression['value'] ?? null) : toText(expression);
    throw new ActivityError(
      'InvalidTemplate',
      `The execution of template action '${context.activity.name}' failed: the result of the evaluation of 'foreach' expression '${source}' is of type '${typeName(items)}'. The result must be a valid array.`,
    );
  }
  if (items.length > MAXIMUM_ITEMS) {
    throw new ActivityError('InvalidTemplate', `A ForEach takes ${MAXIMUM_ITEMS} items; there are ${items.length}.`);
  }
  return items as readonly Json[];
}

const pipelineCall = z.strictObject({
  pipeline: json,
  // The service and its SDK document different defaults.
  waitOnCompletion: z.boolean('is not written out'),
  parameters: z.record(z.string(), json).default({}),
});

const executePipeline: ControlExecutor = async (context) => {
  const call = pipelineCall.safeParse(context.evaluate(context.activity.typeProperties));
  if (!call.success) {
    const problem = describeZodError(call.error);
    throw new ActivityError('BadRequest', `The local Data Factory does not run this ExecutePipeline: ${problem}`);
  }
  const { pipeline, waitOnCompletion, parameters } = call.data;
  context.run.input = { pipeline, parameters, waitOnCompletion };
  const child = startChild(context, readReference(pipeline).referenceName, parameters);
  const output = { pipelineRunId: child.runId, pipelineName: child.pipelineName };
  context.run.output = output;
  if (!waitOnCompletion) return output;
  const { status, message } = await child.ended();
  if (status === 'Succeeded') return output;
  throw new ActivityError('BadRequest', message === '' ? `The pipeline run ${child.runId} was cancelled.` : message);
};

function startChild({ run, runPipeline }: ControlContext, pipelineName: string, parameters: JsonObject): ChildRun {
  try {
    return runPipeline(pipelineName, parameters, { id: run.id, name: run.name });
  } catch (error) {
    throw error instanceof ArmError ? new ActivityError(error.code, error.message) : error;
  }
}

// https://learn.microsoft.com/azure/data-factory/control-flow-fail-activity#understand-the-fail-activity-error-code
const fail: ControlExecutor = async (context) => {
  const { name, typeProperties } = context.activity;
  const read = (property: string) => {
    try {
      return context.evaluate(typeProperties[property]);
    } catch (error) {
      if (error instanceof ExpressionError) return null;
      throw error;
    }
  };
  const [message, errorCode] = [read('message'), read('errorCode')];
  context.run.input = { message, errorCode };
  const isReadable = [message, errorCode].every((text) => typeof text === 'string' && text !== '');
  if (isReadable) throw new ActivityError(toText(errorCode), toText(message));
  throw new ActivityError('ErrorCodeNotString', `Failed to interpret ${name} fail message or error code`);
};

/** The control activities that run, by type. */
export const CONTROL_ACTIVITIES: ReadonlyMap<string, ControlExecutor> = new Map([
  ['IfCondition', ifCondition],
  ['Switch', switchCase],
  ['ForEach', forEach],
  ['ExecutePipeline', executePipeline],
  ['Fail', fail],
]);
