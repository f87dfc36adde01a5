import type { JsonObject } from '../json.ts';
import type { ActivityError } from './activity-error.ts';

type ActivityStatus = 'Queued' | 'InProgress' | 'Succeeded' | 'Failed' | 'Cancelled';

/** The record of one attempt at one activity. Times are milliseconds since the epoch. */
export interface ActivityRun {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly linkedServiceName: string;
  /** 0 for the first attempt. */
  readonly attempt: number;
  readonly start: number;
  /** Integration runtimes used so far, in order. */
  readonly runtimes: string[];
  status: ActivityStatus;
  end?: number;
  input: JsonObject;
  output: JsonObject;
  error?: ActivityError;
}

export interface RunIdentity {
  readonly factoryId: string;
  readonly pipelineName: string;
  readonly runId: string;
}

/** The record as `queryActivityruns` answers it. */
export function activityRunToJson(run: ActivityRun, { factoryId, pipelineName, runId }: RunIdentity): JsonObject {
  const ended = run.end !== undefined;
  return {
    id: `${factoryId}/pipelineruns/${runId}/activityruns/${run.id}`,
    activityRunId: run.id,
    activityName: run.name,
    activityType: run.type,
    pipelineName,
    pipelineRunId: runId,
    linkedServiceName: run.linkedServiceName,
    status: run.status,
    activityRunStart: new Date(run.start).toISOString(),
    activityRunEnd: run.end === undefined ? null : new Date(run.end).toISOString(),
    durationInMs: run.end === undefined ? null : run.end - run.start,
    retryAttempt: run.attempt === 0 ? null : run.attempt,
    iterationHash: '',
    input: run.input,
    output: ended ? run.output : null,
    error: {
      errorCode: run.error?.errorCode ?? '',
      message: run.error?.message ?? '',
      failureType: run.error?.failureType ?? '',
      target: run.name,
      details: '',
    },
    integrationRuntimeNames: run.runtimes.map((name) => name.toLowerCase()),
    executionDetails: {},
    userProperties: {},
    recoveryStatus: 'None',
  };
}
