import { EventType, played, type ArrivedEvent, type EventRaised, type HistoryEvent } from './history.ts';
import type { ExecutionCompleted } from './history.ts';
import { payloadWarnings } from './payload-limit.ts';
import { NonDeterminism, Replay, UnsupportedAction, type Decision, type ReplayScope } from './replay.ts';
import type { TurnResult } from './actions.ts';

/** One call of the orchestrator function. */
export interface Turn {
  /** Name of the orchestrator function. */
  readonly name: string;
  readonly past: readonly HistoryEvent[];
  /** What this turn reacts to, beginning with OrchestratorStarted. */
  readonly arrived: readonly HistoryEvent[];
  readonly result: TurnResult;
  readonly scope: ReplayScope;
  /** Time of the end of the turn, ISO 8601. */
  readonly now: string;
}

/** What a turn leads to. */
export interface TurnOutcome {
  /** What the turn adds to the history; includes what arrived. */
  readonly events: readonly HistoryEvent[];
  readonly decisions: readonly Decision[];
  /** JSON text; null clears it. */
  readonly customStatus: string | null;
  readonly suspended: boolean;
  readonly completion: ExecutionCompleted | undefined;
  /** Set when the orchestration goes on as a new generation; `events` and `decisions` are then of no interest. */
  readonly nextGeneration: { readonly input: string | null; readonly carried: readonly EventRaised[] } | undefined;
  readonly warnings: readonly string[];
}

// https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-custom-orchestration-status
const CUSTOM_STATUS_LIMIT = 16 * 1024;

/** Decides what a turn leads to. A pure function of its argument. */
export function decideTurn(turn: Turn): TurnOutcome {
  const { state, fault } = readResult(turn);
  const replay = new Replay(fault === undefined ? (state?.actions[0] ?? []) : [], turn.scope);
  const failure = replayHistory(replay, turn) ?? fault;
  const error = failure ?? (state?.error === undefined ? undefined : failureText(turn.name, state.error));
  const settled = replay.settled && !replay.suspended;
  const finished = failure !== undefined || (settled && (error !== undefined || state?.isDone === true));
  const nextGeneration =
    finished && error === undefined && replay.terminated === undefined && replay.continueAsNew !== undefined
      ? {
          input: replay.continueAsNew.input,
          carried: replay.unconsumed.filter((event) => turn.arrived.includes(event)),
        }
      : undefined;
  const completion =
    nextGeneration === undefined ? completionOf(turn, replay, { finished, error, output: state?.output }) : undefined;
  const decisions = [...replay.decisions.values()].map(({ event, input }) => ({
    event: { ...event, Timestamp: turn.now },
    input,
  }));
  return {
    events: appended(turn, decisions, completion),
    decisions,
    customStatus: fault === undefined ? customStatusText(state?.customStatus) : null,
    suspended: replay.suspended,
    completion,
    nextGeneration,
    warnings: [
      ...(completion === undefined && nextGeneration === undefined ? warningsOf(replay, finished) : []),
      ...payloadWarnings(turn.arrived, decisions, completion),
    ],
  };
}

/** A fault is a failure in whose turn no action is looked at. */
function readResult({ name, result }: Turn) {
  if ('crash' in result) return { state: undefined, fault: failureText(name, result.crash) };
  const size = Buffer.byteLength(customStatusText(result.state.customStatus) ?? '', 'utf16le');
  if (size <= CUSTOM_STATUS_LIMIT) return { state: result.state, fault: undefined };
  const text = `The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. The current payload size is ${Math.floor(size / 1024)} KB.`;
  return { state: result.state, fault: failureText(name, text) };
}

/** Answers with the failure when the actions cannot be played. */
function replayHistory(replay: Replay, { name, past, arrived }: Turn): string | undefined {
  try {
    for (const event of [...past, ...arrived]) {
      replay.process(event);
      if (replay.terminated !== undefined) return undefined;
    }
    return undefined;
  } catch (error) {
    if (error instanceof NonDeterminism) return error.message;
    if (error instanceof UnsupportedAction) return failureText(name, error.message);
    throw error;
  }
}

/** The output of an orchestration whose function has failed. */
export function failureText(name: string, error: string): string {
  return `Orchestrator function '${name}' failed: ${error}`;
}

function customStatusText(customStatus: unknown): string | null {
  return customStatus === undefined || customStatus === null ? null : JSON.stringify(customStatus);
}

function completionOf(
  turn: Turn,
  replay: Replay,
  end: { readonly finished: boolean; readonly error: string | undefined; readonly output: unknown },
): ExecutionCompleted | undefined {
  const completed = (OrchestrationStatus: ExecutionCompleted['OrchestrationStatus'], Result: string | null) => ({
    EventType: EventType.ExecutionCompleted,
    OrchestrationStatus,
    Result,
    FailureDetails: null,
    EventId: replay.nextId,
    IsPlayed: false,
    Timestamp: turn.now,
  });
  if (replay.terminated !== undefined) return completed('Terminated', replay.terminated.reason);
  if (!end.finished) return undefined;
  if (end.error !== undefined) return completed('Failed', end.error);
  return completed('Completed', end.output === undefined ? null : JSON.stringify(end.output));
}

function appended(
  turn: Turn,
  decisions: readonly Decision[],
  completion: ExecutionCompleted | undefined,
): HistoryEvent[] {
  const events = [...turn.arrived.map(played), ...decisions.map(({ event }) => event)];
  if (completion !== undefined) events.push(completion);
  if (events.at(-1)?.EventType !== EventType.OrchestratorCompleted) {
    events.push({ EventType: EventType.OrchestratorCompleted, EventId: -1, IsPlayed: false, Timestamp: turn.now });
  }
  return events;
}

function warningsOf(replay: Replay, finished: boolean): string[] {
  const idle = replay.stuck && !replay.suspended && !finished && replay.warnings.length === 0;
  return idle ? ['has not ended and waits for nothing'] : replay.warnings;
}

/** The first events of the generation after continueAsNew; it runs at once. */
export function generationStart(
  started: Extract<ArrivedEvent, { EventType: typeof EventType.ExecutionStarted }>,
  carried: readonly EventRaised[],
): HistoryEvent[] {
  const { Timestamp } = started;
  return [
    { EventType: EventType.OrchestratorStarted, EventId: -1, IsPlayed: false, Timestamp },
    started,
    ...carried.map(played),
    { EventType: EventType.OrchestratorCompleted, EventId: -1, IsPlayed: false, Timestamp },
  ];
}
