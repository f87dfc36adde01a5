/** CloudEvents as messages of Service Bus. Pure. */

/** A CloudEvent 1.0 with its extension attributes. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** The trace that the event belongs to. */
  readonly traceparent?: string | undefined;
  readonly data: object;
}

/**
 * Structured mode, with the attributes copied so that a subscription can filter without reading the body.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md
 * @param sessionId of whom the events are in order
 */
export function messageOf<Event extends CloudEvent>(event: Event, sessionId: string) {
  const { data: _data, datacontenttype: _contentType, ...attributes } = event;
  const copies = Object.entries<unknown>(attributes).map(([name, value]) => [`cloudEvents_${name}`, value]);
  // By this name the SDKs of Service Bus and Azure Functions look for the trace of a message.
  const trace = event.traceparent === undefined ? {} : { 'Diagnostic-Id': event.traceparent };
  return {
    body: event,
    contentType: 'application/cloudevents+json; charset=utf-8',
    messageId: event.id,
    sessionId,
    subject: event.type,
    applicationProperties: { ...Object.fromEntries(copies), ...trace } as Record<string, string>,
  };
}
