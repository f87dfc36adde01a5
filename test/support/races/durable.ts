/**
 * The smallest model of Durable Functions on which the product's orchestrations run: no history, one run of an instance
 * from its start to its end. Its activities may run twice at the same moment, or late; its host may die; and a second run
 * of an instance may come, as a tool could start it.
 */
import type { DurableClient, OrchestrationContext, OrchestrationHandler } from 'durable-functions';
import { getClient } from 'durable-functions';
import { handlers } from '../../../orchestrators/handlers.ts';
import { contextFor } from '../api/http-call.ts';
import { durableWire } from './durable-wire.ts';
import type { DurableBackend } from './durable-wire.ts';
import type { Gate } from './gate.ts';
import type { Stage } from './stage.ts';
import type { WorldTime } from './time.ts';

const TRIES = 3;
/** Between two tries: as long as a factory may take to show a run. */
const PAUSE_MS = 60_000;

/** What goes wrong with an activity: it runs a second time at the same moment, or long after; or its host dies at it. */
export type Mishap = 'twice' | 'late' | 'dies';

interface Instance {
  readonly name: string;
  readonly input: unknown;
  status: 'Running' | 'Completed' | 'Failed' | 'Terminated';
  readonly events: Map<string, (payload: unknown) => void>;
  readonly arrived: Map<string, unknown>;
  output?: unknown;
}

interface Halt {
  readonly after: number;
  readonly over: PromiseWithResolvers<void>;
}

/** A task as orchestrations see it. */
interface ModelTask {
  readonly done: Promise<unknown>;
  result?: unknown;
  cancel?: () => void;
}

export type RunActivity = (name: string, input: unknown) => Promise<unknown>;

/** Ends a run of an instance where it is. */
class Ended extends Error {}

export class ModelDurable implements DurableBackend {
  readonly #stage: Stage;
  readonly #time: WorldTime;
  readonly #gate: Gate;
  readonly #runActivity: RunActivity;
  readonly #orchestrations: Readonly<Record<string, OrchestrationHandler>>;
  #instances = new Map<string, Instance>();
  #activities = 0;
  #runs = 0;
  /** Activities that run once more when `runLate` says so. */
  #late: { readonly name: string; readonly input: unknown }[] = [];
  /** Mishaps by the number of the activity, counted over all instances. */
  #mishaps: ReadonlyMap<number, Mishap> = new Map();
  #halt: Halt | undefined;

  constructor(
    { stage, time }: { readonly stage: Stage; readonly time: WorldTime },
    runActivity: RunActivity,
    replaced: Readonly<Record<string, OrchestrationHandler>>,
  ) {
    this.#stage = stage;
    this.#time = time;
    this.#gate = stage.gate;
    this.#runActivity = runActivity;
    this.#orchestrations = { ...handlers, ...replaced };
  }

  /** A client of it, as the host gives it to functions. */
  client(): DurableClient {
    return getClient(contextFor([], durableWire.url));
  }

  start(name: string, id: string, input: unknown): Promise<boolean> {
    return this.#gate(`start ${name}`, () => {
      if (this.#instances.has(id)) return false;
      const instance: Instance = { name, input, status: 'Running', events: new Map(), arrived: new Map() };
      this.#instances.set(id, instance);
      this.#run(id, instance);
      return true;
    });
  }

  /** What an instance gave in the end; undefined if it has not ended. */
  outputOf(id: string): unknown {
    return this.#instances.get(id)?.output;
  }

  /** Runs an instance once more from its start, beside the run that it had. */
  runAgain(id: string): void {
    const known = this.#instances.get(id);
    if (known === undefined) return;
    this.#run(id, { ...known, status: 'Running', events: new Map(), arrived: new Map() });
  }

  raise(id: string, eventName: string, payload: unknown): Promise<boolean> {
    return this.#gate(`raise ${eventName}`, () => {
      const instance = this.#instances.get(id);
      if (instance?.status !== 'Running') return false;
      const waiting = instance.events.get(eventName);
      instance.events.delete(eventName);
      if (waiting === undefined) instance.arrived.set(eventName, payload);
      else waiting(payload);
      return true;
    });
  }

  status(id: string): Promise<string | undefined> {
    return this.#gate('status', () => this.#instances.get(id)?.status);
  }

  terminate(id: string): Promise<void> {
    return this.#gate('terminate', () => {
      const instance = this.#instances.get(id);
      if (instance?.status === 'Running') this.#end(instance, 'Terminated');
    });
  }

  /** Remembers the instances, which must have ended. @returns what brings them back */
  keep(): () => void {
    const kept = new Map(this.#instances);
    return () => {
      this.#instances = new Map(kept);
      this.#late = [];
      this.#mishaps = new Map();
      this.#halt = undefined;
    };
  }

  /** Stops before the next activity once so many are done. */
  haltAfter(activities: number): void {
    this.#halt = { after: this.#activities + activities, over: Promise.withResolvers<void>() };
  }

  goOn(): void {
    this.#halt?.over.resolve();
    this.#halt = undefined;
  }

  /** @param mishaps by the number of the activity from now on */
  expect(mishaps: readonly (readonly [number, Mishap])[]): void {
    this.#mishaps = new Map(mishaps.map(([number, mishap]) => [this.#activities + number, mishap]));
  }

  /** Brings the activities that were delivered twice and came late. */
  runLate(): void {
    for (const { name, input } of this.#late) this.#deliverBeside(`late ${name}`, name, input);
    this.#late = [];
  }

  #end(instance: Instance, status: Instance['status']): void {
    instance.status = status;
    // A run that waits for an event learns of it by no event; one that works learns of it after its activity.
    for (const wake of instance.events.values()) wake(undefined);
  }

  #run(id: string, instance: Instance): void {
    this.#runs += 1;
    const run = this.#runs;
    void this.#stage.enter(
      `${instance.name}#${run}`,
      async () => {
        try {
          instance.output = await this.#play(id, instance, instance, run);
          if (instance.status === 'Running') instance.status = 'Completed';
        } catch (error) {
          if (instance.status === 'Running') instance.status = 'Failed';
          if (!(error instanceof Ended)) throw error;
        }
      },
      { waits: true },
    );
  }

  /** @param root the instance for which it works: itself, or its caller */
  async #play(id: string, instance: Instance, root: Instance, run: number): Promise<unknown> {
    const handler = this.#orchestrations[instance.name];
    if (handler === undefined) throw new Error(`There is no orchestration ${instance.name}`);
    const steps = handler(this.#contextOf(id, instance, root, run));
    let next = steps.next();
    while (next.done !== true) {
      const task = next.value as unknown as ModelTask;
      let given: { readonly value: unknown } | { readonly error: unknown };
      try {
        given = { value: await task.done };
      } catch (error) {
        if (error instanceof Ended) throw error;
        given = { error };
      }
      if (root.status !== 'Running') throw new Ended();
      next = 'error' in given ? steps.throw(given.error) : steps.next(given.value);
    }
    return plain(next.value);
  }

  #contextOf(id: string, instance: Instance, root: Instance, run: number): OrchestrationContext {
    const time = this.#time;
    const activity = (name: string, _retries: unknown, given: unknown): ModelTask =>
      taskOf(this.#call(root, name, given));
    const df = {
      instanceId: id,
      get currentUtcDateTime() {
        return time.now();
      },
      getInput: () => plain(instance.input),
      newGuid: () => `run-${run}`,
      callActivityWithRetry: activity,
      callSubOrchestrator: (name: string, given: unknown, childId: string): ModelTask =>
        taskOf(this.#callChild(root, name, given, childId, run)),
      createTimer: (due: Date): ModelTask => ({ ...taskOf(time.at(due)), cancel: () => undefined }),
      waitForExternalEvent: (name: string): ModelTask => taskOf(this.#event(instance, name)),
      Task: {
        all: (tasks: ModelTask[]): ModelTask => taskOf(Promise.all(tasks.map(({ done }) => done))),
        any: (tasks: ModelTask[]): ModelTask => taskOf(Promise.race(tasks.map((task) => task.done.then(() => task)))),
      },
    };
    return { df } as unknown as OrchestrationContext;
  }

  async #callChild(root: Instance, name: string, input: unknown, id: string, run: number): Promise<unknown> {
    const child: Instance = { name, input, status: 'Running', events: new Map(), arrived: new Map() };
    this.#instances.set(id, child);
    try {
      return await this.#play(id, child, root, run);
    } finally {
      if (child.status === 'Running') child.status = 'Completed';
    }
  }

  async #event(instance: Instance, name: string): Promise<unknown> {
    if (instance.arrived.has(name)) {
      const payload = instance.arrived.get(name);
      instance.arrived.delete(name);
      return payload;
    }
    return new Promise((wake) => instance.events.set(name, wake));
  }

  async #call(root: Instance, name: string, given: unknown): Promise<unknown> {
    const input = plain(given);
    if (this.#halt !== undefined && this.#activities >= this.#halt.after) await this.#halt.over.promise;
    this.#activities += 1;
    const mishap = this.#mishaps.get(this.#activities);
    if (mishap === 'twice') this.#deliverBeside(`second ${name}`, name, input);
    if (mishap === 'late') this.#late.push({ name, input });
    const output = await this.#deliver(name, input);
    if (mishap === 'dies') root.status = 'Failed';
    return output;
  }

  /** Delivers an activity, also to nobody, as a worker does whose lease ran out. */
  #deliverBeside(actor: string, name: string, input: unknown): void {
    void this.#stage.enter(actor, () => this.#deliver(name, input), { waits: true });
  }

  async #deliver(name: string, input: unknown): Promise<unknown> {
    for (let tries = 1; ; tries += 1) {
      try {
        return plain(await this.#runActivity(name, input));
      } catch (error) {
        if (tries === TRIES) throw error;
      }
      await this.#time.at(new Date(this.#time.now().getTime() + PAUSE_MS));
    }
  }
}

function taskOf(done: Promise<unknown>): ModelTask {
  const task: ModelTask = { done };
  // A task that nobody waits for any more may fail.
  done.then(
    (result) => {
      task.result = result;
    },
    () => undefined,
  );
  return task;
}

/** As it is in a history. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}
