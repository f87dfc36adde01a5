import { describe, expect, test } from 'vitest';
import { parseTopology } from '../../../local/service-bus/topology.ts';
import { configuration, peekBodies, receive, receiveOne, startTestBus } from '../../support/service-bus.ts';

const MINUTE = 60_000;

function correlation(filter: object) {
  return [{ Name: 'rule', Properties: { FilterType: 'Correlation', CorrelationFilter: filter } }];
}

function sql(expression: string) {
  return [{ Name: 'rule', Properties: { FilterType: 'Sql', SqlFilter: { SqlExpression: expression } } }];
}

describe('subscriptions', () => {
  test('correlation filters match system and application properties exactly', async () => {
    const { client } = await startTestBus({
      Topics: [
        {
          Name: 't',
          Subscriptions: [
            { Name: 'all' },
            { Name: 'type', Rules: correlation({ Properties: { cloudEvents_type: 'ready' } }) },
            { Name: 'both', Rules: correlation({ Label: 'x', Properties: { cloudEvents_type: 'ready' } }) },
            {
              Name: 'either',
              Rules: [
                ...correlation({ Label: 'x' }),
                { Name: 'second', Properties: { FilterType: 'Sql', SqlFilter: { SqlExpression: 'TRUE' } } },
              ],
            },
          ],
        },
      ],
    });
    await client.createSender('t').sendMessages([
      { body: 1, subject: 'x', applicationProperties: { cloudEvents_type: 'ready' } },
      { body: 2, subject: 'y', applicationProperties: { cloudEvents_type: 'ready' } },
      { body: 3, subject: 'x', applicationProperties: { cloudEvents_type: 'Ready' } },
    ]);

    expect(await peekBodies(client.createReceiver('t', 'all'))).toEqual([1, 2, 3]);
    expect(await peekBodies(client.createReceiver('t', 'type'))).toEqual([1, 2]);
    expect(await peekBodies(client.createReceiver('t', 'both'))).toEqual([1]);
    expect(await peekBodies(client.createReceiver('t', 'either'))).toEqual([1, 2, 3]);
  });

  const MESSAGES = [
    { body: 'eu', subject: 'order.created', applicationProperties: { region: 'eu', amount: 100, urgent: true } },
    { body: 'us', subject: 'order_shipped', applicationProperties: { region: 'us', amount: -5, urgent: false } },
    { body: 'none', subject: 'user.created' },
  ];

  test.each([
    ['1=1', ['eu', 'us', 'none']],
    ["sys.Label LIKE 'order.%'", ['eu']],
    ["sys.Label LIKE 'order!_%' ESCAPE '!'", ['us']],
    ["sys.Label LIKE '%_created'", ['eu', 'none']],
    ["region = 'eu' OR amount < 0", ['eu', 'us']],
    ['amount >= -5 AND amount <> 100', ['us']],
    ["user.region IN ('eu', 'asia')", ['eu']],
    ["region NOT IN ('eu')", ['us']],
    ["NOT region = 'eu'", ['us']],
    ["region <> 'eu'", ['us']],
    ['region IS NULL', ['none']],
    ['EXISTS(region) AND NOT (urgent)', ['us']],
    ["NOT EXISTS([REGION]) OR property('amount') > 5", ['eu', 'none']],
    ["region = 'eu' OR region = 'us' AND urgent = TRUE", ['eu']],
    ["(region = 'eu' OR region = 'us') AND urgent = FALSE", ['us']],
    ["amount = '100'", []],
    ["region = 'it''s'", []],
  ])('the SQL filter %s takes %j', async (expression, bodies) => {
    const { client } = await startTestBus({
      Topics: [{ Name: 't', Subscriptions: [{ Name: 's', Rules: sql(expression) }] }],
    });
    await client.createSender('t').sendMessages(MESSAGES);
    expect(await peekBodies(client.createReceiver('t', 's'))).toEqual(bodies);
  });

  test('subscriptions settle on their own, and a topic drops duplicates for all of them', async () => {
    const { client } = await startTestBus({
      Topics: [
        {
          Name: 't',
          Properties: { RequiresDuplicateDetection: true },
          Subscriptions: [{ Name: 'one' }, { Name: 'two' }],
        },
      ],
    });
    const sender = client.createSender('t');
    await sender.sendMessages({ body: 1, messageId: 'a' });
    await sender.sendMessages({ body: 2, messageId: 'a' });
    const one = client.createReceiver('t', 'one');
    await one.completeMessage(await receiveOne(one));

    expect(await peekBodies(one)).toEqual([]);
    expect(await peekBodies(client.createReceiver('t', 'two'))).toEqual([1]);
  });
});

describe('sessions', () => {
  const SESSIONS = {
    Topics: [
      { Name: 't', Subscriptions: [{ Name: 's', Properties: { RequiresSession: true, LockDuration: 'PT1M' } }] },
    ],
    Queues: [{ Name: 'q', Properties: { RequiresSession: true } }],
  };
  const NO_RENEWAL = { maxAutoLockRenewalDurationInMs: 0 };

  test('each session is received in the order it was sent, by one receiver', async () => {
    const { client } = await startTestBus(SESSIONS);
    const sender = client.createSender('t');
    for (const body of [1, 2, 3]) {
      await sender.sendMessages([
        { body: `a${body}`, sessionId: 'a' },
        { body: `b${body}`, sessionId: 'b' },
      ]);
    }
    for (const id of ['a', 'b']) {
      const session = await client.acceptNextSession('t', 's');
      expect(session.sessionId).toBe(id);
      const first = await receiveOne(session);
      const [second] = await receive(session, 1);
      await session.abandonMessage(first);
      expect([first.body, second?.body]).toEqual([`${id}1`, `${id}2`]);
      expect(await receive(session, 2)).toMatchObject([{ body: `${id}1`, deliveryCount: 1 }, { body: `${id}3` }]);
    }
  });

  test('a session has one receiver at a time, and is free when that closes', async () => {
    const { client, connect } = await startTestBus(SESSIONS);
    await client.createSender('t').sendMessages({ body: 1, sessionId: 'a' });
    const holder = await client.acceptSession('t', 's', 'a');
    await receiveOne(holder);

    const other = connect();
    await expect(other.acceptSession('t', 's', 'a')).rejects.toMatchObject({ code: 'SessionCannotBeLocked' });
    await client.close();

    const session = await other.acceptSession('t', 's', 'a');
    expect(await receiveOne(session)).toMatchObject({ body: 1, deliveryCount: 0 });
  });

  test('a session that is not renewed is lost, and its messages are delivered again', async () => {
    const { client, connect, clock } = await startTestBus(SESSIONS);
    await client.createSender('t').sendMessages({ body: 1, sessionId: 'a' });
    const session = await client.acceptSession('t', 's', 'a', NO_RENEWAL);
    const message = await receiveOne(session);
    await clock.advance(0.9 * MINUTE);
    expect((await session.renewSessionLock()).getTime()).toBe(clock.now() + MINUTE);
    await clock.advance(0.9 * MINUTE);
    await session.setSessionState('still held');
    await clock.advance(0.2 * MINUTE);

    const lost = { code: 'SessionLockLost' };
    // An answer on the connection: the client knows by then that its link was detached.
    await expect(session.getSessionState()).rejects.toMatchObject(lost);
    await expect(session.completeMessage(message)).rejects.toMatchObject(lost);
    const next = await connect().acceptNextSession('t', 's', NO_RENEWAL);
    expect(await receiveOne(next)).toMatchObject({ body: 1, deliveryCount: 1 });
    expect(await next.getSessionState()).toBe('still held');
  });

  test('accepting the next session waits for one, up to its timeout', async () => {
    const { client, clock } = await startTestBus(SESSIONS);
    const sender = client.createSender('t');
    const waiting = client.acceptNextSession('t', 's', NO_RENEWAL);
    await sender.sendMessages({ body: 1, sessionId: 'late' });
    expect((await waiting).sessionId).toBe('late');

    const outcome = client.acceptNextSession('t', 's').catch((error: unknown) => error);
    // Sent on the same connection, so the broker has the request for a session when it answers.
    await client.createSender('t').sendMessages({ body: 2, sessionId: 'late' });
    await clock.advance(15 * MINUTE);
    expect(await outcome).toMatchObject({ code: 'ServiceTimeout' });
  });

  test('a session that becomes free goes to whoever waits for one', async () => {
    const { client } = await startTestBus(SESSIONS);
    const sender = client.createSender('t');
    await sender.sendMessages({ body: 1, sessionId: 'a' });
    const holder = await client.acceptNextSession('t', 's', NO_RENEWAL);
    const waiting = client.acceptNextSession('t', 's', NO_RENEWAL);
    await client.createSender('t').sendMessages({ body: 2, sessionId: 'a' });
    await holder.close();

    expect((await waiting).sessionId).toBe('a');
  });

  test('the state of a session outlives its receivers until it is cleared', async () => {
    const { client } = await startTestBus(SESSIONS);
    const states = [];
    for (const next of [{ step: 2 }, null, null]) {
      const session = await client.acceptSession('t', 's', 'a');
      states.push((await session.getSessionState()) as unknown);
      await session.setSessionState(next);
      await session.close();
    }
    expect(states).toEqual([null, { step: 2 }, null]);
  });

  test('a message without a session id is refused by a queue and dead-lettered by a subscription', async () => {
    const { client } = await startTestBus(SESSIONS);
    const batch = [{ body: 1, sessionId: 'a' }, { body: 1 }];
    await expect(client.createSender('q').sendMessages(batch)).rejects.toThrow('SessionId was not set');
    expect(await peekBodies(client.createReceiver('q'))).toEqual([]);
    await client.createSender('t').sendMessages({ body: 2 });
    const dead = await receiveOne(client.createReceiver('t', 's', { subQueueType: 'deadLetter' }));
    expect(dead).toMatchObject({ body: 2, deadLetterReason: 'Session ID is null' });
  });

  test('receivers with and without sessions do not mix', async () => {
    const { client } = await startTestBus({ ...SESSIONS, Queues: [{ Name: 'plain' }] });
    await expect(client.createReceiver('t', 's').receiveMessages(1)).rejects.toThrow('requires sessions');
    // The SDK words every refusal of a named session like this.
    await expect(client.acceptSession('plain', 'a')).rejects.toMatchObject({ code: 'SessionCannotBeLocked' });
  });
});

describe('topology', () => {
  test.each([
    ['an unknown member', { Queues: [{ Name: 'q', Properties: { AutoDelete: true } }] }, /AutoDelete[^]*Queues\[0\]/],
    ['forwarding', { Queues: [{ Name: 'q', Properties: { ForwardTo: 'other' } }] }, /forwarding is not supported/],
    ['a lock longer than five minutes', { Queues: [{ Name: 'q', Properties: { LockDuration: 'PT6M' } }] }, /longer/],
    [
      'a malformed duration',
      { Queues: [{ Name: 'q', Properties: { LockDuration: '60' } }] },
      /not an ISO 8601 duration/,
    ],
    ['a malformed SQL filter', subscriptionWith(sql("region = 'eu' AND")), /'the end' at position 17[^]*SqlExpression/],
    ['arithmetic in a SQL filter', subscriptionWith(sql('amount + 1 = 2')), /not understood at position 6/],
    ['an unknown function', subscriptionWith(sql('newid() = 1')), /'newid', which is not supported/],
    ['an unknown system property', subscriptionWith(sql("sys.Color = 'red'")), /'Color', which is not supported/],
    ['a correlation filter without properties', subscriptionWith(correlation({})), /names no property/],
    [
      'an action',
      subscriptionWith([
        {
          Name: 'rule',
          Properties: {
            FilterType: 'Sql',
            SqlFilter: { SqlExpression: '1=1' },
            Action: { SqlExpression: 'SET a = 1' },
          },
        },
      ]),
      /rule actions are not supported/,
    ],
  ])('%s is refused with its place', (_, entities, message) => {
    expect(() => parseTopology(configuration(entities))).toThrow(message);
  });

  test('what is absent has the defaults of Azure', () => {
    const [queue] = parseTopology(configuration({ Queues: [{ Name: 'q' }] })).queues;
    expect(queue?.settings).toEqual({
      lockDurationMs: MINUTE,
      timeToLiveMs: Infinity,
      maxDeliveryCount: 10,
      requiresSession: false,
      deadLetterOnExpiration: false,
      duplicateWindowMs: undefined,
    });
  });

  function subscriptionWith(rules: readonly object[]) {
    return { Topics: [{ Name: 't', Subscriptions: [{ Name: 's', Rules: rules }] }] };
  }
});
