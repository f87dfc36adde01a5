import { z } from 'zod';
import { toNumber, typed } from './amqp.ts';
import { AmqpFailure, notAllowed, notSupported, toFailure } from './errors.ts';
import { Message } from './message.ts';
import { Queue, type Outcome } from './queue.ts';
import type { Reply, Request } from './request-response.ts';
import { encodeStoredMessage } from './stored-message.ts';
import type { Topic } from './topic.ts';

/** Performs one operation; `undefined` says that there is nothing to return. */
type Operation = (entity: Queue | Topic, body: unknown) => object | undefined;

const integer = z.union([z.number(), z.instanceof(Buffer)]).transform(toNumber);
const lockTokens = z.array(z.instanceof(Buffer).transform((token) => token.toString('hex')));
const optionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined);
const properties = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((given) => given ?? {});
const encodedMessage = z.instanceof(Buffer).transform((bytes) => Message.decode(bytes));
const session = z.object({ 'session-id': z.string() });

const update = z.object({
  'lock-tokens': lockTokens,
  'disposition-status': z.enum(['completed', 'abandoned', 'defered', 'suspended']),
  'deadletter-reason': optionalText,
  'deadletter-description': optionalText,
  'properties-to-modify': properties,
  'session-id': optionalText,
});

// https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'com.microsoft:renew-lock': queueOperation(z.object({ 'lock-tokens': lockTokens }), (queue, input) => ({
    expirations: typed.timestamps(input['lock-tokens'].map((token) => queue.renewLock(token))),
  })),

  'com.microsoft:peek-message': queueOperation(
    z.object({
      'from-sequence-number': integer,
      'message-count': integer,
      'session-id': optionalText,
      'omit-message-body': z.boolean().nullish(),
    }),
    (queue, input) => {
      const found = queue.peek(input['from-sequence-number'], input['message-count'], input['session-id']);
      if (found.length === 0) return undefined;
      return {
        messages: found.map((stored) => ({
          message: encodeStoredMessage(stored, input['omit-message-body'] ?? false),
        })),
      };
    },
  ),

  'com.microsoft:receive-by-sequence-number': queueOperation(
    z.object({
      'sequence-numbers': z.array(integer),
      'receiver-settle-mode': integer.optional(),
      'session-id': optionalText,
    }),
    (queue, input) => {
      const deletesOnReceive = input['receiver-settle-mode'] === 0;
      const received = queue.receiveDeferred(input['sequence-numbers'], deletesOnReceive, input['session-id']);
      return {
        messages: received.map(({ stored, token }) => ({
          'lock-token': typed.uuid(Buffer.from(token, 'hex')),
          message: encodeStoredMessage(stored),
        })),
      };
    },
  ),

  'com.microsoft:update-disposition': queueOperation(update, (queue, input) => {
    for (const token of input['lock-tokens']) queue.settle(token, outcomeOf(input), input['session-id']);
    return {};
  }),

  'com.microsoft:schedule-message': operation(
    z.object({ messages: z.array(z.object({ message: encodedMessage })) }),
    (entity, { messages }) => {
      for (const { message } of messages) entity.check(message);
      return { 'sequence-numbers': typed.longs(messages.map(({ message }) => entity.send(message))) };
    },
  ),

  'com.microsoft:cancel-scheduled-message': operation(
    z.object({ 'sequence-numbers': z.array(integer) }),
    (entity, input) => {
      for (const sequenceNumber of input['sequence-numbers']) entity.cancelScheduled(sequenceNumber);
      return {};
    },
  ),

  'com.microsoft:renew-session-lock': queueOperation(session, (queue, input) => ({
    expiration: typed.timestamp(queue.sessions.renew(input['session-id'])),
  })),

  'com.microsoft:get-session-state': queueOperation(session, (queue, input) => ({
    'session-state': queue.sessions.held(input['session-id']).state ?? null,
  })),

  'com.microsoft:set-session-state': queueOperation(
    session.extend({ 'session-state': z.instanceof(Buffer).nullish() }),
    (queue, input) => {
      queue.sessions.held(input['session-id']).state = input['session-state'] ?? undefined;
      return {};
    },
  ),
};

/** Answers a request on an entity's `$management` node. */
export async function manage(entity: Queue | Topic, request: Request): Promise<Reply> {
  const trackingId = request.applicationProperties['com.microsoft:tracking-id'];
  try {
    const body = perform(entity, String(request.applicationProperties['operation']), request.body);
    return reply(body === undefined ? 204 : 200, body === undefined ? 'NoContent' : 'OK', trackingId, body);
  } catch (error) {
    const failure = toFailure(error);
    return reply(STATUS[failure.condition] ?? 500, failure.message, trackingId, undefined, failure.condition);
  }
}

function perform(entity: Queue | Topic, name: string, body: unknown): object | undefined {
  const run = OPERATIONS[name];
  if (run === undefined) throw notSupported(`the operation '${name}'`);
  return run(entity, body);
}

function operation<Input>(
  input: z.ZodType<Input>,
  run: (entity: Queue | Topic, input: Input) => object | undefined,
): Operation {
  return (entity, body) => {
    const parsed = input.safeParse(body ?? {});
    if (!parsed.success) throw new AmqpFailure('com.microsoft:argument-error', z.prettifyError(parsed.error));
    return run(entity, parsed.data);
  };
}

function queueOperation<Input>(
  input: z.ZodType<Input>,
  run: (queue: Queue, input: Input) => object | undefined,
): Operation {
  return operation(input, (entity, parsed) => {
    if (entity instanceof Queue) return run(entity, parsed);
    throw notAllowed(`'${entity.path}' is a topic: use one of its subscriptions.`);
  });
}

function outcomeOf(input: z.output<typeof update>): Outcome {
  const changes = input['properties-to-modify'];
  switch (input['disposition-status']) {
    case 'completed':
      return { kind: 'complete' };
    case 'abandoned':
      return { kind: 'abandon', properties: changes };
    case 'defered':
      return { kind: 'defer', properties: changes };
    case 'suspended':
      return {
        kind: 'dead-letter',
        reason: input['deadletter-reason'],
        description: input['deadletter-description'],
        properties: changes,
      };
  }
}

const STATUS: Readonly<Record<string, number>> = {
  'amqp:not-allowed': 400,
  'com.microsoft:argument-error': 400,
  'com.microsoft:message-not-found': 404,
  'com.microsoft:message-lock-lost': 410,
  'com.microsoft:session-lock-lost': 410,
  'amqp:not-implemented': 501,
};

function reply(code: number, description: string, trackingId: unknown, body: object = {}, condition?: string): Reply {
  return {
    applicationProperties: {
      statusCode: typed.int(code),
      statusDescription: description,
      'com.microsoft:tracking-id': trackingId,
      // The status alone is ambiguous to the SDK: 410 is either lock.
      ...(condition !== undefined && { errorCondition: typed.symbol(condition) }),
    },
    body,
  };
}
