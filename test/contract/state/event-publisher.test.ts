import { readFile } from 'node:fs/promises';
import { RestError } from '@azure/core-rest-pipeline';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { ServiceBusClient } from '@azure/service-bus';
import type { ServiceBusReceiver } from '@azure/service-bus';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startServiceBus } from '../../../local/service-bus/server.ts';
import { parseTopology } from '../../../local/service-bus/topology.ts';
import { systemClock } from '../../../shared/clock.ts';
import { EventPublisher } from '../../../shared/setup/publisher.ts';
import { setupEventSchema } from '../../../shared/setup/events.ts';
import type { SetupEvent } from '../../../shared/setup/events.ts';
import { newSetupTable } from '../../support/setup/setup-table.ts';
import { audit, course, milestone, newSetup as setup } from '../../support/setup/stored-setup.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const attempt = { tenantId: setup.tenantId, setupId: setup.setupId, attempt: 1 };
const sessionId = `${setup.tenantId}.${setup.setupId}`;
const otherTenant = { ...setup, tenantId: '22222222-2222-4222-8222-222222222222' };

const topologyFile = new URL('../../../local/stack/service-bus-topology.json', import.meta.url);

let tables: Tables;

beforeAll(async () => {
  tables = await startTables();
});

/** A publisher with one accepted setup, and a subscriber. `policy` sees the calls on the table of the setups. */
async function start(policy?: PipelinePolicy) {
  const { tls, verifyToken, credential } = tables;
  const topology = parseTopology(JSON.parse(await readFile(topologyFile, 'utf8')));
  const bus = await startServiceBus({ tls, verifyToken, topology });
  onTestFinished(() => bus.stop());
  const client = new ServiceBusClient(bus.fullyQualifiedNamespace, credential, { retryOptions: { maxRetries: 0 } });
  onTestFinished(() => client.close());
  const { store, active } = newSetupTable(tables, policy);
  await store.create(setup, audit);
  const publisher = new EventPublisher(client.createSender('setup-events'), store, active, systemClock);
  const session = (id = sessionId) => client.acceptSession('setup-events', 'provisioning', id);
  const failures = client.createReceiver('setup-events', 'failures');
  return { bus, store, publisher, session, failures };
}

const messagesOf = (receiver: ServiceBusReceiver) => receiver.peekMessages(100);

async function eventsOf(receiver: ServiceBusReceiver): Promise<SetupEvent[]> {
  return (await messagesOf(receiver)).map(({ body }) => setupEventSchema.parse(body));
}

async function sequencesOf(receiver: ServiceBusReceiver): Promise<number[]> {
  return (await eventsOf(receiver)).map(({ sequence }) => Number(sequence));
}

test('a message is a whole CloudEvent, with its attributes beside it for filters', async () => {
  const { store, publisher, session } = await start();
  const [event] = await store.pendingEvents(setup);
  await publisher.publishPending(setup);

  const [message] = await messagesOf(await session());
  expect(message).toMatchObject({
    body: event,
    contentType: 'application/cloudevents+json; charset=utf-8',
    messageId: `${sessionId}:1:1`,
    sessionId,
    correlationId: `${sessionId}.1`,
    subject: 'com.bcmigration.setup.accepted.v1',
  });
  expect(message?.applicationProperties).toEqual({
    cloudEvents_specversion: '1.0',
    cloudEvents_id: event?.id,
    cloudEvents_source: 'https://migration.example.com',
    cloudEvents_type: 'com.bcmigration.setup.accepted.v1',
    cloudEvents_subject: `tenants/${setup.tenantId}/migrationSetups/first-setup`,
    cloudEvents_time: event?.time,
    cloudEvents_sequence: '0000000001',
    cloudEvents_correlationid: `${sessionId}.1`,
  });
});

test('the events of a setup arrive in one session, in order and with no gap', async () => {
  const { store, publisher, session } = await start();
  for (const reached of course) await store.record(attempt, reached);
  await publisher.publishPending(setup);

  expect(await sequencesOf(await session())).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(await store.pendingEvents(setup)).toEqual([]);
});

test('setups of one id in two tenants have sessions of their own', async () => {
  const { store, publisher, session } = await start();
  await store.create(otherTenant, audit);
  await publisher.publishPending(setup);
  await publisher.publishPending(otherTenant);

  for (const { tenantId } of [setup, otherTenant]) {
    const [message] = await (await session(`${tenantId}.first-setup`)).receiveMessages(1);
    expect(setupEventSchema.parse(message?.body).data.tenantId).toBe(tenantId);
  }
});

test('a subscription picks failures by type, without reading a body', async () => {
  const { store, publisher, failures } = await start();
  await store.record(attempt, milestone('failed'));
  await publisher.publishPending(setup);
  expect((await eventsOf(failures)).map(({ type }) => type)).toEqual(['com.bcmigration.setup.failed.v1']);
});

describe('an event', () => {
  test('that was published is not sent again', async () => {
    const { publisher, session } = await start();
    await publisher.publishPending(setup);
    await publisher.publishPending(setup);
    expect(await sequencesOf(await session())).toEqual([1]);
  });

  test('that was sent but not marked is sent again, and dropped as a duplicate', async () => {
    let fails = true;
    const { store, publisher, session } = await start({
      name: 'refuses-the-first-mark',
      sendRequest(request, next) {
        if (!fails || !request.url.includes('event-')) return next(request);
        fails = false;
        throw new RestError('The request was not sent', { code: 'ECONNRESET' });
      },
    });
    await store.record(attempt, milestone('factorySelected'));
    await expect(publisher.publishPending(setup)).rejects.toThrow('The request was not sent');
    expect(await store.pendingEvents(setup)).toHaveLength(2);

    await publisher.publishPending(setup);
    expect(await store.pendingEvents(setup)).toEqual([]);
    expect(await sequencesOf(await session())).toEqual([1, 2]);
  });

  test('published by two at the same moment arrives once', async () => {
    const { store, publisher, session } = await start();
    await store.record(attempt, milestone('factorySelected'));
    await Promise.all([publisher.publishPending(setup), publisher.publishPending(setup)]);
    expect(await sequencesOf(await session())).toEqual([1, 2]);
  });

  test('stays pending when Service Bus does not take it', async () => {
    const { bus, store, publisher } = await start();
    await bus.stop();
    await expect(publisher.publishPending(setup)).rejects.toThrow(Error);
    expect(await store.pendingEvents(setup)).toHaveLength(1);
  });
});
