/**
 * The history of one orchestration, as the Durable extension hands it to the language SDK: the names, the numbers and the
 * PascalCase are its wire format.
 */

/** Numbers of the Durable Task Framework, https://github.com/Azure/durabletask/blob/main/src/DurableTask.Core/History/EventType.cs */
export const EventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventRaised: 15,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

type Types = typeof EventType;

interface Base<Name extends keyof Types> {
  readonly EventType: Types[Name];
  /** -1, except for what the orchestration schedules and for its completion. */
  readonly EventId: number;
  /** ISO 8601, UTC. */
  readonly Timestamp: string;
  /** Whether the event arrived in an earlier turn; never set on what the orchestration scheduled. */
  readonly IsPlayed: boolean;
}

/** Who started a sub-orchestration, and as which of its tasks. */
interface ParentInstance {
  readonly Name: string;
  readonly OrchestrationInstance: { readonly InstanceId: string; readonly ExecutionId: string };
  readonly TaskScheduleId: number;
  readonly Version: string | null;
}

export interface ExecutionStarted extends Base<'ExecutionStarted'> {
  readonly Name: string;
  readonly Version: string | null;
  /** JSON text. */
  readonly Input: string | null;
  readonly OrchestrationInstance: { readonly InstanceId: string; readonly ExecutionId: string };
  readonly ParentInstance: ParentInstance | null;
  readonly Generation: number | null;
}

interface Completion<Name extends keyof Types> extends Base<Name> {
  readonly TaskScheduledId: number;
  /** JSON text. */
  readonly Result: string | null;
}

interface Failure<Name extends keyof Types> extends Base<Name> {
  readonly TaskScheduledId: number;
  readonly Reason: string;
  readonly Details: string | null;
  readonly FailureDetails: null;
}

interface TaskScheduled extends Base<'TaskScheduled'> {
  readonly Name: string;
  readonly Version: '';
  readonly Input: string | null;
}

interface SubOrchestrationInstanceCreated extends Base<'SubOrchestrationInstanceCreated'> {
  readonly Name: string;
  readonly InstanceId: string;
  readonly Version: string | null;
  readonly Input: string | null;
}

interface TimerCreated extends Base<'TimerCreated'> {
  readonly FireAt: string;
}

/** What an orchestration schedules; its `EventId` is the number of the task. */
export type ScheduledEvent = TaskScheduled | SubOrchestrationInstanceCreated | TimerCreated;

export interface ExecutionCompleted extends Base<'ExecutionCompleted'> {
  readonly OrchestrationStatus: 'Completed' | 'Failed' | 'Terminated';
  /** JSON text when completed, plain text otherwise. */
  readonly Result: string | null;
  readonly FailureDetails: null;
}

export interface EventRaised extends Base<'EventRaised'> {
  readonly Name: string;
  readonly Input: string | null;
}

/** What comes in from outside the orchestration's own code. */
export type ArrivedEvent =
  | ExecutionStarted
  | Completion<'TaskCompleted'>
  | Completion<'SubOrchestrationInstanceCompleted'>
  | Failure<'TaskFailed'>
  | Failure<'SubOrchestrationInstanceFailed'>
  | (Base<'TimerFired'> & { readonly TimerId: number; readonly FireAt: string })
  | EventRaised
  | (Base<'ExecutionTerminated'> & { readonly Input: string | null })
  | (Base<'ExecutionSuspended'> & { readonly Reason: string | null })
  | (Base<'ExecutionResumed'> & { readonly Reason: string | null });

export type HistoryEvent =
  | ArrivedEvent
  | ScheduledEvent
  | ExecutionCompleted
  | Base<'OrchestratorStarted'>
  | Base<'OrchestratorCompleted'>;

/** Reads a history as the store keeps it: of each turn the JSON texts of its events, separated by commas. */
export function eventsOf(turns: readonly string[]): HistoryEvent[] {
  return JSON.parse(`[${turns.join(',')}]`) as HistoryEvent[];
}

/** The event as later turns see it: whatever a turn has processed, except the mark of its beginning. */
export function played(event: HistoryEvent): HistoryEvent {
  return event.EventType === EventType.OrchestratorStarted ? event : { ...event, IsPlayed: true };
}

/**
 * A point of time some milliseconds later. Keeps the digits below a millisecond, of which the Durable Task Framework has
 * four and Date none.
 */
export function later(timestamp: string, milliseconds: number): string {
  const [, toMilliseconds = '', rest = ''] = /^(.*?\.\d{3})(\d*)Z$/.exec(timestamp) ?? [];
  const base = toMilliseconds === '' ? timestamp : `${toMilliseconds}Z`;
  const moved = new Date(Date.parse(base) + milliseconds).toISOString();
  return rest === '' ? moved : `${`${moved.slice(0, -1)}${rest}`.replace(/0+$/, '')}Z`;
}
