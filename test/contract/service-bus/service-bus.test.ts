import { ServiceBusClient } from '@azure/service-bus';
import { describe, expect, test } from 'vitest';
import { peekBodies, receive, receiveOne, startTestBus } from '../../support/service-bus.ts';

const MINUTE = 60_000;
// The SDK's own renewal would renew by real time what the test lets expire.
const NO_RENEWAL = { maxAutoLockRenewalDurationInMs: 0 };

describe('sending and receiving', () => {
  test('body and properties arrive as they were sent', async () => {
    const { client } = await startTestBus({ Queues: [{ Name: 'q' }] });
    const message = {
      body: { specversion: '1.0', data: { count: 1 } },
      messageId: 'm1',
      contentType: 'application/cloudevents+json',
      subject: 'subject',
      correlationId: 'correlation',
      to: 'to',
      replyTo: 'reply-to',
      timeToLive: MINUTE,
      applicationProperties: { text: 'a', whole: 5, fraction: 1.5, flag: true, negative: -7, large: 2 ** 40 },
    };
    await client.createSender('q').sendMessages(message);

    const received = await receiveOne(client.createReceiver('q'));

    expect(received).toMatchObject({ ...message, deliveryCount: 0, state: 'active' });
    expect(received.sequenceNumber?.toNumber()).toBe(1);
  });

  test('a completed message is gone', async () => {
    const { client } = await startTestBus({ Queues: [{ Name: 'q' }] });
    await client.createSender('q').sendMessages({ body: 'x' });
    const receiver = client.createReceiver('q');

    await receiver.completeMessage(await receiveOne(receiver));

    expect(await peekBodies(receiver)).toEqual([]);
  });

  test('receive and delete takes the message at once', async () => {
    const { client } = await startTestBus({ Queues: [{ Name: 'q' }] });
    await client.createSender('q').sendMessages([{ body: 1 }, { body: 2 }]);
    const receiver = client.createReceiver('q', { receiveMode: 'receiveAndDelete' });

    expect((await receive(receiver, 2)).map(({ body }) => body as unknown)).toEqual([1, 2]);
    expect(await peekBodies(receiver)).toEqual([]);
  });

  test('a batch takes up to 256 KB, a larger message is refused', async () => {
    const { client } = await startTestBus({ Queues: [{ Name: 'q' }] });
    const sender = client.createSender('q');
    const batch = await sender.createMessageBatch();
    expect(batch.maxSizeInBytes).toBe(256 * 1024);
    while (batch.tryAddMessage({ body: 'x'.repeat(60_000) }));
    await sender.sendMessages(batch);

    await expect(sender.sendMessages({ body: 'x'.repeat(300_000) })).rejects.toMatchObject({
      code: 'MessageSizeExceeded',
    });
    expect(await peekBodies(client.createReceiver('q'))).toHaveLength(batch.count);
    expect(batch.count).toBe(4);
  });

  test('a message larger than a frame arrives whole', async () => {
    const { client } = await startTestBus({ Queues: [{ Name: 'q' }] });
    const body = 'abcdefgh'.repeat(25_000);
    await client.createSender('q').sendMessages({ body });

    expect((await receiveOne(client.createReceiver('q'))).body).toBe(body);
  });

  test('an empty queue answers a drain, so that the receiver keeps its link', async () => {
    const { client, log } = await startTestBus({ Queues: [{ Name: 'q' }] });
    const receiver = client.createReceiver('q');
    const sender = client.createSender('q');
    for (const body of [1, 2, 3]) {
      expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: 10 })).toEqual([]);
      await sender.sendMessages({ body });
      await receiver.completeMessage(await receiveOne(receiver));
    }
    expect(log.filter((line) => line.startsWith('A receiver'))).toEqual(["A receiver on 'q' was opened."]);
  });

  test('one receiver can settle more messages than fit its window', async () => {
    const { client } = await startTestBus({ Queues: [{ Name: 'q' }] });
    const sender = client.createSender('q');
    for (let sent = 0; sent < 2_500; sent += 500) {
      await sender.sendMessages(Array.from({ length: 500 }, (_, index) => ({ body: sent + index })));
    }
    const receiver = client.createReceiver('q');
    for (let settled = 0; settled < 2_500; settled += 500) {
      for (const message of await receive(receiver, 500)) await receiver.completeMessage(message);
    }
    expect(await peekBodies(receiver)).toEqual([]);
  });

  test('subscribe hands over each message and completes it', async () => {
    const { client } = await startTestBus({ Queues: [{ Name: 'q' }] });
    const receiver = client.createReceiver('q');
    const bodies: unknown[] = [];
    const all = new Promise<void>((resolve, reject) => {
      receiver.subscribe({
        processMessage: async ({ body }) => {
          bodies.push(body);
          if (bodies.length === 3) resolve();
        },
        processError: async ({ error }) => {
          reject(error);
        },
      });
    });
    await client.createSender('q').sendMessages([{ body: 1 }, { body: 2 }, { body: 3 }]);
    await all;
    expect(bodies).toEqual([1, 2, 3]);
  });
});

describe('settlement', () => {
  test('a message abandoned too often is dead-lettered with its properties', async () => {
    const { client } = await startTestBus({ Queues: [{ Name: 'q', Properties: { MaxDeliveryCount: 3 } }] });
    await client.createSender('q').sendMessages({ body: 'x', applicationProperties: { kept: 1 } });
    const receiver = client.createReceiver('q');
    for (const attempt of [0, 1, 2]) {
      const message = await receiveOne(receiver);
      expect(message.deliveryCount).toBe(attempt);
      await receiver.abandonMessage(message, { attempt });
    }

    const dead = await receiveOne(client.createReceiver('q', { subQueueType: 'deadLetter' }));

    expect(dead.deadLetterReason).toBe('MaxDeliveryCountExceeded');
    expect(dead.applicationProperties).toMatchObject({ kept: 1, attempt: 2 });
  });

  test('a dead-lettered message carries reason and description', async () => {
    const { client } = await startTestBus({ Queues: [{ Name: 'q' }] });
    await client.createSender('q').sendMessages({ body: 'x' });
    const receiver = client.createReceiver('q');
    const reasons = { deadLetterReason: 'Invalid', deadLetterErrorDescription: 'No such schema' };
    await receiver.deadLetterMessage(await receiveOne(receiver), { ...reasons, schema: 'v0' });

    const deadLetters = client.createReceiver('q', { subQueueType: 'deadLetter' });
    const dead = await receiveOne(deadLetters);
    await deadLetters.completeMessage(dead);

    expect(dead).toMatchObject({ body: 'x', ...reasons, applicationProperties: { schema: 'v0' } });
    expect(await peekBodies(deadLetters)).toEqual([]);
  });

  test('a deferred message is received by its number only, and settled again', async () => {
    const { client } = await startTestBus({ Queues: [{ Name: 'q' }] });
    await client.createSender('q').sendMessages([{ body: 'deferred' }, { body: 'next' }]);
    const receiver = client.createReceiver('q');
    const { sequenceNumber } = await receiveOne(receiver).then(async (message) => {
      await receiver.deferMessage(message);
      return message;
    });
    if (sequenceNumber === undefined) throw new Error('The message has no sequence number.');
    expect((await receiveOne(receiver)).body).toBe('next');

    const [deferred] = await receiver.receiveDeferredMessages(sequenceNumber);
    if (deferred === undefined) throw new Error('The deferred message was not received.');
    expect(deferred).toMatchObject({ body: 'deferred', state: 'deferred' });
    await receiver.renewMessageLock(deferred);
    await receiver.completeMessage(deferred);
    await expect(receiver.receiveDeferredMessages(sequenceNumber)).rejects.toMatchObject({ code: 'MessageNotFound' });
  });

  test('an expired lock is lost and the message delivered again, a renewed one holds', async () => {
    const { client, clock } = await startTestBus({ Queues: [{ Name: 'q', Properties: { LockDuration: 'PT1M' } }] });
    await client.createSender('q').sendMessages([{ body: 'lost' }, { body: 'renewed' }]);
    const receiver = client.createReceiver('q', NO_RENEWAL);
    const [lost, renewed] = await receive(receiver, 2);
    if (lost === undefined || renewed === undefined) throw new Error('Two messages were expected.');
    await clock.advance(0.9 * MINUTE);
    await receiver.renewMessageLock(renewed);
    await clock.advance(0.2 * MINUTE);

    const settled = await Promise.allSettled([receiver.completeMessage(lost), receiver.completeMessage(renewed)]);

    expect(settled).toMatchObject([{ reason: { code: 'MessageLockLost' } }, { status: 'fulfilled' }]);
    expect(await receiveOne(receiver)).toMatchObject({ body: 'lost', deliveryCount: 1 });
  });

  test('a message locked by a closed receiver stays locked', async () => {
    const { client, connect } = await startTestBus({ Queues: [{ Name: 'q' }] });
    await client.createSender('q').sendMessages({ body: 'x' });
    const receiver = client.createReceiver('q', NO_RENEWAL);
    await receiveOne(receiver);
    await receiver.close();

    const other = connect().createReceiver('q');
    expect(await other.receiveMessages(1, { maxWaitTimeInMs: 10 })).toEqual([]);
    expect(await peekBodies(other)).toEqual(['x']);
  });
});

describe('time', () => {
  test('an expired message is dropped, or dead-lettered where that is asked for', async () => {
    const { client, clock } = await startTestBus({
      Queues: [
        { Name: 'dropping' },
        { Name: 'keeping', Properties: { DeadLetteringOnMessageExpiration: true, DefaultMessageTimeToLive: 'PT10M' } },
      ],
    });
    await client.createSender('dropping').sendMessages([{ body: 1, timeToLive: MINUTE }, { body: 2 }]);
    await client.createSender('keeping').sendMessages({ body: 3 });

    await clock.advance(10 * MINUTE);

    expect(await peekBodies(client.createReceiver('dropping'))).toEqual([2]);
    expect(await peekBodies(client.createReceiver('keeping'))).toEqual([]);
    const dead = await receiveOne(client.createReceiver('keeping', { subQueueType: 'deadLetter' }));
    expect(dead).toMatchObject({ body: 3, deadLetterReason: 'TTLExpiredException' });
  });

  test('a scheduled message arrives when it is due, unless it is cancelled', async () => {
    const { client, clock } = await startTestBus({ Queues: [{ Name: 'q' }] });
    const sender = client.createSender('q');
    const due = new Date(clock.now() + MINUTE);
    const [, cancelled] = await sender.scheduleMessages([{ body: 'scheduled' }, { body: 'cancelled' }], due);
    if (cancelled === undefined) throw new Error('Two sequence numbers were expected.');
    await sender.cancelScheduledMessages(cancelled);
    await expect(sender.cancelScheduledMessages(cancelled)).rejects.toMatchObject({ code: 'MessageNotFound' });
    const receiver = client.createReceiver('q');
    expect(await receiver.peekMessages(10)).toMatchObject([{ body: 'scheduled', state: 'scheduled' }]);

    await clock.advance(MINUTE);

    expect(await receiveOne(receiver)).toMatchObject({ body: 'scheduled', state: 'active' });
  });

  test('a duplicate within the window is accepted and dropped', async () => {
    const { client, clock } = await startTestBus({
      Queues: [
        { Name: 'q', Properties: { RequiresDuplicateDetection: true, DuplicateDetectionHistoryTimeWindow: 'P1D' } },
      ],
    });
    const sender = client.createSender('q');
    await sender.sendMessages({ body: 1, messageId: 'a' });
    await sender.sendMessages({ body: 2, messageId: 'a' });
    await sender.sendMessages([
      { body: 3, messageId: 'a' },
      { body: 4, messageId: 'b' },
    ]);
    await clock.advance(24 * 60 * MINUTE);
    await sender.sendMessages({ body: 5, messageId: 'a' });

    expect(await peekBodies(client.createReceiver('q'))).toEqual([1, 4, 5]);
  });
});

describe('refusals', () => {
  test('a wrong token is unauthorized', async () => {
    const { connect } = await startTestBus({ Queues: [{ Name: 'q' }] });
    const sender = connect({ token: 'wrong' }).createSender('q');
    await expect(sender.sendMessages({ body: 1 })).rejects.toMatchObject({ code: 'UnauthorizedAccess' });
  });

  test('a connection string is refused by name', async () => {
    const { bus } = await startTestBus({ Queues: [{ Name: 'q' }] });
    const client = new ServiceBusClient(
      `Endpoint=sb://localhost:${bus.port};SharedAccessKeyName=any;SharedAccessKey=any`,
      { retryOptions: { maxRetries: 0 } },
    );
    await expect(client.createSender('q').sendMessages({ body: 1 })).rejects.toMatchObject({
      code: 'UnauthorizedAccess',
      message: expect.stringContaining('no shared access signatures') as string,
    });
    await client.close();
  });

  test('what is to be too much is refused, when a sender opens and when it sends, and nothing after it', async () => {
    const { bus, client } = await startTestBus({ Queues: [{ Name: 'q' }] });
    const sender = client.createSender('q');
    bus.faults.refuseNext(1, 'busy');
    await expect(sender.sendMessages({ body: 1 })).rejects.toMatchObject({ code: 'ServiceBusy' });
    await sender.sendMessages({ body: 2 });
    bus.faults.refuseNext(1, 'full');
    await expect(sender.sendMessages({ body: 3 })).rejects.toMatchObject({ code: 'QuotaExceeded' });
    expect(await peekBodies(client.createReceiver('q'))).toEqual([2]);
  });

  test('an entity that is not there is not found', async () => {
    const { client } = await startTestBus({ Topics: [{ Name: 't', Subscriptions: [] }] });
    const notFound = { code: 'MessagingEntityNotFound' };
    await expect(client.createSender('none').sendMessages({ body: 1 })).rejects.toMatchObject(notFound);
    await expect(client.createReceiver('none').receiveMessages(1)).rejects.toMatchObject(notFound);
    await expect(client.createReceiver('t', 'none').peekMessages(1)).rejects.toMatchObject(notFound);
  });

  test('sending to a subscription and receiving from a topic are not allowed', async () => {
    const { client } = await startTestBus({ Topics: [{ Name: 't', Subscriptions: [{ Name: 's' }] }] });
    await expect(client.createSender('t/Subscriptions/s').sendMessages({ body: 1 })).rejects.toThrow('cannot be sent');
    await expect(client.createReceiver('t').receiveMessages(1)).rejects.toThrow('is a topic');
  });

  test('rule management is refused by name', async () => {
    const { client } = await startTestBus({ Topics: [{ Name: 't', Subscriptions: [{ Name: 's' }] }] });
    await expect(client.createRuleManager('t', 's').createRule('r', { sqlExpression: '1=1' })).rejects.toThrow(
      "does not support the operation 'com.microsoft:add-rule'",
    );
  });
});
