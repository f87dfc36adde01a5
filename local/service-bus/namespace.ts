import type { Clock } from '../endpoint/clock.ts';
import { entityNotFound, notAllowed, notSupported } from './errors.ts';
import { Queue } from './queue.ts';
import { Topic } from './topic.ts';
import type { Topology } from './topology.ts';

const MANAGEMENT = '/$management';
const TRANSFER_DEAD_LETTER_QUEUE = '/$transfer/$deadletterqueue';

type Entity = Queue | Topic;

/** The entities of a broker by their addresses. Addresses are not case-sensitive. */
export class Namespace {
  readonly #entities = new Map<string, Entity>();
  readonly #sendable = new Set<Entity>();

  constructor(topology: Topology, clock: Clock) {
    for (const { name, settings } of topology.queues) this.#add(new Queue(name, clock, settings), true);
    for (const topicTopology of topology.topics) {
      const topic = new Topic(topicTopology, clock);
      this.#add(topic, true);
      for (const subscription of topic.subscriptions) this.#add(subscription, false);
    }
  }

  /** Whether the address is the request node of an entity. */
  static isManagement(address: string): boolean {
    return address.toLowerCase().endsWith(MANAGEMENT);
  }

  /** The entity whose request node has that address. */
  managed(address: string): Entity {
    return this.#find(address.slice(0, -MANAGEMENT.length));
  }

  /** Where a sender may send. Throws not-found or not-allowed. */
  destination(address: string): Entity {
    const entity = this.#find(address);
    if (!this.#sendable.has(entity)) throw notAllowed(`Messages cannot be sent to '${address}'.`);
    return entity;
  }

  /** Where a receiver may receive. Throws not-found or not-allowed. */
  source(address: string): Queue {
    const entity = this.#find(address);
    if (entity instanceof Queue) return entity;
    throw notAllowed(`'${address}' is a topic: receive from one of its subscriptions.`);
  }

  #add(entity: Entity, sendable: boolean): void {
    const address = entity.path.toLowerCase();
    if (this.#entities.has(address)) throw new Error(`The Service Bus topology has two entities '${entity.path}'.`);
    this.#entities.set(address, entity);
    if (sendable) this.#sendable.add(entity);
    if (entity instanceof Queue && entity.deadLetters !== undefined) this.#add(entity.deadLetters, false);
  }

  #find(address: string): Entity {
    // Other SDKs write the address as sb://host/entity or /entity.
    const path = address
      .replace(/^\w+:\/\/[^/]+/, '')
      .replace(/^\/+/, '')
      .toLowerCase();
    if (path.endsWith(TRANSFER_DEAD_LETTER_QUEUE)) throw notSupported('transfer dead-letter queues');
    const entity = this.#entities.get(path);
    if (entity === undefined) throw entityNotFound(address);
    return entity;
  }
}
