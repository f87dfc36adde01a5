/** Setup events on a Service Bus topic. */
import type { Clock } from '../clock.ts';
import { messageOf } from '../cloud-event-message.ts';
import { Recent } from '../recent.ts';
import type { EventSender } from '../requests/refusals.ts';
import { measure } from '../telemetry/metrics.ts';
import type { ActiveSetups } from './active.ts';
import type { SetupEvent } from './events.ts';
import { partitionOf } from './rows.ts';
import type { SetupKey } from './rows.ts';
import type { SetupStore } from './store.ts';

/** After a failure the bus is left alone for so long, so that nobody else waits for it in vain. */
const PAUSE_MS = 30_000;
/** Of so many setups a host remembers what it has published. */
const REMEMBERED = 10_000;

export class EventPublisher {
  readonly #sender: EventSender;
  readonly #store: SetupStore;
  readonly #active: ActiveSetups;
  readonly #clock: Clock;
  #pausedUntil = 0;
  /** Number of the last event of a setup that this host has marked: what follows it needs no search. */
  readonly #marked = new Recent<number>(REMEMBERED);

  constructor(sender: EventSender, store: SetupStore, active: ActiveSetups, clock: Clock) {
    this.#sender = sender;
    this.#store = store;
    this.#active = active;
    this.#clock = clock;
  }

  /** Whether Service Bus took no event a moment ago, so that none is sent. */
  get isPaused(): boolean {
    return this.#clock.now().getTime() < this.#pausedUntil;
  }

  /**
   * Publishes the events of a setup that were stored and not yet published, oldest first, and marks each.
   * An event that was sent but not marked is sent again with the same id, which the topic's duplicate detection drops.
   * @throws if Service Bus does not take an event, or did not a moment ago; it and those after it stay pending until a timer publishes them
   */
  async publishPending(setup: SetupKey): Promise<void> {
    await this.#orNoted(setup, async () => this.#publish(setup, await this.#store.pendingEvents(setup)));
  }

  /**
   * Publishes what a change announces, after what was stored before it.
   * @param events of the change, oldest first; undefined where they are not known
   * @throws as `publishPending` does
   */
  async publish(setup: SetupKey, events: readonly SetupEvent[] | undefined): Promise<void> {
    if (events === undefined) return this.publishPending(setup);
    const [first] = events;
    if (first === undefined) return;
    const isNext = this.#marked.get(partitionOf(setup)) === Number(first.sequence) - 1;
    await (isNext ? this.#orNoted(setup, () => this.#publish(setup, events)) : this.publishPending(setup));
  }

  /** Notes a setup of which something was not published, so that a timer does it. */
  async #orNoted(setup: SetupKey, publish: () => Promise<void>): Promise<void> {
    try {
      await publish();
    } catch (error) {
      await this.#active.noteUntold(setup);
      throw error;
    }
  }

  async #publish(setup: SetupKey, events: readonly SetupEvent[]): Promise<void> {
    const sent: SetupEvent[] = [];
    try {
      // One after the other: order within a session is the order in which sends are confirmed.
      for (const event of events) {
        await this.#send(event);
        sent.push(event);
      }
    } finally {
      if (sent.length > 0) await this.#store.markPublished(setup, sent);
    }
    const last = sent.at(-1);
    if (last !== undefined) this.#marked.set(partitionOf(setup), Number(last.sequence));
  }

  async #send(event: SetupEvent): Promise<void> {
    if (this.isPaused) throw new Error('Service Bus took no event a moment ago; it is left alone for half a minute');
    try {
      const { tenantId, setupId } = event.data;
      const message = messageOf(event, `${tenantId}.${setupId}`);
      await this.#sender.sendMessages({ ...message, correlationId: event.correlationid });
      measure('eventDelay', (this.#clock.now().getTime() - Date.parse(event.time)) / 1_000, {});
    } catch (error) {
      this.#pausedUntil = this.#clock.now().getTime() + PAUSE_MS;
      throw error;
    }
  }
}
