import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Log } from '../endpoint/endpoint.ts';
import { flatten, readPipeline, type Pipeline } from './documents.ts';
import { ArmError, badRequest } from './errors.ts';
import type { FactoryServices } from './execution/activity-context.ts';
import { activityRunToJson, type ActivityRun } from './execution/activity-run.ts';
import { CancelledError, PipelineExecution, RUNNABLE_TYPES } from './execution/pipeline-execution.ts';
import type { Json, JsonObject } from './json.ts';
import { parametersToText, resolveParameters } from './parameters.ts';
import { queryRuns, type RunFilter } from './run-query.ts';

type Status = 'Queued' | 'InProgress' | 'Succeeded' | 'Failed' | 'Canceling' | 'Cancelled';

interface Run {
  readonly id: string;
  readonly pipelineName: string;
  readonly pipeline: Pipeline;
  readonly parameters: JsonObject;
  readonly invocationId: string;
  readonly created: number;
  /** From when on it is shown. */
  readonly shown: number;
  readonly activityRuns: ActivityRun[];
  readonly cancellation: AbortController;
  status: Status;
  message: string;
  updated: number;
  start?: number;
  end?: number;
}

/** The pipeline runs of one factory: queue, records and their execution. */
export class PipelineRuns {
  readonly #factoryId: string;
  readonly #services: FactoryServices;
  readonly #log: Log;
  readonly #runs = new Map<string, Run>();
  readonly #executions = new Set<Promise<void>>();
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
    const { name, properties } = this.#services.resources.get('pipelines', pipelineName);
    const pipeline = readPipeline(properties);
    for (const { name: activity, type, ...rest } of flatten(pipeline.activities)) {
      if (RUNNABLE_TYPES.has(type) && rest['state'] !== 'Inactive') continue;
      const what = rest['state'] === 'Inactive' ? 'is inactive, which' : `is of type ${type}, which`;
      throw badRequest(
        `The pipeline '${name}' cannot run: its activity '${activity}' ${what} is not run by the local Data Factory.`,
      );
    }
    const now = this.#services.clock.now();
    const run: Run = {
      id: randomUUID(),
      pipelineName: name,
      pipeline,
      parameters: resolveParameters(pipeline, given),
      invocationId: randomUUID(),
      created: now,
      shown: now + this.#hiddenFor,
      activityRuns: [],
      cancellation: new AbortController(),
      status: 'Queued',
      message: '',
      updated: now,
    };
    this.#hiddenFor = 0;
    setMaxListeners(0, run.cancellation.signal);
    this.#runs.set(run.id, run);
    this.#startQueued();
    return run.id;
  }

  /** The record of a run; 404 when there is none. */
  get(runId: string): JsonObject {
    return this.#toJson(this.#find(runId));
  }

  /** Cancels a run. One that has ended stays as it is. */
  cancel(runId: string): void {
    this.#cancel(this.#find(runId));
  }

  #cancel(run: Run): void {
    if (run.status === 'Queued') this.#set(run, 'Cancelled');
    if (run.status !== 'InProgress') return;
    this.#set(run, 'Canceling');
    run.cancellation.abort(new CancelledError());
  }

  /** One page of pipeline runs. */
  query(filter: RunFilter): JsonObject {
    return queryRuns(
      [...this.#runs.values()].filter((run) => this.#isShown(run)).map((run) => this.#toJson(run)),
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

  #isAtLimit({ pipelineName, pipeline: { concurrency } }: Run): boolean {
    if (concurrency === undefined) return false;
    const active = [...this.#runs.values()].filter(
      (other) => other.pipelineName === pipelineName && (other.status === 'InProgress' || other.status === 'Canceling'),
    );
    return active.length >= concurrency;
  }

  async #execute(run: Run): Promise<void> {
    const execution = new PipelineExecution({
      services: this.#services,
      pipeline: this.#pipelineScope(run),
      variables: this.#variables(run.pipeline),
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

  #set(run: Run, status: Status, message = ''): void {
    const now = this.#services.clock.now();
    if (status === 'InProgress') run.start = now;
    if (status === 'Succeeded' || status === 'Failed' || status === 'Cancelled') run.end = now;
    run.status = status;
    run.message = message;
    run.updated = now;
    this.#log(`pipeline run ${run.id} of '${run.pipelineName}': ${status}`);
  }

  #pipelineScope({ id, pipelineName, parameters, created }: Run): JsonObject {
    return {
      parameters,
      RunId: id,
      GroupId: id,
      Pipeline: pipelineName,
      DataFactory: this.#services.name,
      TriggerType: 'Manual',
      TriggerTime: new Date(created).toISOString(),
    };
  }

  #variables({ variables }: Pipeline): JsonObject {
    return Object.fromEntries(Object.entries(variables).map(([name, { defaultValue = null }]) => [name, defaultValue]));
  }

  #find(runId: string): Run {
    const run = this.#runs.get(runId.toLowerCase());
    if (run !== undefined && this.#isShown(run)) return run;
    throw new ArmError(404, 'PipelineRunNotFound', `The pipeline run '${runId}' was not found.`);
  }

  #isShown({ shown }: Run): boolean {
    return this.#services.clock.now() >= shown;
  }

  #toJson(run: Run): JsonObject {
    const time = (value: number | undefined): Json => (value === undefined ? null : new Date(value).toISOString());
    return {
      id: `${this.#factoryId}/pipelineruns/${run.id}`,
      runId: run.id,
      runGroupId: run.id,
      isLatest: true,
      pipelineName: run.pipelineName,
      parameters: parametersToText(run.pipeline, run.parameters),
      runDimension: {},
      invokedBy: { id: run.invocationId, name: 'Manual', invokedByType: 'Manual' },
      runStart: time(run.start ?? run.created),
      runEnd: time(run.end),
      durationInMs: run.end === undefined ? null : run.end - (run.start ?? run.created),
      status: run.status,
      message: run.message,
      lastUpdated: time(run.updated),
      annotations: run.pipeline.annotations,
    };
  }
}
