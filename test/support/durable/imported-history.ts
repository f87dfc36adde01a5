/** Takes up histories that another hub has told. */
import { EventType, type HistoryEvent, type ScheduledEvent } from '../../../local/host/durable/history.ts';
import { isFinished } from '../../../local/host/durable/instance.ts';
import type { Step } from '../../../local/host/durable/store.ts';
import { activityOf, timerMessage } from '../../../local/host/durable/turn-step.ts';
import type { InstanceHistory } from '../../../local/host/server.ts';

/**
 * A step that stores the instance as it was, and puts what it waits for into the queues again: activities and timers.
 * Children are instances of their own and have to be imported, too. Needs the inputs in the history.
 */
export function stepOfImport({ events, ...instance }: InstanceHistory): Step {
  const open = isFinished(instance) ? [] : openTasks(events);
  return {
    instances: [instance],
    history: { instanceId: instance.id, replace: true, events },
    activities: open.flatMap((event) => activityOf(instance, { event, input: 'Input' in event ? event.Input : null })),
    messages: open.flatMap((event) => timerMessage(instance, event)),
  };
}

function openTasks(events: readonly HistoryEvent[]): ScheduledEvent[] {
  const ended = new Set(events.map(taskThatEnds));
  return events.filter((event): event is ScheduledEvent => SCHEDULED.has(event.EventType) && !ended.has(event.EventId));
}

const SCHEDULED = new Set<number>([
  EventType.TaskScheduled,
  EventType.SubOrchestrationInstanceCreated,
  EventType.TimerCreated,
]);

/** Tasks of one generation are numbered in one sequence, whatever their kind. */
function taskThatEnds(event: HistoryEvent): number | undefined {
  if ('TaskScheduledId' in event) return event.TaskScheduledId;
  return 'TimerId' in event ? event.TimerId : undefined;
}
