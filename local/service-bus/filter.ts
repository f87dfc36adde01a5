import type { Message, SystemProperties } from './message.ts';

/** Whether a subscription takes a message. */
export type MessageFilter = (message: Message) => boolean;

/** A correlation filter in the words of `Config.json`. */
export interface CorrelationFilter {
  readonly ContentType?: string | undefined;
  readonly CorrelationId?: string | undefined;
  readonly Label?: string | undefined;
  readonly MessageId?: string | undefined;
  readonly ReplyTo?: string | undefined;
  readonly ReplyToSessionId?: string | undefined;
  readonly SessionId?: string | undefined;
  readonly To?: string | undefined;
  readonly Properties?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** What the service calls a system property, and what AMQP calls it. */
export const SYSTEM_PROPERTIES = {
  ContentType: 'content_type',
  CorrelationId: 'correlation_id',
  Label: 'subject',
  MessageId: 'message_id',
  ReplyTo: 'reply_to',
  ReplyToSessionId: 'reply_to_group_id',
  SessionId: 'group_id',
  To: 'to',
} as const satisfies Readonly<Record<string, keyof SystemProperties>>;

/** Matches when every named property has exactly the given value; names and values are case-sensitive. */
export function correlationFilter({ Properties = {}, ...system }: CorrelationFilter): MessageFilter {
  const wanted = Object.entries(system) as [keyof typeof SYSTEM_PROPERTIES, string][];
  return (message) =>
    wanted.every(([name, value]) => message.properties[SYSTEM_PROPERTIES[name]] === value) &&
    Object.entries(Properties).every(([name, value]) => message.applicationProperties[name] === value);
}
