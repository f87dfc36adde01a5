import { randomUUID } from 'node:crypto';
import { EventType, type ArrivedEvent, type ExecutionStarted, type ScheduledEvent } from './history.ts';
import { isFinished, type Instance } from './instance.ts';
import type { Decision } from './replay.ts';
import type { Message } from './message.ts';
import type { ActivityTask, Step } from './store.ts';
import { failureText, type TurnOutcome } from './turn.ts';

/** What the last turn of a work item has to be combined with to become a step. */
export interface WorkItem {
  readonly instance: Instance;
  /** Sequences of the messages it reacts to. */
  readonly received: readonly number[];
  /** Whether the history starts anew, after continueAsNew. */
  readonly replaceHistory: boolean;
  readonly outcome: TurnOutcome;
  /** ISO 8601. */
  readonly now: string;
  /** Looks up what is stored; used to see whether a child's id is taken. */
  readonly find: (instanceId: string) => Instance | undefined;
}

/** What came of running functions: what is to be recorded, and what is to be said then. */
export interface Performed {
  readonly step: Step;
  readonly warnings: readonly string[];
}

/** Everything that a work item changes: status, history, and what goes to others. */
export function performedBy(item: WorkItem): Performed {
  const { instance, outcome } = item;
  const updated = updatedInstance(item);
  const { children, taken } = childrenOf(item);
  const step: Step = {
    instances: [updated, ...children.map(({ child }) => child)],
    history: { instanceId: instance.id, replace: item.replaceHistory, events: outcome.events },
    received: item.received,
    restarted: children.flatMap(({ child, isAgain }) => (isAgain ? [child.id] : [])),
    messages: [
      ...outcome.decisions.flatMap(({ event }) => timerMessage(instance, event)),
      ...children.map(({ message }) => message),
      ...reportToParent(updated, outcome, item.now),
    ],
    activities: outcome.decisions.flatMap((decision) => activityOf(instance, decision)),
  };
  const warnings = [
    ...outcome.warnings,
    ...taken.map((id) => `calls a sub-orchestrator as '${id}', an id that is in use, and waits for it for ever`),
  ];
  return {
    step: outcome.completion === undefined ? step : { ...step, silenced: instance.id },
    warnings: warnings.map((warning) => `${instance.id} ${warning}`),
  };
}

/** An instance that has been asked for, and the message that makes it run. */
export function startOf(
  wish: Pick<Instance, 'id' | 'name' | 'version' | 'input' | 'parent' | 'generation' | 'traceId'>,
  now: string,
): { readonly child: Instance; readonly message: Message } {
  // The extension writes the ids of executions that clients start with dashes, of others without.
  const executionId = wish.parent === null ? randomUUID() : randomUUID().replaceAll('-', '');
  const times = { createdTime: now, lastUpdatedTime: now };
  const unset = { status: 'Pending' as const, customStatus: null, output: null };
  const child: Instance = { ...wish, executionId, executionInput: wish.input, ...unset, ...times };
  const event = executionStarted(child, wish.parent === null ? wish.generation : null, now);
  return { child, message: { instanceId: wish.id, executionId, visibleAt: Date.parse(now), event } };
}

/** The first event of an execution. */
export function executionStarted(instance: Instance, Generation: number | null, Timestamp: string): ExecutionStarted {
  const { parent } = instance;
  return {
    EventType: EventType.ExecutionStarted,
    OrchestrationInstance: { InstanceId: instance.id, ExecutionId: instance.executionId },
    ParentInstance:
      parent === null
        ? null
        : {
            Name: parent.name,
            OrchestrationInstance: { InstanceId: parent.instanceId, ExecutionId: parent.executionId },
            TaskScheduleId: parent.taskId,
            Version: parent.version,
          },
    Name: instance.name,
    Version: instance.version,
    Input: instance.executionInput,
    Generation,
    EventId: -1,
    IsPlayed: false,
    Timestamp,
  };
}

function updatedInstance({ instance, outcome, now }: WorkItem): Instance {
  const { completion, customStatus } = outcome;
  const changed = { ...instance, customStatus, lastUpdatedTime: now };
  if (completion !== undefined) {
    const isJson = completion.OrchestrationStatus === 'Completed' || completion.Result === null;
    const output = isJson ? completion.Result : JSON.stringify(completion.Result);
    return { ...changed, status: completion.OrchestrationStatus, output };
  }
  // The status query shows the reason of the last suspension or resumption as output.
  const notice = outcome.events.findLast(
    (event) => event.EventType === EventType.ExecutionSuspended || event.EventType === EventType.ExecutionResumed,
  );
  const output = notice === undefined ? instance.output : JSON.stringify(notice.Reason);
  return { ...changed, status: outcome.suspended ? 'Suspended' : 'Running', output };
}

export function activityOf(instance: Instance, { event, input }: Decision): ActivityTask[] {
  if (event.EventType !== EventType.TaskScheduled) return [];
  const { id: instanceId, executionId } = instance;
  return [{ instanceId, executionId, taskId: event.EventId, name: event.Name, input }];
}

/** TimerFired bears the time of the creation of the timer. */
export function timerMessage(instance: Instance, scheduled: ScheduledEvent): Message[] {
  if (scheduled.EventType !== EventType.TimerCreated) return [];
  const { EventId: TimerId, FireAt, Timestamp } = scheduled;
  const event = { EventType: EventType.TimerFired, TimerId, FireAt, EventId: -1, IsPlayed: false, Timestamp };
  const visibleAt = Math.ceil(Date.parse(FireAt));
  return [{ instanceId: instance.id, executionId: instance.executionId, visibleAt, event }];
}

interface Children {
  readonly children: readonly { readonly child: Instance; readonly message: Message; readonly isAgain: boolean }[];
  /** Ids that belong to an orchestration that runs, or to a child of the same turn. */
  readonly taken: readonly string[];
}

/**
 * The children that begin. The real extension lets executions of one id overwrite each other, and a parent then waits in
 * vain; here the first one runs, and the parents of the others wait.
 */
function childrenOf({ instance, outcome, now, find }: WorkItem): Children {
  const { id: instanceId, executionId, name, version, traceId } = instance;
  const trace = traceId === undefined ? {} : { traceId };
  const children = new Map<string, Children['children'][number]>();
  const taken: string[] = [];
  for (const { event, input } of outcome.decisions) {
    if (event.EventType !== EventType.SubOrchestrationInstanceCreated) continue;
    const existing = find(event.InstanceId);
    if (children.has(event.InstanceId) || (existing !== undefined && !isFinished(existing))) {
      taken.push(event.InstanceId);
      continue;
    }
    const parent = { instanceId, executionId, name, version, taskId: event.EventId };
    const wish = {
      id: event.InstanceId,
      name: event.Name,
      version: event.Version,
      input,
      parent,
      generation: 0,
      ...trace,
    };
    children.set(event.InstanceId, { ...startOf(wish, now), isAgain: existing !== undefined });
  }
  return { children: [...children.values()], taken };
}

function reportToParent({ parent, name }: Instance, { completion }: TurnOutcome, Timestamp: string): Message[] {
  if (parent === null || completion === undefined) return [];
  const base = { TaskScheduledId: parent.taskId, EventId: -1, IsPlayed: false, Timestamp };
  const { OrchestrationStatus: status, Result } = completion;
  const event: ArrivedEvent =
    status === 'Completed'
      ? { EventType: EventType.SubOrchestrationInstanceCompleted, ...base, Result }
      : {
          EventType: EventType.SubOrchestrationInstanceFailed,
          ...base,
          Reason: Result ?? '',
          // Only the text of the error: the stack that the extension adds is that of its own code.
          Details: status === 'Terminated' ? null : `Message: ${errorOf(name, Result ?? '')}, StackTrace: `,
          FailureDetails: null,
        };
  return [{ instanceId: parent.instanceId, executionId: parent.executionId, visibleAt: Date.parse(Timestamp), event }];
}

function errorOf(name: string, failure: string): string {
  const prefix = failureText(name, '');
  return failure.startsWith(prefix) ? failure.slice(prefix.length) : failure;
}
