/** Setup events on a Service Bus topic. */
import type { ServiceBusSender } from '@azure/service-bus';
import type { SetupEvent } from './events.ts';
import type { SetupStore } from './store.ts';

export class EventPublisher {
  readonly #sender: ServiceBusSender;
  readonly #store: SetupStore;

  constructor(sender: ServiceBusSender, store: SetupStore) {
    this.#sender = sender;
    this.#store = store;
  }

  /**
   * Publishes the events of a setup that were stored and not yet published, oldest first, and marks each.
   * An event that was sent but not marked is sent again with the same id, which the topic's duplicate detection drops.
   * @throws if Service Bus does not take an event; it and those after it stay pending
   */
  async publishPending(setup: { readonly tenantId: string; readonly setupId: string }): Promise<void> {
    for (const event of await this.#store.pendingEvents(setup)) {
      // One after the other: order within a session is the order in which sends are confirmed.
      await this.#sender.sendMessages(messageOf(event));
      await this.#store.markPublished(setup, event);
    }
  }
}

/**
 * Structured mode, with the attributes copied so that a subscription can filter without reading the body.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md
 */
function messageOf(event: SetupEvent) {
  const { data, datacontenttype: _contentType, ...attributes } = event;
  const copies = Object.entries(attributes).map(([name, value]) => [`cloudEvents_${name}`, value]);
  return {
    body: event,
    contentType: 'application/cloudevents+json; charset=utf-8',
    messageId: event.id,
    sessionId: `${data.tenantId}.${data.setupId}`,
    correlationId: event.correlationid,
    subject: event.type,
    applicationProperties: Object.fromEntries(copies) as Record<string, string>,
  };
}
