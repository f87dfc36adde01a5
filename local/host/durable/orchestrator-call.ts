import type { AppFunction, FunctionApp } from '../function-app.ts';
import type { Trace } from '../trace.ts';
import { resultOfThrown, type OrchestratorState, type TurnResult } from './actions.ts';
import { EventType, type HistoryEvent } from './history.ts';
import type { Instance } from './instance.ts';
import { describeThrown } from './thrown.ts';

/** One call of an orchestrator function. */
export interface OrchestratorCall {
  readonly instance: Instance;
  /** Of each earlier turn the JSON texts of its events, separated by commas. */
  readonly past: readonly string[];
  readonly arrived: readonly HistoryEvent[];
  /** Absent: one of its own. */
  readonly trace?: Trace;
}

/** Calls the orchestrator function with its history. Does not reject. */
export async function callOrchestrator(
  app: FunctionApp,
  orchestrator: AppFunction,
  call: OrchestratorCall,
): Promise<TurnResult> {
  try {
    const returned = await app.invoke(orchestrator, { string: payload(call) }, {}, call.trace);
    return { state: JSON.parse(returned?.json ?? '') as OrchestratorState };
  } catch (error) {
    const { message, stack } = describeThrown(error);
    return resultOfThrown(message, stack);
  }
}

/** Order and spelling of the members are those of the extension. */
function payload({ instance, past, arrived }: OrchestratorCall): string {
  const started = arrived.find((event) => event.EventType === EventType.ExecutionStarted);
  const rest = JSON.stringify({
    instanceId: instance.id,
    isReplaying: started === undefined,
    parentInstanceId: instance.parent?.instanceId ?? null,
    sourceInstanceId: null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '6.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  });
  const history = [...past, ...arrived.map((event) => JSON.stringify(event))].join(',');
  return `{"history":[${history}],"input":${instance.executionInput ?? 'null'},${rest.slice(1)}`;
}
