import { EventType, type HistoryEvent, type ScheduledEvent } from './history.ts';
import type { Instance } from './instance.ts';

/** What the status query shows beyond the bare status. */
export interface StatusOptions {
  readonly showInput: boolean;
  readonly showHistory: boolean;
  readonly showHistoryOutput: boolean;
}

/** The answer to a status query, as the extension words it. Times are whole seconds. */
export function statusOf(instance: Instance, history: readonly HistoryEvent[], options: StatusOptions): object {
  return {
    name: instance.name,
    ...(instance.version === null ? {} : { version: instance.version }),
    instanceId: instance.id,
    runtimeStatus: instance.status,
    input: options.showInput ? parsed(instance.input) : null,
    customStatus: parsed(instance.customStatus),
    output: parsed(instance.output),
    createdTime: wholeSeconds(instance.createdTime),
    lastUpdatedTime: wholeSeconds(instance.lastUpdatedTime),
    ...(options.showHistory ? { historyEvents: project(history, options.showHistoryOutput) } : {}),
  };
}

type Shown = Record<string, unknown>;

const names = new Map<number, string>(Object.entries(EventType).map(([name, number]) => [number, name]));

/** The history as clients see it: the bounds of turns are left out, a task that has ended is shown once, as its end. */
function project(events: readonly HistoryEvent[], showOutput: boolean): Shown[] {
  const ends = new Set(events.map(taskThatEnds));
  const scheduled = new Map(events.flatMap((event) => (isScheduling(event) ? [[taskOf(event), event] as const] : [])));
  return events.flatMap((event) => {
    if (event.EventType === EventType.OrchestratorStarted || event.EventType === EventType.OrchestratorCompleted)
      return [];
    if (isScheduling(event) && ends.has(taskOf(event))) return [];
    const shown = show(event, showOutput);
    if (event.EventType === EventType.ExecutionStarted) return [{ ...shown, FunctionName: event.Name }];
    const scheduling = scheduled.get(taskThatEnds(event) ?? '');
    return [scheduling === undefined ? shown : { ...shown, ...schedulingOf(scheduling) }];
  });
}

type Scheduling = Exclude<ScheduledEvent, { readonly EventType: typeof EventType.TimerCreated }>;

function isScheduling(event: HistoryEvent): event is Scheduling {
  return event.EventType === EventType.TaskScheduled || event.EventType === EventType.SubOrchestrationInstanceCreated;
}

/** Kind and number: after a change of the code, tasks of two kinds may have one number. */
function taskOf({ EventType: type, EventId }: Scheduling): string {
  return `${type} ${EventId}`;
}

function taskThatEnds(event: HistoryEvent): string | undefined {
  if (!('TaskScheduledId' in event)) return undefined;
  const isActivity = event.EventType === EventType.TaskCompleted || event.EventType === EventType.TaskFailed;
  const type = isActivity ? EventType.TaskScheduled : EventType.SubOrchestrationInstanceCreated;
  return `${type} ${event.TaskScheduledId}`;
}

function schedulingOf(scheduled: Scheduling): Shown {
  const child = 'InstanceId' in scheduled ? { InstanceId: scheduled.InstanceId } : {};
  const ScheduledTime = scheduled.Timestamp.replace(/Z$/, '+00:00');
  return { ScheduledTime, FunctionName: scheduled.Name, ...child, Input: scheduled.Input };
}

const HIDDEN = new Set([
  'EventId',
  'IsPlayed',
  'TaskScheduledId',
  'TimerId',
  'Version',
  'OrchestrationInstance',
  'ParentInstance',
]);

function show(event: HistoryEvent, showOutput: boolean): Shown {
  const members = Object.entries(event).filter(
    ([member]) =>
      !HIDDEN.has(member) &&
      (member !== 'Result' || showOutput) &&
      (member !== 'Name' || event.EventType !== EventType.ExecutionStarted),
  );
  const shown: Shown = { ...Object.fromEntries(members), EventType: names.get(event.EventType) };
  const isJson = event.EventType !== EventType.ExecutionCompleted || event.OrchestrationStatus === 'Completed';
  if (isJson && typeof shown['Result'] === 'string') shown['Result'] = parsed(shown['Result']);
  return shown;
}

function parsed(json: string | null): unknown {
  // The input of a start that announced no body is no JSON.
  if (json === null || json === '') return json;
  return JSON.parse(json);
}

function wholeSeconds(timestamp: string): string {
  return `${timestamp.slice(0, 19)}Z`;
}
