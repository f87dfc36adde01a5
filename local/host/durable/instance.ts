/** One orchestration instance as the status query knows it. All data are JSON text; an input may be no text at all. */
export interface Instance {
  readonly id: string;
  /** New with every start, restart under the same id, and generation. */
  readonly executionId: string;
  readonly name: string;
  /** Of the orchestration; null when it has none. */
  readonly version: string | null;
  /** What the status query shows. */
  readonly input: string | null;
  /** What the function gets: differs from `input` after `continueAsNew(undefined)`. */
  readonly executionInput: string | null;
  readonly status: RuntimeStatus;
  readonly customStatus: string | null;
  readonly output: string | null;
  /** ISO 8601, UTC. */
  readonly createdTime: string;
  readonly lastUpdatedTime: string;
  /** How often an instance of this id was started before. */
  readonly generation: number;
  readonly parent: Parent | null;
  /** Of who started it, or started what started it; absent if that was nobody with a trace. */
  readonly traceId?: string;
}

/** The task of another orchestration that waits for this one. */
interface Parent {
  readonly instanceId: string;
  readonly executionId: string;
  readonly name: string;
  readonly version: string | null;
  readonly taskId: number;
}

type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated';

/** Whether nothing will happen to the instance any more. */
export function isFinished(instance: Instance): boolean {
  return instance.status === 'Completed' || instance.status === 'Failed' || instance.status === 'Terminated';
}
