import { EventType, later, type EventRaised, type HistoryEvent, type ScheduledEvent } from './history.ts';
import { differenceBetween } from './difference.ts';
import { ActionType, type Action, type RetryOptions } from './actions.ts';

/** A task that the code has scheduled and that history does not hold yet, with what its execution needs. */
export interface Decision {
  readonly event: ScheduledEvent;
  /** JSON text; null for a timer. */
  readonly input: string | null;
}

/** The code that runs now is not the code that wrote the history. */
export class NonDeterminism extends Error {}

/** What a replay needs to know of the world around the orchestration. */
export interface ReplayScope {
  readonly executionId: string;
  readonly hasActivity: (name: string) => boolean;
  readonly hasOrchestrator: (name: string) => boolean;
  /** Whether scheduled events keep their input (`storeInputsInOrchestrationHistory` of host.json). */
  readonly storeInputs: boolean;
  /** Version of sub-orchestrations that are called without one. */
  readonly defaultVersion: string | null;
}

type Done = (succeeded: boolean) => void;

// The Azure Storage provider splits a longer timer: https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-timers
const LONGEST_TIMER = 6 * 86_400_000;
const TIMER_SEGMENT = 3 * 86_400_000;

/**
 * Plays the actions that the SDK reports against the history, event by event, with the numbering of the Durable Task
 * Framework. What remains in `decisions` afterwards is new. Knows no storage and no clock.
 */
export class Replay {
  /** By task number, in the order of scheduling. */
  readonly decisions = new Map<number, Decision>();
  /** Why this orchestration cannot go on by itself; the real host says nothing. */
  readonly warnings: string[] = [];
  continueAsNew: { readonly input: string | null } | undefined;
  terminated: { readonly reason: string | null } | undefined;
  suspended = false;

  readonly #actions: readonly Action[];
  readonly #scope: ReplayScope;
  readonly #open = new Map<number, Done>();
  readonly #waiting = new Map<string, Done[]>();
  readonly #buffered = new Map<string, EventRaised[]>();
  readonly #held = new Map<number, Decision>();
  readonly #whileSuspended: HistoryEvent[] = [];
  #nextAction = 0;
  #nextId = 0;
  #now = '';
  #finished = false;

  constructor(actions: readonly Action[], scope: ReplayScope) {
    this.#actions = actions;
    this.#scope = scope;
  }

  /** Whether every action has come to its end and no task is under way. */
  get settled(): boolean {
    return this.#finished && this.#open.size === 0;
  }

  /** Whether nothing that could still happen would move the orchestration on. */
  get stuck(): boolean {
    return this.#open.size === 0 && [...this.#waiting.values()].every((waiters) => waiters.length === 0);
  }

  /** The number that the next scheduled event or the completion gets. */
  get nextId(): number {
    return this.#nextId;
  }

  /** External events that nobody has waited for, oldest first. */
  get unconsumed(): EventRaised[] {
    return [...this.#buffered.values()].flat();
  }

  /** Throws NonDeterminism when the event is not what the actions lead to. */
  process(event: HistoryEvent): void {
    if (event.EventType === EventType.OrchestratorStarted) {
      this.#now = event.Timestamp;
    } else if (this.suspended && !endsSuspension(event)) {
      this.#whileSuspended.push(event);
    } else {
      this.#handle(event);
    }
  }

  #handle(event: HistoryEvent): void {
    switch (event.EventType) {
      case EventType.ExecutionStarted:
        this.#continue();
        break;
      case EventType.TaskScheduled:
      case EventType.SubOrchestrationInstanceCreated:
      case EventType.TimerCreated:
        this.#confirm(event);
        break;
      case EventType.TaskCompleted:
      case EventType.SubOrchestrationInstanceCompleted:
        this.#settle(event.TaskScheduledId, true);
        break;
      case EventType.TaskFailed:
      case EventType.SubOrchestrationInstanceFailed:
        this.#settle(event.TaskScheduledId, false);
        break;
      case EventType.TimerFired:
        this.#settle(event.TimerId, true);
        break;
      case EventType.EventRaised:
        this.#raise(event);
        break;
      case EventType.ExecutionTerminated:
        this.terminated = { reason: event.Input };
        break;
      case EventType.ExecutionSuspended:
        this.#suspend();
        break;
      case EventType.ExecutionResumed:
        this.#resume();
        break;
      case EventType.ExecutionCompleted:
      case EventType.OrchestratorStarted:
      case EventType.OrchestratorCompleted:
        break;
    }
  }

  #continue(): void {
    const action = this.#actions[this.#nextAction];
    if (action === undefined) {
      this.#finished = true;
      return;
    }
    this.#nextAction += 1;
    // Failures are the SDK's business: it decides what follows and reports it as the next action.
    this.#start(action, () => this.#continue());
  }

  #start(action: Action, done: Done): void {
    switch (action.actionType) {
      case ActionType.CallActivity:
        return this.#activity(action, done);
      case ActionType.CallActivityWithRetry:
        return this.#retry((end) => this.#activity(action, end), action.retryOptions, done);
      case ActionType.CallSubOrchestrator:
        return this.#subOrchestration(action, done);
      case ActionType.CallSubOrchestratorWithRetry:
        return this.#retry((end) => this.#subOrchestration(action, end), action.retryOptions, done);
      case ActionType.ContinueAsNew:
        this.continueAsNew = { input: jsonText(action.input) };
        return done(true);
      case ActionType.CreateTimer:
        return this.#userTimer(action.fireAt, action.isCanceled, done);
      case ActionType.WaitForExternalEvent:
        return this.#wait(action.externalEventName, done);
      case ActionType.WhenAny:
      case ActionType.WhenAll:
        return this.#compound(action.compoundActions, action.actionType === ActionType.WhenAny, done);
      case ActionType.CallHttp:
        throw new UnsupportedAction('callHttp');
      case ActionType.CallEntity:
      case ActionType.SignalEntity:
        throw new UnsupportedAction('entities');
      default:
        throw new UnsupportedAction(`the action ${JSON.stringify(action)}`);
    }
  }

  #activity(call: { functionName: string; input?: unknown }, done: Done): void {
    const { functionName: Name } = call;
    if (!this.#scope.hasActivity(Name)) {
      this.warnings.push(`calls the activity '${Name}', which does not exist, and waits for it for ever`);
      return;
    }
    this.#schedule({ EventType: EventType.TaskScheduled, Name, Version: '' }, jsonText(call.input), done);
  }

  #subOrchestration(
    call: { functionName: string; input?: unknown; instanceId?: string | null; version?: string },
    done: Done,
  ): void {
    const { functionName: Name } = call;
    if (!this.#scope.hasOrchestrator(Name)) {
      this.warnings.push(`calls the sub-orchestrator '${Name}', which does not exist, and waits for it for ever`);
      return;
    }
    // An empty id is none, as null is.
    const InstanceId = call.instanceId || `${this.#scope.executionId}:${this.#nextId}`;
    const Version = call.version ?? this.#scope.defaultVersion;
    const event = { EventType: EventType.SubOrchestrationInstanceCreated, Name, InstanceId, Version };
    this.#schedule(event, jsonText(call.input), done);
  }

  #schedule(
    event:
      | { EventType: typeof EventType.TaskScheduled; Name: string; Version: '' }
      | {
          EventType: typeof EventType.SubOrchestrationInstanceCreated;
          Name: string;
          InstanceId: string;
          Version: string | null;
        },
    input: string | null,
    done: Done,
  ): void {
    const Input = this.#scope.storeInputs ? input : null;
    this.#decide({ event: { ...event, Input, EventId: this.#nextId, Timestamp: '', IsPlayed: false }, input }, done);
  }

  #timer(FireAt: string, done: Done): void {
    const event = { EventType: EventType.TimerCreated, FireAt, EventId: this.#nextId, Timestamp: '', IsPlayed: false };
    this.#decide({ event, input: null }, done);
  }

  #decide(decision: Decision, done: Done): void {
    this.decisions.set(this.#nextId, decision);
    this.#open.set(this.#nextId, done);
    this.#nextId += 1;
  }

  #userTimer(fireAt: string, isCanceled: boolean, done: Done): void {
    const due = Date.parse(fireAt);
    const segment = (): void => {
      const left = due - Date.parse(this.#now);
      if (left <= LONGEST_TIMER) this.#timer(fireAt, done);
      else this.#timer(later(this.#now, TIMER_SEGMENT), segment);
    };
    segment();
    if (isCanceled) {
      this.#open.delete(this.#nextId - 1);
      done(true);
    }
  }

  /**
   * After the last failure, too, the framework creates a timer, due at once, and looks at the failure when it has fired.
   * A retry timeout that passes earlier leaves the SDK waiting for that timer.
   */
  #retry(attempt: (done: Done) => void, options: RetryOptions, done: Done): void {
    const started = Date.parse(this.#now);
    let failures = 0;
    const next = (): void =>
      attempt((succeeded) => {
        if (succeeded) return done(true);
        failures += 1;
        if (failures >= options.maxNumberOfAttempts) return this.#timer(this.#now, () => done(false));
        if (this.#retryTimeIsOver(options, started)) {
          this.warnings.push('has retried until retryTimeoutInMilliseconds, and waits for ever for one more timer');
          return done(false);
        }
        const interval = options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** (failures - 1);
        this.#timer(later(this.#now, Math.min(interval, options.maxRetryIntervalInMilliseconds ?? Infinity)), next);
      });
    next();
  }

  #retryTimeIsOver(options: RetryOptions, started: number): boolean {
    const { retryTimeoutInMilliseconds: timeout } = options;
    return timeout !== undefined && Date.parse(this.#now) >= started + timeout;
  }

  /** All members begin before the first end counts: a timer that the code has cancelled later ends at once. */
  #compound(actions: readonly Action[], any: boolean, done: Done): void {
    let left = any ? 1 : actions.length;
    let allBegun = false;
    for (const action of actions) {
      this.#start(action, () => {
        left -= 1;
        if (left === 0 && allBegun) done(true);
      });
    }
    allBegun = true;
    if (left <= 0) done(true);
  }

  #wait(name: string, done: Done): void {
    const buffered = this.#buffered.get(name)?.shift();
    if (buffered !== undefined) return done(true);
    const waiters = this.#waiting.get(name);
    if (waiters === undefined) this.#waiting.set(name, [done]);
    else waiters.push(done);
  }

  #raise(event: EventRaised): void {
    const latestWaiter = this.#waiting.get(event.Name)?.pop();
    if (latestWaiter !== undefined) return latestWaiter(true);
    const buffered = this.#buffered.get(event.Name);
    if (buffered === undefined) this.#buffered.set(event.Name, [event]);
    else buffered.push(event);
  }

  #settle(id: number, succeeded: boolean): void {
    const done = this.#open.get(id);
    this.#open.delete(id);
    done?.(succeeded);
  }

  #suspend(): void {
    this.suspended = true;
    for (const [id, decision] of this.decisions) this.#held.set(id, decision);
    this.decisions.clear();
  }

  #resume(): void {
    this.suspended = false;
    for (const [id, decision] of this.#held) this.decisions.set(id, decision);
    this.#held.clear();
    for (const event of this.#whileSuspended.splice(0)) this.process(event);
  }

  #confirm(event: ScheduledEvent): void {
    const difference = differenceBetween(event, this.decisions.get(event.EventId)?.event);
    if (difference !== undefined) throw new NonDeterminism(difference);
    this.decisions.delete(event.EventId);
  }
}

/** Something that this host does not do; the orchestration fails with the text. */
export class UnsupportedAction extends Error {
  constructor(what: string) {
    super(`The local host does not support ${what}`);
  }
}

function endsSuspension(event: HistoryEvent): boolean {
  return event.EventType === EventType.ExecutionResumed || event.EventType === EventType.ExecutionTerminated;
}

function jsonText(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
