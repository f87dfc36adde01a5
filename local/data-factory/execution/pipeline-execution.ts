import { randomUUID } from 'node:crypto';
import type { Clock } from '../../endpoint/clock.ts';
import { readBranch, type Activity } from '../documents.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { ActivityContext, type Executor } from './activity-context.ts';
import { ActivityError } from './activity-error.ts';
import type { ActivityRun } from './activity-run.ts';
import { CONTROL_ACTIVITIES } from './control-activities.ts';
import { copy } from './copy.ts';
import { parseTimespan } from './duration.ts';
import type { ExecutionParts, Iteration } from './execution-parts.ts';
import { ExpressionError } from './expression-error.ts';
import { evaluate, type Scope } from './expressions.ts';
import { lookup } from './lookup.ts';
import { isMet, outcomeOf, type ActivityEnd, type Outcome } from './outcome.ts';
import { checkPayload } from './payload-limit.ts';
import { script } from './script.ts';
import { storedProcedure } from './stored-procedure.ts';
import { web } from './web.ts';

const EXECUTORS = new Map<string, Executor>([
  ['Lookup', lookup],
  ['Script', script],
  ['SqlServerStoredProcedure', storedProcedure],
  ['Copy', copy],
  ['WebActivity', web],
]);

/** The activity types that run; pipelines with other types are stored, but not run. */
export const RUNNABLE_TYPES: ReadonlySet<string> = new Set([...EXECUTORS.keys(), ...CONTROL_ACTIVITIES.keys()]);

// https://learn.microsoft.com/azure/data-factory/concepts-pipelines-activities#activity-policy
const DEFAULT_TIMEOUT_MS = 12 * 3_600_000;

/** Thrown inside an execution when its run is cancelled. */
export class CancelledError extends Error {
  constructor() {
    super('The pipeline run was cancelled.');
    this.name = 'CancelledError';
  }
}

/** One execution of a pipeline's activities, or of those of one iteration of a loop. */
export class PipelineExecution {
  readonly #parts: ExecutionParts;
  readonly #clock: Clock;
  readonly #item: Json | undefined;
  readonly #finished: Record<string, Json>;

  constructor(parts: ExecutionParts, iteration?: Iteration) {
    this.#parts = parts;
    this.#item = iteration?.item;
    this.#finished = { ...iteration?.finished };
    this.#clock = parts.services.clock;
  }

  /** Runs a list of activities, each as soon as its dependencies are met. Rejects only with CancelledError or a defect. */
  async run(list: readonly Activity[]): Promise<Outcome> {
    const byName = new Map(list.map((activity) => [activity.name, activity]));
    const started = new Map<string, Promise<ActivityEnd>>();
    const end = (activity: Activity): Promise<ActivityEnd> => {
      const known = started.get(activity.name) ?? follow(activity);
      started.set(activity.name, known);
      return known;
    };
    const follow = async (activity: Activity): Promise<ActivityEnd> => {
      const dependencies = activity.dependsOn.map(async ({ activity: name, dependencyConditions }) => {
        const parent = byName.get(name);
        return parent !== undefined && isMet(dependencyConditions, await end(parent));
      });
      const met = (await Promise.all(dependencies)).every(Boolean);
      return met ? this.#runActivity(activity) : this.#skip(activity);
    };
    // A cancelled run ends when all of its activities have.
    await Promise.allSettled(list.map((activity) => end(activity)));
    const ends = await Promise.all(list.map(async (activity) => [activity.name, await end(activity)] as const));
    return outcomeOf(list, new Map(ends));
  }

  #skip({ name }: Activity): ActivityEnd {
    this.#finished[name] = { Status: 'Skipped' };
    return { status: 'Skipped' };
  }

  async #runActivity(activity: Activity): Promise<ActivityEnd> {
    for (let attempt = 0; ; attempt += 1) {
      const result = await this.#attempt(activity, this.#startRun(activity, attempt));
      if (!(result instanceof ActivityError)) {
        // As in its record: there is an error, and it is empty.
        const none = { errorCode: '', message: '', failureType: '', target: activity.name, details: [] };
        this.#finished[activity.name] = { Status: 'Succeeded', output: result, error: none };
        return { status: 'Succeeded' };
      }
      if (attempt >= this.#retries(activity)) {
        const { errorCode, message, failureType } = result;
        const error = { errorCode, message, failureType, target: activity.name, details: [] };
        this.#finished[activity.name] = { Status: 'Failed', output: {}, error };
        return { status: 'Failed', message };
      }
      await this.#wait(activity.policy.retryIntervalInSeconds * 1_000);
    }
  }

  #startRun({ name, type, linkedServiceName }: Activity, attempt: number): ActivityRun {
    const run: ActivityRun = {
      id: randomUUID(),
      name,
      type,
      linkedServiceName: linkedServiceName?.referenceName ?? '',
      attempt,
      start: this.#clock.now(),
      runtimes: [],
      status: 'InProgress',
      input: {},
      output: {},
    };
    this.#parts.activityRuns.push(run);
    return run;
  }

  /** One attempt; answers its output or why it failed. The record is complete afterwards. */
  async #attempt(activity: Activity, run: ActivityRun): Promise<JsonObject | ActivityError> {
    try {
      const output = await this.#carryOut(activity, run);
      if (!activity.policy.secureOutput) run.output = output;
      run.status = 'Succeeded';
      return output;
    } catch (error) {
      if (this.#parts.signal.aborted) {
        run.status = 'Cancelled';
        throw error;
      }
      run.status = 'Failed';
      run.error = this.#describe(activity, error);
      return run.error;
    } finally {
      run.end = this.#clock.now();
      this.#parts.log(`activity '${run.name}': ${run.status}`);
    }
  }

  #describe(activity: Activity, error: unknown): ActivityError {
    if (error instanceof ActivityError) return error;
    if (error instanceof ExpressionError) return new ActivityError('InvalidTemplate', error.message);
    const message = error instanceof Error ? error.message : String(error);
    this.#parts.log(`activity '${activity.name}' failed unexpectedly: ${message}`);
    return new ActivityError('1000', message, 'SystemError');
  }

  async #carryOut(activity: Activity, run: ActivityRun): Promise<JsonObject> {
    const control = CONTROL_ACTIVITIES.get(activity.type);
    if (control !== undefined) {
      const { runPipeline } = this.#parts;
      return control({
        activity,
        run,
        runPipeline,
        evaluate: (value = null) => evaluate(value, this.#scope()),
        runActivities: (list, item) => this.#runActivities(readBranch(list), item),
      });
    }
    const execute = EXECUTORS.get(activity.type);
    if (execute === undefined) throw new Error(`No executor for ${activity.type}.`);
    const scope = this.#scope();
    const properties = evaluate(activity.typeProperties, scope);
    if (!isObject(properties)) throw new Error('The type properties are no object.');
    checkPayload(properties);
    if (!activity.policy.secureInput) run.input = properties;
    return this.#withTimeout(activity, async (signal) => {
      const context = new ActivityContext(activity, properties, { services: this.#parts.services, scope, run, signal });
      try {
        return await Promise.race([execute(context), rejectOn(signal)]);
      } finally {
        // After an abort this ends the executor, too: its connections are closed under it.
        await context.close();
      }
    });
  }

  #runActivities(list: readonly Activity[], item: Json | undefined): Promise<Outcome> {
    if (item === undefined) return this.run(list);
    return new PipelineExecution(this.#parts, { item, finished: this.#finished }).run(list);
  }

  #scope(): Scope {
    const { pipeline, variables } = this.#parts;
    return {
      pipeline,
      variables,
      activities: this.#finished,
      ...(this.#item === undefined ? {} : { item: this.#item }),
      utcNow: () => new Date(this.#clock.now()).toISOString().replace('Z', '0000Z'),
      newGuid: () => randomUUID(),
    };
  }

  #retries({ policy }: Activity): number {
    const value = Number(evaluate(policy.retry ?? 0, this.#scope()));
    return Number.isInteger(value) ? value : 0;
  }

  async #withTimeout<Result>({ policy }: Activity, act: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const text = evaluate(policy.timeout ?? null, this.#scope());
    const timeout = typeof text === 'string' ? parseTimespan(text) : DEFAULT_TIMEOUT_MS;
    if (timeout === undefined)
      throw new ActivityError('InvalidTemplate', 'The timeout of the activity is no time span.');
    const timer = new AbortController();
    const cancel = this.#clock.after(timeout, () => {
      timer.abort(new ActivityError('ActivityTimedOut', 'The activity did not end within its timeout.'));
    });
    try {
      return await act(AbortSignal.any([this.#parts.signal, timer.signal]));
    } finally {
      cancel();
    }
  }

  async #wait(milliseconds: number): Promise<void> {
    const waited = new Promise<void>((resolve) => {
      const cancel = this.#clock.after(milliseconds, resolve);
      this.#parts.signal.addEventListener('abort', cancel, { once: true });
    });
    await Promise.race([waited, rejectOn(this.#parts.signal)]);
  }
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => {
      reject(signal.reason instanceof Error ? signal.reason : new CancelledError());
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
