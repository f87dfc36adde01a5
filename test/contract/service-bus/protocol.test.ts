import { once, type EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import rhea, { type EventContext } from 'rhea';
import { expect, onTestFinished, test } from 'vitest';
import { ACCEPTED_TOKEN, receiveOne, startTestBus } from '../../support/service-bus.ts';

/** What the SDK never does, but other AMQP clients do. */
type TestBus = Awaited<ReturnType<typeof startTestBus>>;

function event(emitter: EventEmitter, name: string): Promise<EventContext> {
  return new Promise((resolve) => {
    emitter.once(name, resolve);
  });
}

/** A connection of another client; it ends with the test. */
function open({ bus }: TestBus): rhea.Connection {
  const connection = rhea
    .create_container()
    .connect({ transport: 'tls', host: 'localhost', port: bus.port, reconnect: false });
  const ended = once(connection['socket'] as Socket, 'close');
  onTestFinished(async () => {
    connection.close();
    await ended;
  });
  return connection;
}

/** The same with a token put. */
async function openAuthorized(bus: TestBus): Promise<rhea.Connection> {
  const connection = open(bus);
  const replies = connection.open_receiver({ source: '$cbs', name: 'replies' });
  const requests = connection.open_sender('$cbs');
  await event(requests, 'sendable');
  const answered = event(replies, 'message');
  requests.send({
    body: ACCEPTED_TOKEN,
    message_id: '1',
    reply_to: 'replies',
    application_properties: { operation: 'put-token', type: 'jwt', name: 'any' },
  });
  expect((await answered).message?.application_properties).toMatchObject({ 'status-code': 202 });
  return connection;
}

test('a link without a token before it is unauthorized', async () => {
  const connection = open(await startTestBus({ Queues: [{ Name: 'q' }] }));
  const refusals = Promise.all([event(connection, 'sender_error'), event(connection, 'receiver_error')]);
  connection.open_sender('q');
  connection.open_receiver('q');

  const [{ sender }, { receiver }] = await refusals;
  expect(sender?.error).toMatchObject({ condition: 'amqp:unauthorized-access' });
  expect(receiver?.error).toMatchObject({ condition: 'amqp:unauthorized-access' });
});

test('transactions are refused by name', async () => {
  const connection = await openAuthorized(await startTestBus({ Queues: [{ Name: 'q' }] }));
  const refusal = event(connection, 'sender_error');
  connection.open_sender({ target: {} });

  expect((await refusal).sender?.error).toMatchObject({
    condition: 'amqp:not-implemented',
    description: 'The local Service Bus does not support transactions.',
  });
});

test('a message follows the attach also when credit came along with it', async () => {
  const bus = await startTestBus({ Queues: [{ Name: 'q' }] });
  await bus.client.createSender('q').sendMessages({ body: 'x', messageId: 'first' });
  const connection = await openAuthorized(bus);
  const receiver = connection.open_receiver({ source: 'q', credit_window: 0, autoaccept: false });
  receiver.add_credit(1);

  expect((await event(receiver, 'message')).message?.message_id).toBe('first');
});

test('a drain is answered also when the last message has used up the credit', async () => {
  const bus = await startTestBus({ Queues: [{ Name: 'q' }] });
  await bus.client.createSender('q').sendMessages({ body: 'x' });
  const connection = await openAuthorized(bus);
  const receiver = connection.open_receiver({ source: 'q', credit_window: 0, autoaccept: false });
  await event(receiver, 'receiver_open');
  const drained = event(receiver, 'receiver_drained');
  receiver.add_credit(1);
  receiver.drain_credit();

  await drained;
});

test('a session is free when the connection of its receiver breaks', async () => {
  const bus = await startTestBus({ Queues: [{ Name: 'q', Properties: { RequiresSession: true } }] });
  const sender = bus.client.createSender('q');
  await sender.sendMessages({ body: 'x', sessionId: 'a' });
  const connection = await openAuthorized(bus);
  const filter = { 'com.microsoft:session-filter': 'a' };
  const receiver = connection.open_receiver({ source: { address: 'q', filter }, credit_window: 0 });
  await event(receiver, 'receiver_open');
  const waiting = bus.client.acceptNextSession('q');
  await bus.client.createSender('q').sendMessages({ body: 'y', sessionId: 'a' });

  (connection['socket'] as Socket).destroy();

  expect(await receiveOne(await waiting)).toMatchObject({ body: 'x', deliveryCount: 0 });
});
