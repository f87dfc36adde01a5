/** What `durable-functions` 3.5 answers to one turn: schema V3, one cumulative list of the actions it has awaited so far. */

/** https://github.com/Azure/azure-functions-durable-js/blob/main/src/actions/ActionType.ts */
export const ActionType = {
  CallActivity: 0,
  CallActivityWithRetry: 1,
  CallSubOrchestrator: 2,
  CallSubOrchestratorWithRetry: 3,
  ContinueAsNew: 4,
  CreateTimer: 5,
  WaitForExternalEvent: 6,
  CallEntity: 7,
  CallHttp: 8,
  SignalEntity: 9,
  WhenAny: 11,
  WhenAll: 12,
} as const;

/** Durations in milliseconds. */
export interface RetryOptions {
  readonly firstRetryIntervalInMilliseconds: number;
  readonly maxNumberOfAttempts: number;
  readonly backoffCoefficient?: number;
  readonly maxRetryIntervalInMilliseconds?: number;
  readonly retryTimeoutInMilliseconds?: number;
}

interface ActivityCall {
  readonly functionName: string;
  readonly input?: unknown;
}

interface SubOrchestratorCall extends ActivityCall {
  readonly instanceId?: string | null;
  readonly version?: string;
}

type Of<Name extends keyof typeof ActionType> = { readonly actionType: (typeof ActionType)[Name] };
type Retried = { readonly retryOptions: RetryOptions };

export type Action =
  | (Of<'CallActivity'> & ActivityCall)
  | (Of<'CallActivityWithRetry'> & ActivityCall & Retried)
  | (Of<'CallSubOrchestrator'> & SubOrchestratorCall)
  | (Of<'CallSubOrchestratorWithRetry'> & SubOrchestratorCall & Retried)
  | (Of<'ContinueAsNew'> & { readonly input?: unknown })
  | (Of<'CreateTimer'> & { readonly fireAt: string; readonly isCanceled: boolean })
  | (Of<'WaitForExternalEvent'> & { readonly externalEventName: string })
  | Of<'CallEntity'>
  | Of<'CallHttp'>
  | Of<'SignalEntity'>
  | ((Of<'WhenAny'> | Of<'WhenAll'>) & { readonly compoundActions: readonly Action[] });

/** The state in which the orchestrator function stands after a turn. */
export interface OrchestratorState {
  readonly isDone: boolean;
  readonly actions: readonly (readonly Action[])[];
  readonly output?: unknown;
  readonly error?: string;
  readonly customStatus?: unknown;
}

/** What came of calling the orchestrator function: a state, or a failure of which the SDK told no state. */
export type TurnResult = { readonly state: OrchestratorState } | { readonly crash: string };

const STATE_LABEL = '\n\n$OutOfProcData$:';

/** Reads what the SDK threw: it puts the state, with the error in it, behind a label in the message. */
export function resultOfThrown(message: string, stack: string): TurnResult {
  const label = message.indexOf(STATE_LABEL);
  if (label >= 0) {
    const state = JSON.parse(message.slice(label + STATE_LABEL.length)) as OrchestratorState;
    if (state.error !== undefined && state.error !== '') return { state };
  }
  return { crash: `One or more errors occurred. (Result: Failure\nException: ${message}\nStack: ${stack})` };
}
