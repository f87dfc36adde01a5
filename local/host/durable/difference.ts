import { EventType, type ScheduledEvent } from './history.ts';

const HISTORY = 'Non-Deterministic workflow detected: A previous execution of this orchestration scheduled';
const QUESTION = 'Was a change made to the orchestrator code after this instance had already started running?';

/**
 * Says, in the words of the Durable Task Framework, how what the code has decided differs from what history holds under
 * the same number: nothing at all, another kind of task, or another name. Inputs are not compared.
 */
export function differenceBetween(event: ScheduledEvent, decided: ScheduledEvent | undefined): string | undefined {
  if (decided === undefined) {
    const task = `${kindOf(event)} task with sequence ID ${event.EventId}${detailsOf(event)}`;
    return `${HISTORY} ${task}, but the current replay execution hasn't (yet?) scheduled this task. ${QUESTION}`;
  }
  const named = event.EventType === EventType.TimerCreated ? '' : ` named '${event.Name}'`;
  const but = `${kindOf(event)} task with sequence number ${event.EventId}${named}, but the current orchestration replay instead`;
  if (decided.EventType !== event.EventType) {
    return `${HISTORY} ${but} produced a ${actionClassOf(decided)} action with this sequence number. ${QUESTION}`;
  }
  if (nameOf(decided).toLowerCase() === nameOf(event).toLowerCase()) return undefined;
  return `${HISTORY} ${but} scheduled ${kindOf(decided)} task named '${nameOf(decided)}' with this sequence number.  ${QUESTION}`;
}

function nameOf(event: ScheduledEvent): string {
  return event.EventType === EventType.TimerCreated ? '' : event.Name;
}

function kindOf(event: ScheduledEvent): string {
  if (event.EventType === EventType.TaskScheduled) return 'an activity';
  return event.EventType === EventType.TimerCreated ? 'a timer' : 'a sub-orchestration';
}

function detailsOf(event: ScheduledEvent): string {
  if (event.EventType === EventType.TimerCreated) return '';
  const instance = event.EventType === EventType.TaskScheduled ? '' : `, instance ID '${event.InstanceId}'`;
  return ` and name '${event.Name}' (version '${event.Version ?? ''}'${instance})`;
}

function actionClassOf(event: ScheduledEvent): string {
  if (event.EventType === EventType.TaskScheduled) return 'ScheduleTaskOrchestratorAction';
  return event.EventType === EventType.TimerCreated ? 'CreateTimerOrchestratorAction' : 'CreateSubOrchestrationAction';
}
