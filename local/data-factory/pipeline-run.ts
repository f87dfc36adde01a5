import { randomUUID } from 'node:crypto';
import type { Pipeline } from './documents.ts';
import type { ActivityRun } from './execution/activity-run.ts';
import type { Json, JsonObject } from './json.ts';
import { parametersToText, resolveParameters } from './parameters.ts';

type Status = 'Queued' | 'InProgress' | 'Succeeded' | 'Failed' | 'Canceling' | 'Cancelled';

/** What started a run: a caller, or an activity of another run. */
export interface Invocation {
  readonly invokedBy: JsonObject;
  /** The run of the outermost pipeline; undefined for that one itself. */
  readonly groupId?: string;
}

/** One run of a pipeline. Times are milliseconds since the epoch. */
export interface PipelineRun {
  readonly id: string;
  readonly pipelineName: string;
  readonly pipeline: Pipeline;
  readonly parameters: JsonObject;
  readonly invokedBy: JsonObject;
  readonly groupId: string;
  readonly created: number;
  /** From when on it is shown. */
  readonly shown: number;
  readonly activityRuns: ActivityRun[];
  /** Ids of the runs that its activities started. */
  readonly children: string[];
  readonly cancellation: AbortController;
  status: Status;
  message: string;
  updated: number;
  start?: number;
  end?: number;
}

/** A run that waits in the queue. 400 for parameters that do not fit. */
export function queuedRun(
  { name, pipeline }: { readonly name: string; readonly pipeline: Pipeline },
  given: JsonObject,
  { invokedBy, groupId }: Invocation,
  times: { readonly now: number; readonly shown: number },
): PipelineRun {
  const id = randomUUID();
  return {
    id,
    pipelineName: name,
    pipeline,
    parameters: resolveParameters(pipeline, given),
    invokedBy,
    groupId: groupId ?? id,
    created: times.now,
    shown: times.shown,
    activityRuns: [],
    children: [],
    cancellation: new AbortController(),
    status: 'Queued',
    message: '',
    updated: times.now,
  };
}

/** What the expressions of a run see as `pipeline()`. */
export function pipelineScope(run: PipelineRun, dataFactory: string): JsonObject {
  return {
    parameters: run.parameters,
    RunId: run.id,
    GroupId: run.groupId,
    Pipeline: run.pipelineName,
    DataFactory: dataFactory,
    TriggerType: 'Manual',
    TriggerTime: new Date(run.created).toISOString(),
  };
}

/** The record as `queryPipelineRuns` answers it. */
export function pipelineRunToJson(run: PipelineRun, factoryId: string): JsonObject {
  const time = (value: number | undefined): Json => (value === undefined ? null : new Date(value).toISOString());
  return {
    id: `${factoryId}/pipelineruns/${run.id}`,
    runId: run.id,
    runGroupId: run.groupId,
    isLatest: true,
    pipelineName: run.pipelineName,
    parameters: parametersToText(run.pipeline, run.parameters),
    runDimension: {},
    invokedBy: run.invokedBy,
    runStart: time(run.start ?? run.created),
    runEnd: time(run.end),
    durationInMs: run.end === undefined ? null : run.end - (run.start ?? run.created),
    status: run.status,
    message: run.message,
    lastUpdated: time(run.updated),
    annotations: run.pipeline.annotations,
  };
}
