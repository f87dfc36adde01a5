import { randomUUID } from 'node:crypto';
import { EventEmitter, once, setMaxListeners } from 'node:events';
import type { Log } from '../endpoint/endpoint.ts';
import { flatten, readPipeline, type Pipeline } from './documents.ts';
import { ArmError, badRequest } from './errors.ts';
import type { FactoryServices } from './execution/activity-context.ts';
import { activityRunToJson } from './execution/activity-run.ts';
import type { RunPipeline } from './execution/execution-parts.ts';
import { CancelledError, PipelineExecution, RUNNABLE_TYPES } from './execution/pipeline-execution.ts';
import type { JsonObject } from './json.ts';
import { pipelineRunToJson, pipelineScope, queuedRun, type Invocation, type PipelineRun } from './pipeline-run.ts';
import { queryRuns, type RunFilter } from './run-query.ts';

/** The pipeline runs of one factory: queue, records and their execution. */
export class PipelineRuns {
  readonly #factoryId: string;
  readonly #services: FactoryServices;
  readonly #log: Log;
  readonly #runs = new Map<string, PipelineRun>();
  readonly #executions = new Set<Promise<void>>();
  /** Emits the id of a run that has ended. */
  readonly #ended = new EventEmitter().setMaxListeners(0);
  #held = false;
  #hiddenFor = 0;

  constructor(factoryId: string, services: FactoryServices, log: Log) {
    this.#factoryId = factoryId;
    this.#services = services;
    this.#log = log;
  }

  /**
   * Creates a run of the pipeline as it is stored now, and answers its id. 404 for an unknown pipeline, 400 for
   * parameters that do not fit and for activities that the local service does not run.
   */
  create(pipelineName: string, given: JsonObject): string {
    return this.#create(pipelineName, given, {
      invokedBy: { id: randomUUID(), name: 'Manual', invokedByType: 'Manual' },
    }).id;
  }

  #create(pipelineName: string, given: JsonObject, invocation: Invocation): PipelineRun {
    const { name, properties } = this.#services.resources.get('pipelines', pipelineName);
    const pipeline = readPipeline(properties);
    checkRunnable(name, pipeline);
    const now = this.#services.clock.now();
    const run = queuedRun({ name, pipeline }, given, invocation, { now, shown: now + this.#hiddenFor });
    this.#hiddenFor = 0;
    setMaxListeners(0, run.cancellation.signal);
    this.#runs.set(run.id, run);
    this.#startQueued();
    return run;
  }

  /** The record of a run; 404 when there is none. */
  get(runId: string): JsonObject {
    return pipelineRunToJson(this.#find(runId), this.#factoryId);
  }

  /** Cancels a run, with those that it started if `recursive`. One that has ended stays as it is. */
  cancel(runId: string, recursive: boolean): void {
    const run = this.#find(runId);
    this.#cancel(run);
    if (recursive) for (const child of run.children) this.cancel(child, true);
  }

  #cancel(run: PipelineRun): void {
    if (run.status === 'Queued') this.#set(run, 'Cancelled');
    if (run.status !== 'InProgress') return;
    this.#set(run, 'Canceling');
    run.cancellation.abort(new CancelledError());
  }

  /** One page of pipeline runs. */
  query(filter: RunFilter): JsonObject {
    return queryRuns(
      [...this.#runs.values()]
        .filter((run) => this.#isShown(run))
        .map((run) => pipelineRunToJson(run, this.#factoryId)),
      filter,
      {
        updated: ['lastUpdated'],
        operands: { PipelineName: 'pipelineName', Status: 'status' },
        order: { RunStart: 'runStart', RunEnd: 'runEnd' },
      },
    );
  }

  /** One page of the activity runs of a pipeline run. */
  queryActivities(runId: string, filter: RunFilter): JsonObject {
    const { pipelineName, activityRuns } = this.#find(runId);
    const identity = { factoryId: this.#factoryId, pipelineName, runId };
    return queryRuns(
      activityRuns.map((run) => activityRunToJson(run, identity)),
      filter,
      {
        updated: ['activityRunEnd', 'activityRunStart'],
        operands: { ActivityName: 'activityName', ActivityType: 'activityType', Status: 'status' },
        order: { ActivityRunStart: 'activityRunStart', ActivityRunEnd: 'activityRunEnd' },
      },
    );
  }

  /** While held, new runs stay queued. */
  hold(held: boolean): void {
    this.#held = held;
    this.#startQueued();
  }

  /** The next run is shown only after so many milliseconds. */
  hideNext(milliseconds: number): void {
    this.#hiddenFor = milliseconds;
  }

  /** Cancels what runs; resolves when all executions have ended. */
  async stop(): Promise<void> {
    this.#held = true;
    for (const run of this.#runs.values()) this.#cancel(run);
    await Promise.all(this.#executions);
  }

  #startQueued(): void {
    if (this.#held) return;
    for (const run of this.#runs.values()) {
      if (run.status !== 'Queued' || this.#isAtLimit(run)) continue;
      this.#set(run, 'InProgress');
      const execution = this.#execute(run).finally(() => {
        this.#executions.delete(execution);
        this.#startQueued();
      });
      this.#executions.add(execution);
    }
  }

  #isAtLimit({ pipelineName, pipeline: { concurrency } }: PipelineRun): boolean {
    if (concurrency === undefined) return false;
    const active = [...this.#runs.values()].filter(
      (other) => other.pipelineName === pipelineName && (other.status === 'InProgress' || other.status === 'Canceling'),
    );
    return active.length >= concurrency;
  }

  async #execute(run: PipelineRun): Promise<void> {
    const execution = new PipelineExecution({
      services: this.#services,
      pipeline: pipelineScope(run, this.#services.name),
      variables: this.#variables(run.pipeline),
      runPipeline: this.#runPipeline(run),
      activityRuns: run.activityRuns,
      signal: run.cancellation.signal,
      log: this.#log,
    });
    try {
      const outcome = await execution.run(run.pipeline.activities);
      if (outcome.succeeded) this.#set(run, 'Succeeded');
      else this.#set(run, 'Failed', `Operation on target ${outcome.activity} failed: ${outcome.message}`);
    } catch (error) {
      if (run.cancellation.signal.aborted) this.#set(run, 'Cancelled');
      else this.#set(run, 'Failed', error instanceof Error ? error.message : String(error));
    }
  }

  #set(run: PipelineRun, status: PipelineRun['status'], message = ''): void {
    const now = this.#services.clock.now();
    if (status === 'InProgress') run.start = now;
    if (status === 'Succeeded' || status === 'Failed' || status === 'Cancelled') run.end = now;
    run.status = status;
    run.message = message;
    run.updated = now;
    this.#log(`pipeline run ${run.id} of '${run.pipelineName}': ${status}`);
    if (run.end !== undefined) this.#ended.emit(run.id);
  }

  /** How an activity of a run starts another run. */
  #runPipeline(parent: PipelineRun): RunPipeline {
    return (pipelineName, given, activity) => {
      const { id: pipelineRunId, pipelineName: parentName, groupId } = parent;
      const invokedBy = { ...activity, invokedByType: 'PipelineActivity', pipelineName: parentName, pipelineRunId };
      const run = this.#create(pipelineName, given, { invokedBy, groupId });
      parent.children.push(run.id);
      const ended = async () => {
        if (run.end === undefined) await once(this.#ended, run.id, { signal: parent.cancellation.signal });
        return run;
      };
      return { runId: run.id, pipelineName: run.pipelineName, ended };
    };
  }

  #variables({ variables }: Pipeline): JsonObject {
    return Object.fromEntries(Object.entries(variables).map(([name, { defaultValue = null }]) => [name, defaultValue]));
  }

  #find(runId: string): PipelineRun {
    const run = this.#runs.get(runId.toLowerCase());
    if (run !== undefined && this.#isShown(run)) return run;
    throw new ArmError(404, 'PipelineRunNotFound', `The pipeline run '${runId}' was not found.`);
  }

  #isShown({ shown }: PipelineRun): boolean {
    return this.#services.clock.now() >= shown;
  }
}

function checkRunnable(pipelineName: string, { activities }: Pipeline): void {
  for (const { name, type, ...rest } of flatten(activities)) {
    if (RUNNABLE_TYPES.has(type) && rest['state'] !== 'Inactive') continue;
    const what = rest['state'] === 'Inactive' ? 'is inactive, which' : `is of type ${type}, which`;
    throw badRequest(
      `The pipeline '${pipelineName}' cannot run: its activity '${name}' ${what} is not run by the local Data Factory.`,
    );
  }
}
