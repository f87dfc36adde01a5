import type { Clock } from '../../endpoint/clock.ts';
import type { Log } from '../../endpoint/endpoint.ts';
import type { AppFunction, FunctionApp } from '../function-app.ts';
import type { HostSettings } from '../settings.ts';
import { newTrace, type Trace } from '../trace.ts';
import { callActivity } from './activity-call.ts';
import type { TurnResult } from './actions.ts';
import { CommitQueue } from './commit-queue.ts';
import { EventType, eventsOf, type HistoryEvent } from './history.ts';
import { isFinished, type Instance } from './instance.ts';
import { callOrchestrator } from './orchestrator-call.ts';
import type { StoredMessage } from './message.ts';
import type { Committed, Step, Store, StoredActivityTask } from './store.ts';
import { executionStarted, performedBy, type Performed, type WorkItem } from './turn-step.ts';
import { decideTurn, generationStart, type TurnOutcome } from './turn.ts';
import { takesVersion } from './version.ts';
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';

/** What the engine works with. */
export interface EngineParts {
  readonly app: FunctionApp;
  readonly store: Store;
  readonly settings: HostSettings['durableTask'];
  readonly clock: Clock;
  readonly log: Log;
  /** Whether traces record orchestrations and activities. */
  readonly recordsDurable?: boolean | undefined;
}

/**
 * Runs orchestrations and activities. Orchestrations are called turn by turn with what has arrived for them; activities
 * run at least once: after a crash those that had not been recorded as finished run again.
 */
export class Engine {
  readonly orchestrators: ReadonlyMap<string, AppFunction>;
  readonly #activities: ReadonlyMap<string, AppFunction>;
  readonly #parts: EngineParts;
  readonly #commits: CommitQueue;
  readonly #mostTurns: number;
  readonly #mostActivities: number;
  readonly #readyInstances = new Set<string>();
  /** Instances whose turn runs or waits for its record. */
  readonly #turning = new Set<string>();
  readonly #waitingActivities: StoredActivityTask[] = [];
  readonly #work = new Set<Promise<void>>();
  /** How many functions run; what waits for the disk holds up no other. */
  readonly #running = { activities: 0, turns: 0 };
  #alarm: { readonly due: number; readonly cancel: () => void } | undefined;
  #stopped = false;
  readonly #abandoned = Promise.withResolvers<void>();

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.orchestrators = functionsOfType(parts.app, 'orchestrationTrigger');
    this.#activities = functionsOfType(parts.app, 'activityTrigger');
    this.#commits = new CommitQueue(parts.store, {
      onCommitted: (committed) => this.#dispatch(committed),
      moreIsComing: () => this.#running.activities + this.#running.turns > 0,
      clock: parts.clock,
    });
    // Defaults of https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-bindings#host-json
    this.#mostTurns = parts.settings.maxConcurrentOrchestratorFunctions ?? 10 * availableParallelism();
    this.#mostActivities = parts.settings.maxConcurrentActivityFunctions ?? 10 * availableParallelism();
  }

  /** Takes up what the store holds, such as what a crash has left. */
  start(): void {
    this.#waitingActivities.push(...this.#parts.store.activities());
    this.#deliverDue();
  }

  /** Begins no further work, and resolves when what was under way is recorded. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm?.cancel();
    await Promise.allSettled(this.#work);
  }

  /** Ends as the process does that is killed: nothing of what is under way is recorded any more. */
  abandon(): void {
    this.#stopped = true;
    this.#alarm?.cancel();
    this.#commits.close();
    this.#work.clear();
    this.#abandoned.resolve();
  }

  /** Resolves when nothing is under way that time need not pass for, or when it is abandoned. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.race([this.#abandoned.promise, ...this.#work]);
  }

  /** Version of orchestrations that are started without one. */
  get defaultVersion(): string | null {
    return this.#parts.settings.defaultVersion ?? null;
  }

  /** Whether the app runs orchestrations of the version of this one. */
  takes({ version }: Instance): boolean {
    return takesVersion(version, this.#parts.settings);
  }

  /** Resolves when the step is safe on disk. */
  commit(step: Step): Promise<void> {
    return this.#commits.commit(step);
  }

  #dispatch({ messages, activities }: Committed): void {
    const now = this.#parts.clock.now();
    for (const { instanceId, visibleAt } of messages) {
      if (visibleAt <= now) this.#readyInstances.add(instanceId);
      else this.#wakeAt(visibleAt);
    }
    this.#waitingActivities.push(...activities);
    this.#pump();
  }

  #deliverDue(): void {
    this.#alarm = undefined;
    const now = this.#parts.clock.now();
    for (const id of this.#parts.store.instancesWithMessages(now)) this.#readyInstances.add(id);
    const next = this.#parts.store.nextDue(now);
    if (next !== undefined) this.#wakeAt(next);
    this.#pump();
  }

  #wakeAt(due: number): void {
    if (this.#stopped || (this.#alarm !== undefined && this.#alarm.due <= due)) return;
    this.#alarm?.cancel();
    const cancel = this.#parts.clock.after(due - this.#parts.clock.now(), () => this.#deliverDue());
    this.#alarm = { due, cancel };
  }

  #pump(): void {
    if (this.#stopped) return;
    while (this.#running.activities < this.#mostActivities) {
      const task = this.#waitingActivities.shift();
      if (task === undefined) break;
      this.#track(this.#perform('activities', () => this.#runActivity(task)));
    }
    for (const id of this.#readyInstances) {
      if (this.#running.turns >= this.#mostTurns) break;
      if (this.#turning.has(id)) continue;
      this.#readyInstances.delete(id);
      this.#turning.add(id);
      const turn = this.#perform('turns', () => this.#runTurns(id));
      this.#track(turn.finally(() => this.#turning.delete(id)));
    }
  }

  async #perform(kind: 'activities' | 'turns', run: () => Promise<Performed | undefined>): Promise<void> {
    this.#running[kind] += 1;
    const performed = await run().finally(() => {
      this.#running[kind] -= 1;
      this.#pump();
    });
    if (performed === undefined) return;
    await this.commit(performed.step);
    for (const warning of performed.warnings) this.#parts.log(`warn durable: ${warning}`);
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#parts.log(`error durable: ${String(error)}`))
      .finally(() => {
        this.#work.delete(tracked);
        this.#pump();
      });
    this.#work.add(tracked);
  }

  async #runActivity(task: StoredActivityTask): Promise<Performed | undefined> {
    await nextLoopTurn();
    const activity = this.#activities.get(task.name.toLowerCase());
    if (activity === undefined) {
      this.#parts.log(`warn durable: the activity '${task.name}' of ${task.instanceId} does not exist any more`);
      return undefined;
    }
    const trace = this.#traceOf(this.#parts.store.instance(task.instanceId));
    const event = await callActivity(this.#parts.app, activity, { ...task, trace }, () => this.#timestamp());
    const { instanceId, executionId } = task;
    const message = { instanceId, executionId, visibleAt: this.#parts.clock.now(), event };
    return { step: { finishedActivity: task.sequence, messages: [message] }, warnings: [] };
  }

  /** Runs one turn, and those of the generations that continueAsNew leads to at once. */
  async #runTurns(id: string): Promise<Performed | undefined> {
    await nextLoopTurn();
    const { store } = this.#parts;
    const messages = store.messagesFor(id, this.#parts.clock.now());
    const received = messages.map(({ sequence }) => sequence);
    let instance = store.instance(id);
    const relevant = instance === undefined ? [] : this.#relevantTo(instance, messages);
    if (instance === undefined || isFinished(instance) || relevant.length === 0) {
      return received.length === 0 ? undefined : { step: { received }, warnings: [] };
    }
    if (!this.takes(instance) && this.#parts.settings.versionFailureStrategy === 'Reject') {
      const { id: waiting, version } = instance;
      this.#parts.log(
        `warn durable: ${waiting} has the version '${version}', for which it waits: this app does not run it`,
      );
      return undefined;
    }
    const { executionId: begun } = instance;
    let past = store.turns(id);
    let arrived: readonly HistoryEvent[] = [
      { EventType: EventType.OrchestratorStarted, EventId: -1, IsPlayed: false, Timestamp: this.#timestamp() },
      ...relevant.map(({ event }) => event),
    ];
    let outcome = await this.#runTurn(instance, past, arrived);
    let replaceHistory = false;
    for (let next = outcome.nextGeneration; next !== undefined; next = outcome.nextGeneration) {
      const now = this.#timestamp();
      instance = nextGeneration(instance, next.input, now);
      [past, arrived] = [[], generationStart(executionStarted(instance, null, now), next.carried)];
      await nextLoopTurn();
      outcome = await this.#runTurn(instance, past, arrived);
      replaceHistory = true;
    }
    return this.#recordOf({ instance, received, replaceHistory, outcome }, begun);
  }

  /** What is meant for the execution; it starts once, however often it is told to. */
  #relevantTo({ id, executionId }: Instance, messages: readonly StoredMessage[]): StoredMessage[] {
    let started = this.#parts.store.turns(id).length > 0;
    return messages.filter((message) => {
      if (message.executionId !== null && message.executionId !== executionId) return false;
      if (message.event.EventType !== EventType.ExecutionStarted) return true;
      const isFirst = !started;
      started = true;
      return isFirst;
    });
  }

  async #runTurn(instance: Instance, past: readonly string[], arrived: readonly HistoryEvent[]): Promise<TurnOutcome> {
    return decideTurn({
      name: instance.name,
      past: eventsOf(past),
      arrived,
      result: await this.#callOrchestrator(instance, past, arrived),
      scope: {
        executionId: instance.executionId,
        hasActivity: (name) => this.#activities.has(name.toLowerCase()),
        hasOrchestrator: (name) => this.orchestrators.has(name.toLowerCase()),
        storeInputs: this.#parts.settings.storeInputsInOrchestrationHistory,
        defaultVersion: this.defaultVersion,
      },
      now: this.#timestamp(),
    });
  }

  #callOrchestrator(
    instance: Instance,
    past: readonly string[],
    arrived: readonly HistoryEvent[],
  ): Promise<TurnResult> | TurnResult {
    if (!this.takes(instance)) return { crash: 'Orchestration version did not comply with Worker Versioning' };
    const orchestrator = this.orchestrators.get(instance.name.toLowerCase());
    if (orchestrator !== undefined) {
      const trace = this.#traceOf(instance);
      return callOrchestrator(this.#parts.app, orchestrator, { instance, past, arrived, trace });
    }
    const known = [...this.orchestrators.values()].map(({ name }) => `'${name}'`).join(', ');
    const missing = `The function '${instance.name}' doesn't exist, is disabled, or is not an orchestrator function.`;
    return { crash: `${missing} Additional info: The following are the known orchestrator functions: ${known}.` };
  }

  /** All of an instance belongs to the trace of who started it. */
  #traceOf(instance: Instance | undefined): Trace {
    return { id: instance?.traceId ?? newTrace().id, sampled: this.#parts.recordsDurable === true };
  }

  #recordOf(
    item: Pick<WorkItem, 'instance' | 'received' | 'replaceHistory' | 'outcome'>,
    executionId: string,
  ): Performed {
    const find = (id: string): Instance | undefined => this.#parts.store.instance(id);
    const { id: instanceId } = item.instance;
    const { step, warnings } = performedBy({ ...item, now: this.#timestamp(), find });
    return { step: { ...step, execution: { instanceId, executionId } }, warnings };
  }

  #timestamp(): string {
    return new Date(this.#parts.clock.now()).toISOString();
  }
}

function functionsOfType(app: FunctionApp, type: string): Map<string, AppFunction> {
  const functions = app.functions.filter(({ trigger, disabled }) => !disabled && trigger.type === type);
  return new Map(functions.map((candidate) => [candidate.name.toLowerCase(), candidate]));
}

function nextGeneration(instance: Instance, input: string | null, now: string): Instance {
  return {
    ...instance,
    executionId: randomUUID().replaceAll('-', ''),
    executionInput: input,
    input: input ?? instance.input,
    createdTime: now,
  };
}

/** Lets requests and timers in between two pieces of work, which would otherwise follow each other as microtasks. */
function nextLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
