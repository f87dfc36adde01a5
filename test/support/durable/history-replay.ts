/** Replays stored histories on the code of today. */
import { eventsOf, EventType, type HistoryEvent } from '../../../local/host/durable/history.ts';
import { callOrchestrator } from '../../../local/host/durable/orchestrator-call.ts';
import { decideTurn, type TurnOutcome } from '../../../local/host/durable/turn.ts';
import type { FunctionApp } from '../../../local/host/function-app.ts';
import type { InstanceHistory } from '../../../local/host/server.ts';
import { NotDeterministic } from './replay.ts';

/**
 * Calls the orchestrator again for every turn of a history, each time from the start, and compares what it schedules then
 * by number, kind, name, due time and, where the history holds inputs, by input; and its result, where it had one. Throws
 * NotDeterministic with the turn and the difference. Activities are not run.
 */
export async function replayHistory(app: FunctionApp, history: InstanceHistory): Promise<void> {
  const turns = turnsOf(history.events);
  for (const [index, turn] of turns.entries()) {
    const past = turns.slice(0, index).map((events) => events.map((event) => JSON.stringify(event)).join(','));
    const recorded = turn.filter(isDecision);
    const arrived = turn.filter((event) => !isDecision(event) && event.EventType !== EventType.OrchestratorCompleted);
    const decided = (await play(app, history, past, arrived)).events.filter(isDecision);
    compare(recorded, decided, `turn ${index + 1} of ${history.name} (${history.id})`);
  }
}

function turnsOf(events: readonly HistoryEvent[]): HistoryEvent[][] {
  const turns: HistoryEvent[][] = [];
  for (const event of events) {
    if (event.EventType === EventType.OrchestratorStarted) turns.push([]);
    turns.at(-1)?.push(event);
  }
  return turns;
}

function isDecision({ EventType: type }: HistoryEvent): boolean {
  return DECISIONS.has(type);
}

const DECISIONS = new Set<number>([
  EventType.TaskScheduled,
  EventType.SubOrchestrationInstanceCreated,
  EventType.TimerCreated,
  EventType.ExecutionCompleted,
]);

async function play(
  app: FunctionApp,
  instance: InstanceHistory,
  past: readonly string[],
  events: readonly HistoryEvent[],
): Promise<TurnOutcome> {
  const byName = (name: string, type: string) =>
    app.functions.find((each) => each.trigger.type === type && each.name.toLowerCase() === name.toLowerCase());
  const orchestrator = byName(instance.name, 'orchestrationTrigger');
  if (orchestrator === undefined) throw new NotDeterministic(`The app has no orchestrator ${instance.name}.`);
  const arrived = events.map((event) => ({ ...event, IsPlayed: false }));
  return decideTurn({
    name: instance.name,
    past: eventsOf(past),
    arrived,
    result: await callOrchestrator(app, orchestrator, { instance, past, arrived }),
    scope: {
      executionId: instance.executionId,
      hasActivity: (name) => byName(name, 'activityTrigger') !== undefined,
      hasOrchestrator: (name) => byName(name, 'orchestrationTrigger') !== undefined,
      storeInputs: true,
      defaultVersion: null,
    },
    now: instance.lastUpdatedTime,
  });
}

function compare(recorded: readonly HistoryEvent[], decided: readonly HistoryEvent[], where: string): void {
  for (let index = 0; index < Math.max(recorded.length, decided.length); index += 1) {
    const [before, now] = [essence(recorded[index]), essence(decided[index])];
    const known = before.Input === null ? { ...now, Input: null } : now;
    const [expected, actual] = [JSON.stringify(before), JSON.stringify(known)];
    if (expected !== actual)
      throw new NotDeterministic(`${where}: history has ${expected}, the code of today ${actual}`);
  }
}

/** What has to be the same in a replay. */
function essence(event: HistoryEvent | undefined) {
  if (event === undefined) return { nothing: true, Input: null };
  const { EventType: type, EventId } = event;
  const Name = 'Name' in event ? event.Name : undefined;
  const InstanceId = 'InstanceId' in event ? event.InstanceId : undefined;
  const FireAt = 'FireAt' in event ? event.FireAt : undefined;
  const Input = 'Input' in event ? event.Input : null;
  // The text of a failure holds stacks, and with them the lines of today's code.
  const Result = 'OrchestrationStatus' in event && event.OrchestrationStatus === 'Completed' ? event.Result : undefined;
  const status = 'OrchestrationStatus' in event ? event.OrchestrationStatus : undefined;
  return { type, EventId, Name, InstanceId, FireAt, status, Result, Input };
}
