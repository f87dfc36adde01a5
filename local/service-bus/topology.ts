import { z } from 'zod';
import { correlationFilter, type MessageFilter } from './filter.ts';
import { parseSqlFilter } from './sql-filter.ts';

/** How a queue or a subscription treats its messages. */
export interface QueueSettings {
  readonly lockDurationMs: number;
  /** `Infinity` for none. */
  readonly timeToLiveMs: number;
  readonly maxDeliveryCount: number;
  readonly requiresSession: boolean;
  readonly deadLetterOnExpiration: boolean;
  /** `undefined` when duplicates are not looked for. */
  readonly duplicateWindowMs: number | undefined;
}

interface SubscriptionTopology {
  readonly name: string;
  readonly settings: QueueSettings;
  /** A message is taken when one of them matches. */
  readonly filters: readonly MessageFilter[];
}

export interface TopicTopology {
  readonly name: string;
  readonly timeToLiveMs: number;
  readonly duplicateWindowMs: number | undefined;
  readonly subscriptions: readonly SubscriptionTopology[];
}

/** The entities of a namespace. */
export interface Topology {
  readonly queues: readonly { readonly name: string; readonly settings: QueueSettings }[];
  readonly topics: readonly TopicTopology[];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

const DURATION = /^P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** ISO 8601 duration in days and smaller units, as milliseconds. */
function duration(shortest: number, longest: number) {
  return z
    .string()
    .regex(DURATION, 'is not an ISO 8601 duration in days, hours, minutes and seconds')
    .transform((text) => {
      const [days = 0, hours = 0, minutes = 0, seconds = 0] = (DURATION.exec(text) ?? [])
        .slice(1)
        .map((n) => Number(n ?? 0));
      return days * DAY + (hours * 60 + minutes) * MINUTE + seconds * SECOND;
    })
    .pipe(z.number().min(shortest, `is shorter than ${shortest} ms`).max(longest, `is longer than ${longest} ms`));
}

/** The official emulator writes an empty string for "no forwarding". */
const noForwarding = z.literal('', { error: 'forwarding is not supported by the local Service Bus' }).optional();

// Defaults and limits of the service (the emulator has its own):
// https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas
// https://learn.microsoft.com/azure/service-bus-messaging/message-transfers-locks-settlement
// https://learn.microsoft.com/azure/service-bus-messaging/duplicate-detection
const lockDuration = duration(5 * SECOND, 5 * MINUTE).default(MINUTE);
const timeToLive = duration(SECOND, Infinity).default(Infinity);
const duplicateWindow = duration(20 * SECOND, 7 * DAY).default(10 * MINUTE);
const entityName = z
  .string()
  .max(260)
  .regex(/^[A-Za-z0-9]$|^[A-Za-z0-9][\w\-./]*[A-Za-z0-9]$/, 'is not a name the service accepts');
const partName = z
  .string()
  .max(50)
  .regex(/^[A-Za-z0-9$][\w\-.$]*$/, 'is not a name the service accepts');

const receiving = {
  DeadLetteringOnMessageExpiration: z.boolean().default(false),
  DefaultMessageTimeToLive: timeToLive,
  LockDuration: lockDuration,
  MaxDeliveryCount: z.int().min(1).default(10),
  ForwardDeadLetteredMessagesTo: noForwarding,
  ForwardTo: noForwarding,
  RequiresSession: z.boolean().default(false),
};
const detecting = {
  DuplicateDetectionHistoryTimeWindow: duplicateWindow,
  RequiresDuplicateDetection: z.boolean().default(false),
};

const propertyValue = z.union([z.string(), z.number(), z.boolean()]);
const correlation = z
  .strictObject({
    ContentType: z.string(),
    CorrelationId: z.string(),
    Label: z.string(),
    MessageId: z.string(),
    ReplyTo: z.string(),
    ReplyToSessionId: z.string(),
    SessionId: z.string(),
    To: z.string(),
    Properties: z.record(z.string(), propertyValue),
  })
  .partial()
  .refine((filter) => Object.keys(filter).length > 0, 'names no property')
  .transform(correlationFilter);
const sql = z
  .strictObject({ SqlExpression: z.string().max(1024) })
  .transform(({ SqlExpression }, context): MessageFilter => {
    try {
      return parseSqlFilter(SqlExpression);
    } catch (error) {
      context.addIssue({ code: 'custom', path: ['SqlExpression'], message: (error as Error).message });
      return z.NEVER;
    }
  });
const noAction = z.undefined({ error: 'rule actions are not supported by the local Service Bus' }).optional();
const rule = z
  .strictObject({
    Name: partName,
    Properties: z.discriminatedUnion('FilterType', [
      z.strictObject({ FilterType: z.literal('Correlation'), CorrelationFilter: correlation, Action: noAction }),
      z.strictObject({ FilterType: z.literal('Sql'), SqlFilter: sql, Action: noAction }),
    ]),
  })
  .transform(({ Properties }) => ('SqlFilter' in Properties ? Properties.SqlFilter : Properties.CorrelationFilter));

const subscription = z
  .strictObject({
    Name: partName,
    Properties: z.strictObject(receiving).prefault({}),
    Rules: z.array(rule).default([]),
  })
  .transform(({ Name, Properties, Rules }): SubscriptionTopology => ({
    name: Name,
    settings: settingsOf({ ...Properties, RequiresDuplicateDetection: false, DuplicateDetectionHistoryTimeWindow: 0 }),
    filters: Rules.length > 0 ? Rules : [() => true],
  }));
const topic = z
  .strictObject({
    Name: entityName,
    Properties: z.strictObject({ DefaultMessageTimeToLive: timeToLive, ...detecting }).prefault({}),
    Subscriptions: z.array(subscription),
  })
  .transform(({ Name, Properties, Subscriptions }): TopicTopology => ({
    name: Name,
    timeToLiveMs: Properties.DefaultMessageTimeToLive,
    duplicateWindowMs: windowOf(Properties),
    subscriptions: Subscriptions,
  }));
const queue = z
  .strictObject({ Name: entityName, Properties: z.strictObject({ ...receiving, ...detecting }).prefault({}) })
  .transform(({ Name, Properties }) => ({ name: Name, settings: settingsOf(Properties) }));

const configuration = z.strictObject({
  UserConfig: z.strictObject({
    Namespaces: z.tuple([
      z.strictObject({
        Name: z.string(),
        Queues: z.array(queue).default([]),
        Topics: z.array(topic).default([]),
      }),
    ]),
    Logging: z.strictObject({ Type: z.enum(['File', 'Console', 'File,Console', 'Console,File']) }).optional(),
  }),
});

/**
 * Reads the official emulator's `Config.json`
 * (https://learn.microsoft.com/azure/service-bus-messaging/test-locally-with-service-bus-emulator).
 * What is absent has the default of Azure, not of the emulator. Throws with the path of every member that is unknown,
 * malformed or not supported. `Logging` is accepted and has no effect.
 */
export function parseTopology(json: unknown): Topology {
  const result = configuration.safeParse(json);
  if (!result.success) throw new Error(`The Service Bus topology is not valid.\n${z.prettifyError(result.error)}`);
  const [namespace] = result.data.UserConfig.Namespaces;
  return { queues: namespace.Queues, topics: namespace.Topics };
}

interface Detection {
  readonly RequiresDuplicateDetection: boolean;
  readonly DuplicateDetectionHistoryTimeWindow: number;
}

function windowOf({ RequiresDuplicateDetection, DuplicateDetectionHistoryTimeWindow }: Detection): number | undefined {
  return RequiresDuplicateDetection ? DuplicateDetectionHistoryTimeWindow : undefined;
}

function settingsOf(properties: Detection & z.output<z.ZodObject<typeof receiving>>): QueueSettings {
  return {
    lockDurationMs: properties.LockDuration,
    timeToLiveMs: properties.DefaultMessageTimeToLive,
    maxDeliveryCount: properties.MaxDeliveryCount,
    requiresSession: properties.RequiresSession,
    deadLetterOnExpiration: properties.DeadLetteringOnMessageExpiration,
    duplicateWindowMs: windowOf(properties),
  };
}
