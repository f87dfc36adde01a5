import { randomUUID } from 'node:crypto';
import type { Clock } from '../../endpoint/clock.ts';
import type { Engine } from './engine.ts';
import { EventType, eventsOf, type ArrivedEvent, type HistoryEvent } from './history.ts';
import { isFinished, type Instance } from './instance.ts';
import type { Store } from './store.ts';
import { startOf } from './turn-step.ts';

/** Which instances a list or a purge is about; what is not given does not restrict. */
export interface InstanceFilter {
  readonly idPrefix?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdFrom?: number | undefined;
  readonly createdTo?: number | undefined;
  readonly statuses?: ReadonlySet<string> | undefined;
}

/** What can be done to instances from outside. What resolves is safe on disk. */
export class Management {
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #starting = new Set<string>();

  constructor(engine: Engine, store: Store, clock: Clock) {
    this.#engine = engine;
    this.#store = store;
    this.#clock = clock;
  }

  find(id: string): Instance | undefined {
    return this.#store.instance(id);
  }

  history(id: string): HistoryEvent[] {
    return eventsOf(this.#store.turns(id));
  }

  /** In the order of their ids. */
  list(filter: InstanceFilter): Instance[] {
    const { idPrefix = '', createdFrom = -Infinity, createdTo = Infinity, statuses } = filter;
    return this.#store.instances().filter((instance) => {
      const created = Date.parse(instance.createdTime);
      const inTime = created >= createdFrom && created <= createdTo;
      return instance.id.startsWith(idPrefix) && inTime && (statuses?.has(instance.status) ?? true);
    });
  }

  /**
   * Starts an orchestration; `input` is JSON text. Answers with its id, or with the status of the instance that runs under
   * the id already. The history of a finished instance of that id is lost.
   */
  async start(
    wish: Pick<Instance, 'name' | 'version' | 'input' | 'traceId'> & { readonly id: string | undefined },
  ): Promise<{ readonly id: string } | { readonly taken: string }> {
    const id = wish.id ?? randomUUID().replaceAll('-', '');
    const existing = this.find(id);
    if (this.#starting.has(id)) return { taken: 'Pending' };
    if (existing !== undefined && !isFinished(existing)) return { taken: existing.status };
    this.#starting.add(id);
    try {
      const name = this.#engine.orchestrators.get(wish.name.toLowerCase())?.name ?? wish.name;
      const generation = existing === undefined ? 0 : existing.generation + 1;
      const version = wish.version ?? this.#engine.defaultVersion;
      const { input, traceId } = wish;
      const trace = traceId === undefined ? {} : { traceId };
      const started = { id, name, version, input, parent: null, generation, ...trace };
      const { child, message } = startOf(started, this.#timestamp());
      const restarted = existing === undefined ? [] : [id];
      await this.#engine.commit({ instances: [child], restarted, messages: [message] });
      return { id };
    } finally {
      this.#starting.delete(id);
    }
  }

  /** `input` is JSON text. */
  raiseEvent(id: string, Name: string, Input: string): Promise<void> {
    return this.#send(id, { EventType: EventType.EventRaised, Name, Input, ...this.#base() });
  }

  terminate(id: string, reason: string | null): Promise<void> {
    const instance = this.find(id);
    if (instance?.status === 'Pending' && !this.#engine.takes(instance)) return this.#endUnbegun(instance, reason);
    return this.#send(id, { EventType: EventType.ExecutionTerminated, Input: reason, ...this.#base() });
  }

  suspend(id: string, Reason: string | null): Promise<void> {
    return this.#send(id, { EventType: EventType.ExecutionSuspended, Reason, ...this.#base() });
  }

  resume(id: string, Reason: string | null): Promise<void> {
    return this.#send(id, { EventType: EventType.ExecutionResumed, Reason, ...this.#base() });
  }

  purge(ids: readonly string[]): Promise<void> {
    return this.#engine.commit({ purged: ids });
  }

  /** Of an instance whose version this app does not run: no turn would see the message. */
  #endUnbegun(instance: Instance, reason: string | null): Promise<void> {
    const ended = { status: 'Terminated' as const, output: JSON.stringify(reason), lastUpdatedTime: this.#timestamp() };
    return this.#engine.commit({ instances: [{ ...instance, ...ended }], silenced: instance.id });
  }

  #send(instanceId: string, event: ArrivedEvent): Promise<void> {
    const message = { instanceId, executionId: null, visibleAt: this.#clock.now(), event };
    return this.#engine.commit({ messages: [message] });
  }

  #base() {
    return { EventId: -1, IsPlayed: false, Timestamp: this.#timestamp() };
  }

  #timestamp(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}
