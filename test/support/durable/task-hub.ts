/**
 * The orchestrations and activities of an app, in this process and in virtual time, on a history in memory: for tests of
 * what must hold whatever fails. See README.md.
 */
import { randomUUID } from 'node:crypto';
import { VirtualClock } from '../../../local/endpoint/clock.ts';
import { Engine } from '../../../local/host/durable/engine.ts';
import { isFinished } from '../../../local/host/durable/instance.ts';
import { clientBinding } from '../../../local/host/durable/links.ts';
import { Management } from '../../../local/host/durable/management.ts';
import { Webhooks } from '../../../local/host/durable/webhooks.ts';
import { FunctionApp } from '../../../local/host/function-app.ts';
import { setEnvironment, type InstanceHistory } from '../../../local/host/server.ts';
import { readHostSettings, type HostSettings } from '../../../local/host/settings.ts';
import { FaultyStore, interfereWithActivities, type Faults, type StandIn } from './faults.ts';
import { replayHistory } from './history-replay.ts';
import { openHubWebhooks, type HubWebhooks } from './hub-webhooks.ts';
import { stepOfImport } from './imported-history.ts';

/** What runs in a task hub, and what goes wrong in it. */
export interface TaskHubOptions {
  /** Holds host.json and package.json, whose `main` names the entry files. */
  readonly appDirectory: string;
  /** Put into the environment of this process until the hub is closed. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Activities in place of the app's own, by name. */
  readonly activities?: Readonly<Record<string, StandIn>>;
  readonly faults?: Faults;
  /** Absent: one of its own. */
  readonly clock?: VirtualClock;
  /** Whether histories are replayed when `replayHistories` is called only, and not after every settling. */
  readonly replaysOnRequest?: boolean;
}

/** How an orchestration ended. */
export interface Ended {
  readonly status: string;
  readonly output: unknown;
}

/** One at a time in a process. Time stands still unless `advance` or `untilEnd` moves it. */
export class TaskHub {
  readonly clock: VirtualClock;
  readonly app: FunctionApp;
  readonly #settings: HostSettings['durableTask'];
  readonly #store: FaultyStore;
  readonly #interference: Disposable;
  readonly #webhooks: HubWebhooks;
  readonly #restoreEnvironment: () => void;
  readonly #replayed = new Map<string, string>();
  readonly #replaysOnRequest: boolean;
  #engine: Engine;
  #management: Management;
  /** What the app and the engine have logged. */
  readonly lines: string[];

  /** Rejects with the reason when the app cannot be loaded. */
  static async open(options: TaskHubOptions): Promise<TaskHub> {
    const webhooks = await openHubWebhooks();
    // Without the name durable-functions sends the client's calls to port 7071.
    const restore = setEnvironment({ WEBSITE_HOSTNAME: new URL(webhooks.origin).host, ...options.settings });
    const lines: string[] = [];
    try {
      const log = (_level: string, _category: string, message: string): void => void lines.push(message);
      const app = await FunctionApp.load(options.appDirectory, process.env, log);
      return new TaskHub(app, options, lines, { webhooks, restore });
    } catch (error) {
      restore();
      await webhooks.close();
      throw error;
    }
  }

  private constructor(
    app: FunctionApp,
    options: TaskHubOptions,
    lines: string[],
    { webhooks, restore }: { readonly webhooks: HubWebhooks; readonly restore: () => void },
  ) {
    const { faults = {}, activities = {}, appDirectory, clock = new VirtualClock() } = options;
    this.app = app;
    this.clock = clock;
    this.#replaysOnRequest = options.replaysOnRequest ?? false;
    this.lines = lines;
    this.#webhooks = webhooks;
    this.#restoreEnvironment = restore;
    // With the inputs a history can be replayed with comparison, and taken up by another hub.
    const { durableTask } = readHostSettings(appDirectory, process.env);
    this.#settings = { ...durableTask, storeInputsInOrchestrationHistory: true };
    this.#store = new FaultyStore(faults);
    this.#interference = interfereWithActivities(faults, activities, () => this.kill());
    [this.#engine, this.#management] = this.#startEngine();
  }

  /** Starts an orchestration; answers with its id. */
  async start(name: string, input: unknown, id?: string): Promise<string> {
    const started = await this.#management.start({ name, id, version: null, input: JSON.stringify(input) });
    if ('taken' in started) throw new Error(`The instance ${id ?? ''} is ${started.taken} already.`);
    return started.id;
  }

  raiseEvent(id: string, name: string, payload: unknown): Promise<void> {
    return this.#management.raiseEvent(id, name, JSON.stringify(payload ?? null));
  }

  /** Ends the engine as kill -9 does, and starts another on what was recorded. */
  kill(): void {
    this.#engine.abandon();
    [this.#engine, this.#management] = this.#startEngine();
  }

  /**
   * Lets the app work until nothing happens any more without time passing. Then every history that has changed is
   * replayed with comparison.
   */
  async settle(): Promise<void> {
    // One that was killed meanwhile has another after it.
    for (let settled: Engine | undefined; settled !== this.#engine;) {
      settled = this.#engine;
      await settled.settled();
    }
    if (!this.#replaysOnRequest) await this.replayHistories();
  }

  /** Replays every history that has changed since it was last replayed. @throws `NotDeterministic` */
  async replayHistories(): Promise<void> {
    for (const history of this.histories()) {
      const state = `${history.executionId} ${history.events.length}`;
      if (this.#replayed.get(history.id) === state) continue;
      await replayHistory(this.app, history);
      this.#replayed.set(history.id, state);
    }
  }

  /** Moves time on, and lets the app work at every moment at which something falls due. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.clock.now() + milliseconds;
    await this.settle();
    for (let due = this.#nextDue(); due !== undefined && due <= end; due = this.#nextDue()) {
      await this.clock.advance(due - this.clock.now());
      await this.settle();
    }
    await this.clock.advance(end - this.clock.now());
  }

  /** Moves time on until an orchestration has ended. Rejects when it waits for something that time does not bring. */
  async untilEnd(id: string): Promise<Ended> {
    await this.settle();
    for (;;) {
      const instance = this.#management.find(id);
      if (instance === undefined) throw new Error(`There is no instance ${id}.`);
      const output: unknown = instance.output === null ? null : JSON.parse(instance.output);
      if (isFinished(instance)) return { status: instance.status, output };
      const due = this.#nextDue();
      if (due === undefined) throw new Error(`${id} waits for something that time does not bring.`);
      await this.advance(due - this.clock.now());
    }
  }

  /** Everything that is stored, in the order of the instance ids; plain data, good for JSON. */
  histories(): InstanceHistory[] {
    const instances = this.#management.list({});
    return instances.map((instance) => ({ ...instance, events: this.#management.history(instance.id) }));
  }

  /** Takes up what `histories` of a settled hub has told; what had not ended goes on. */
  async import(histories: readonly InstanceHistory[]): Promise<void> {
    const earliest = Math.max(...histories.map(({ lastUpdatedTime }) => Date.parse(lastUpdatedTime)));
    await this.clock.advance(Math.max(0, earliest - this.clock.now()));
    for (const history of histories) await this.#engine.commit(stepOfImport(history));
  }

  /** Removes instances with all that is stored of them. */
  async purge(ids: readonly string[]): Promise<void> {
    await this.#management.purge(ids);
    for (const id of ids) this.#replayed.delete(id);
  }

  /** Ends the app and forgets the history. */
  async close(): Promise<void> {
    await this.#engine.stop();
    this.#interference[Symbol.dispose]();
    await this.app.close();
    await this.#webhooks.close();
    this.#store.close();
    this.#restoreEnvironment();
  }

  #startEngine(): [Engine, Management] {
    const parts = { app: this.app, store: this.#store, settings: this.#settings, clock: this.clock };
    const engine = new Engine({ ...parts, log: (line) => void this.lines.push(line) });
    const management = new Management(engine, this.#store, this.clock);
    // The key is new, so that what a killed engine has left running reaches nothing any more.
    const address = { origin: this.#webhooks.origin, hubName: this.#settings.hubName, key: randomUUID() };
    this.app.durableClient = clientBinding(address);
    this.#webhooks.serve(address.key, new Webhooks(management, address, this.clock));
    engine.start();
    return [engine, management];
  }

  #nextDue(): number | undefined {
    return this.#store.nextDue(this.clock.now());
  }
}
