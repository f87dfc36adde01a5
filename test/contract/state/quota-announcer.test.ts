import { readFile } from 'node:fs/promises';
import { ServiceBusClient } from '@azure/service-bus';
import { beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { startServiceBus } from '../../../local/service-bus/server.ts';
import { parseTopology } from '../../../local/service-bus/topology.ts';
import { FactoryBook } from '../../../shared/factory/book.ts';
import { QuotaAnnouncer } from '../../../shared/factory/quota-announcer.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const topologyFile = new URL('../../../local/stack/service-bus-topology.json', import.meta.url);
const source = 'https://migration.example.com';
const factory = {
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'migration',
  name: 'factory-1',
  region: 'westeurope',
};
const now = new Date('2026-11-24T10:00:00.000Z');

let tables: Tables;
let book: FactoryBook;
let client: ServiceBusClient;

beforeAll(async () => {
  tables = await startTables();
});

beforeEach(async () => {
  const { tls, verifyToken, credential } = tables;
  const topology = parseTopology(JSON.parse(await readFile(topologyFile, 'utf8')));
  const bus = await startServiceBus({ tls, verifyToken, topology });
  onTestFinished(() => bus.stop());
  client = new ServiceBusClient(bus.fullyQualifiedNamespace, credential, { retryOptions: { maxRetries: 0 } });
  onTestFinished(() => client.close());
  book = new FactoryBook(tables.table(), { now: () => now });
});

const announcer = () => new QuotaAnnouncer(client.createSender('setup-events'), book, source);

async function measure(entities: number, activeRuns = 0) {
  return book.measured(await book.get(factory), { entities, activeRuns });
}

async function sent() {
  const session = await client.acceptSession('setup-events', 'provisioning', `factories.${factory.name}`);
  return session.peekMessages(100);
}

test('a limit that is nearly reached is told once, and again after it was relieved', async () => {
  const quotas = announcer();
  for (const entities of [3_999, 4_000, 4_200, 3_800, 4_000, 3_749, 4_100]) {
    await quotas.announce(await measure(entities));
  }
  const messages = await sent();
  expect(messages.map(({ body }) => body as unknown)).toEqual([
    {
      specversion: '1.0',
      id: 'factories.factory-1:entities:1',
      source,
      type: 'com.bcmigration.factory.quota-nearly-reached.v1',
      subject: 'factories/factory-1',
      time: now.toISOString(),
      datacontenttype: 'application/json',
      data: {
        factory: { name: 'factory-1', region: 'westeurope' },
        quota: 'entities',
        used: 4_000,
        limit: 5_000,
        left: 1_000,
        percent: 80,
      },
    },
    expect.objectContaining({ id: 'factories.factory-1:entities:2' }),
  ]);
  expect(messages[0]).toMatchObject({
    contentType: 'application/cloudevents+json; charset=utf-8',
    messageId: 'factories.factory-1:entities:1',
    applicationProperties: { cloudEvents_type: 'com.bcmigration.factory.quota-nearly-reached.v1' },
  });
});

test('each limit is told of by itself', async () => {
  await announcer().announce(await measure(4_000, 8_000));
  expect((await sent()).map(({ messageId }) => messageId)).toEqual([
    'factories.factory-1:entities:1',
    'factories.factory-1:activeRuns:1',
  ]);
});

test('what Service Bus did not take is told after the next count, and once', async () => {
  const known = await measure(4_500);
  const silent = client.createSender('setup-events');
  await silent.close();
  await expect(new QuotaAnnouncer(silent, book, source).announce(known)).rejects.toThrow('has been closed');
  await announcer().announce(await measure(4_600));
  await announcer().announce(await measure(4_600));
  expect((await sent()).map(({ messageId }) => messageId)).toEqual(['factories.factory-1:entities:1']);
});

test('what is over by the time that it can be told is not told', async () => {
  await measure(4_500);
  await announcer().announce(await measure(3_000));
  await announcer().announce(await measure(4_000));
  expect((await sent()).map(({ messageId }) => messageId)).toEqual(['factories.factory-1:entities:2']);
});

test('an alert that has come since is not written down as told', async () => {
  const first = await measure(4_000);
  await measure(0);
  await measure(4_000);
  await book.told(first);
  expect((await book.get(factory)).alerts).toMatchObject({ entities: { times: 2, isNear: true, isTold: false } });
});
