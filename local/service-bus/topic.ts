import type { Clock } from '../endpoint/clock.ts';
import { Destination } from './destination.ts';
import type { MessageFilter } from './filter.ts';
import type { Message } from './message.ts';
import { Queue } from './queue.ts';
import type { TopicTopology } from './topology.ts';

interface Subscription {
  readonly queue: Queue;
  readonly filters: readonly MessageFilter[];
}

/** Hands every message to each subscription that has a matching filter, once. */
export class Topic extends Destination {
  readonly #timeToLiveMs: number;
  readonly #subscriptions: readonly Subscription[];

  constructor(topology: TopicTopology, clock: Clock) {
    super(topology.name, clock, topology.duplicateWindowMs);
    this.#timeToLiveMs = topology.timeToLiveMs;
    this.#subscriptions = topology.subscriptions.map(({ name, settings, filters }) => ({
      queue: new Queue(`${topology.name}/Subscriptions/${name}`, clock, settings),
      filters,
    }));
  }

  get subscriptions(): readonly Queue[] {
    return this.#subscriptions.map(({ queue }) => queue);
  }

  /** A topic takes any message: one without a session id is dead-lettered in subscriptions that need one. */
  override check(): void {}

  protected override enqueue(message: Message): number {
    const origin = { sequenceNumber: this.nextSequenceNumber(), timeToLiveMs: this.#timeToLiveMs };
    for (const { queue, filters } of this.#subscriptions) {
      if (filters.some((matches) => matches(message))) queue.enqueue(message, origin);
    }
    return origin.sequenceNumber;
  }
}
