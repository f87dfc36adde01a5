import type { Log } from '../../endpoint/endpoint.ts';
import type { Json, JsonObject } from '../json.ts';
import type { FactoryServices } from './activity-context.ts';
import type { ActivityRun } from './activity-run.ts';

/** A run that an activity has started. */
export interface ChildRun {
  readonly runId: string;
  readonly pipelineName: string;
  /** Resolves when it has ended; rejects when the run that started it is cancelled before. */
  ended(): Promise<{ readonly status: string; readonly message: string }>;
}

/** Starts a run of another pipeline for an activity. Throws ArmError when it cannot be created. */
export type RunPipeline = (
  pipelineName: string,
  parameters: JsonObject,
  activity: { readonly id: string; readonly name: string },
) => ChildRun;

/** What one execution works on. */
export interface ExecutionParts {
  readonly services: FactoryServices;
  /** `pipeline()` and the variables, which keep their defaults. */
  readonly pipeline: JsonObject;
  readonly variables: JsonObject;
  readonly runPipeline: RunPipeline;
  /** Filled while the execution goes on. */
  readonly activityRuns: ActivityRun[];
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Where an iteration of a loop stands: its item, and the activities that ended before the loop. */
export interface Iteration {
  readonly item: Json;
  readonly finished: JsonObject;
}
