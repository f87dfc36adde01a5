/**
 * Runs orchestrations on the executor that `durable-functions` ships, one finished task a turn, from the start in every
 * turn. After each turn it compares everything that was scheduled so far, by kind, name and input: the executor itself
 * would hand a result to the wrong step and say nothing.
 */
import { createRequire } from 'node:module';
import type { OrchestrationHandler } from 'durable-functions';
import type { Action, OrchestratorState } from '../../../local/host/durable/actions.ts';
import { EventType } from '../../../local/host/durable/history.ts';
import type { HistoryEvent, ScheduledEvent } from '../../../local/host/durable/history.ts';
import { Replay } from '../../../local/host/durable/replay.ts';

// The package exports neither; its version is pinned.
const load = createRequire(import.meta.url);
const { createOrchestrator, DummyOrchestrationContext, DurableOrchestrationInput } = load(
  'durable-functions/lib/src/util/testingUtils',
) as TestingUtils;

interface TestingUtils {
  readonly createOrchestrator: (
    handler: OrchestrationHandler,
  ) => (input: object, context: object) => Promise<OrchestratorState>;
  readonly DummyOrchestrationContext: new (name: string, id: string, log: () => void) => object;
  readonly DurableOrchestrationInput: new (...values: unknown[]) => object;
}

const SCHEMA_V3 = 2;
const START = Date.UTC(2026, 0, 1);

/** What orchestrations call. An activity that throws fails that attempt of it. */
export interface World {
  readonly orchestrations: Readonly<Record<string, OrchestrationHandler>>;
  readonly activities: Readonly<Record<string, (input: never) => unknown>>;
  /**
   * What each external event brings, by its name, asked once for each wait when nothing but timers is under way. Nobody
   * raises it if that is undefined.
   */
  readonly events?: Readonly<Record<string, () => unknown>>;
}

/** How an orchestration ended, and what it and its children scheduled, in order: `name` of activities, `child/name`. */
export interface Played {
  readonly output?: unknown;
  readonly failure?: string;
  readonly steps: readonly string[];
  /** Rows that its own history has in the end. */
  readonly historyRows: number;
}

/** An orchestration did not schedule again what it had scheduled before. */
export class NotDeterministic extends Error {}

/** Time that moves from timer to timer, the same for an orchestration, its children and its later generations. */
interface PlayClock {
  now: number;
}

/** Plays an orchestration to its end. */
export async function play(
  world: World,
  name: string,
  input: unknown,
  clock: PlayClock = { now: START },
): Promise<Played> {
  const generation = new Generation(world, name, input, clock);
  const ended = await generation.run();
  if (ended.continuesWith === undefined) return ended;
  const rest = await play(world, name, ended.continuesWith, clock);
  return { ...rest, steps: [...ended.steps, ...rest.steps] };
}

type Pending = ScheduledEvent & { readonly taskInput: unknown };

/** One generation of an instance: it has one history. */
class Generation {
  readonly #world: World;
  readonly #name: string;
  readonly #input: unknown;
  readonly #history: HistoryEvent[];
  readonly #steps: string[] = [];
  #pending: Pending[] = [];
  /** Names of the events that were waited for, in order, and how many of these waits were asked about. */
  #waits: readonly string[] = [];
  #asked = 0;
  #scheduled: readonly string[] = [];
  readonly #clock: PlayClock;

  constructor(world: World, name: string, input: unknown, clock: PlayClock) {
    this.#clock = clock;
    this.#world = world;
    this.#name = name;
    this.#input = input;
    this.#history = [
      { ...this.#stamp(), EventType: EventType.OrchestratorStarted },
      {
        ...this.#stamp(),
        EventType: EventType.ExecutionStarted,
        Name: name,
        Version: null,
        Input: JSON.stringify(input),
        OrchestrationInstance: { InstanceId: 'instance', ExecutionId: 'execution' },
        ParentInstance: null,
        Generation: null,
      },
    ];
  }

  async run(): Promise<Played & { readonly continuesWith?: unknown }> {
    for (;;) {
      const state = await this.#execute();
      const replay = this.#compare(state.actions.flat());
      const own = { steps: this.#steps, historyRows: this.#history.length };
      if (replay.continueAsNew !== undefined) {
        return { ...own, continuesWith: JSON.parse(replay.continueAsNew.input ?? 'null') as unknown };
      }
      if (replay.settled && state.error !== undefined) return { ...own, failure: state.error };
      if (replay.settled && state.isDone) return { ...own, output: state.output };
      await this.#finishOneTask();
    }
  }

  async #execute(): Promise<OrchestratorState> {
    const handler = this.#world.orchestrations[this.#name];
    if (handler === undefined) throw new Error(`There is no orchestration ${this.#name}`);
    const history = this.#history.map((event) => ({ ...event, Timestamp: new Date(event.Timestamp) }));
    const replaying = history.length > 2;
    const timers = [undefined, undefined, undefined] as const;
    const given = new DurableOrchestrationInput('instance', history, this.#input, ...timers, SCHEMA_V3, replaying);
    try {
      return await createOrchestrator(handler)(
        given,
        new DummyOrchestrationContext(this.#name, 'instance', () => undefined),
      );
    } catch (error) {
      const [, state] = String(error).split('\n\n$OutOfProcData$:');
      if (state === undefined) throw error;
      return JSON.parse(state) as OrchestratorState;
    }
  }

  #compare(actions: readonly Action[]): Replay {
    // A timer that is cancelled was scheduled all the same.
    const scheduled = actions.map((action) =>
      JSON.stringify(action, (key, value: unknown) => (key === 'isCanceled' ? undefined : value)),
    );
    this.#scheduled.forEach((before, index) => {
      if (scheduled[index] === before) return;
      throw new NotDeterministic(
        `step ${index} of ${this.#name} was ${before}, the replay scheduled ${scheduled[index] ?? 'nothing'}`,
      );
    });
    this.#scheduled = scheduled;
    const parts = actions.flatMap(partsOf);
    this.#waits = parts.flatMap((part) => ('externalEventName' in part ? [part.externalEventName] : []));
    const replay = new Replay(actions, {
      executionId: 'execution',
      hasActivity: (name) => name in this.#world.activities,
      hasOrchestrator: (name) => name in this.#world.orchestrations,
      storeInputs: false,
      defaultVersion: null,
    });
    for (const event of this.#history) replay.process(event);
    if (replay.warnings.length > 0) throw new Error(`${this.#name} ${replay.warnings.join(' and ')}`);
    for (const { event, input } of replay.decisions.values()) {
      const scheduledEvent = { ...event, Timestamp: this.#stamp().Timestamp };
      this.#history.push(scheduledEvent);
      this.#pending.push({ ...scheduledEvent, taskInput: JSON.parse(input ?? 'null') as unknown });
      if (event.EventType === EventType.TaskScheduled) this.#steps.push(event.Name);
    }
    const canceled = new Set(parts.flatMap((part) => ('isCanceled' in part && part.isCanceled ? [part.fireAt] : [])));
    this.#pending = this.#pending.filter((task) => !('FireAt' in task && canceled.has(task.FireAt)));
    return replay;
  }

  /** Tasks end in the order in which they were scheduled; then events come; timers when nothing else is under way. */
  async #finishOneTask(): Promise<void> {
    const arrived = await this.#nextArrival();
    this.#history.push(
      { ...this.#stamp(), EventType: EventType.OrchestratorCompleted },
      { ...this.#stamp(), EventType: EventType.OrchestratorStarted },
      arrived,
    );
  }

  async #nextArrival(): Promise<HistoryEvent> {
    const isTimer = ({ EventType: type }: Pending) => type === EventType.TimerCreated;
    const working = this.#pending.find((other) => !isTimer(other));
    const event = working === undefined ? this.#nextEvent() : undefined;
    if (event !== undefined) return event;
    // Of several timers, the one that is due first.
    const timers = this.#pending.toSorted((a, b) => dueTime(a) - dueTime(b));
    const task = working ?? timers[0];
    if (task === undefined) throw new Error(`${this.#name} waits for nothing`);
    this.#pending = this.#pending.filter((other) => other !== task);
    return this.#endOf(task);
  }

  #nextEvent(): HistoryEvent | undefined {
    while (this.#asked < this.#waits.length) {
      const Name = this.#waits[this.#asked] ?? '';
      this.#asked += 1;
      const payload = this.#world.events?.[Name]?.();
      if (payload === undefined) continue;
      return { ...this.#stamp(), EventType: EventType.EventRaised, Name, Input: JSON.stringify(payload) };
    }
    return undefined;
  }

  async #endOf(task: Pending): Promise<HistoryEvent> {
    const TaskScheduledId = task.EventId;
    switch (task.EventType) {
      case EventType.TimerCreated:
        this.#clock.now = Math.max(this.#clock.now, Date.parse(task.FireAt));
        return { ...this.#stamp(), EventType: EventType.TimerFired, TimerId: task.EventId, FireAt: task.FireAt };
      case EventType.TaskScheduled: {
        try {
          const output: unknown = await this.#world.activities[task.Name]?.(task.taskInput as never);
          return {
            ...this.#stamp(),
            EventType: EventType.TaskCompleted,
            TaskScheduledId,
            Result: JSON.stringify(output ?? null),
          };
        } catch (error) {
          const Reason = `Activity function '${task.Name}' failed: ${error instanceof Error ? error.message : String(error)}`;
          return {
            ...this.#stamp(),
            EventType: EventType.TaskFailed,
            TaskScheduledId,
            Reason,
            Details: '',
            FailureDetails: null,
          };
        }
      }
      case EventType.SubOrchestrationInstanceCreated: {
        const child = await play(this.#world, task.Name, task.taskInput, this.#clock);
        this.#steps.push(...child.steps.map((step) => `${task.Name}/${step}`));
        if (child.failure === undefined) {
          const Result = JSON.stringify(child.output ?? null);
          return { ...this.#stamp(), EventType: EventType.SubOrchestrationInstanceCompleted, TaskScheduledId, Result };
        }
        const Reason = `Orchestrator function '${task.Name}' failed: ${child.failure}`;
        const type = EventType.SubOrchestrationInstanceFailed;
        return { ...this.#stamp(), EventType: type, TaskScheduledId, Reason, Details: '', FailureDetails: null };
      }
    }
  }

  #stamp(): { EventId: -1; Timestamp: string; IsPlayed: false } {
    return { EventId: -1, Timestamp: new Date(this.#clock.now).toISOString(), IsPlayed: false };
  }
}

function dueTime(task: Pending): number {
  return task.EventType === EventType.TimerCreated ? Date.parse(task.FireAt) : 0;
}

function partsOf(action: Action): readonly Action[] {
  return 'compoundActions' in action ? action.compoundActions.flatMap(partsOf) : [action];
}
