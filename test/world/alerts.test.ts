/** What every alert is for is brought about, and seen in the figures that it watches; on an ordinary day none fires. */
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { TableClient } from '@azure/data-tables';
import { ServiceBusClient } from '@azure/service-bus';
import type { ServiceBusReceiver } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { measureService } from '../../functions/timers/measure-service.ts';
import type { Sample } from '../../local/stack/databases.ts';
import { readSettings } from '../../shared/config.ts';
import { FactoryBook } from '../../shared/factory/book.ts';
import { instanceIdOf } from '../../shared/setup/setup.ts';
import { createServices } from '../../shared/services.ts';
import { alerts, holds } from '../support/infra/alerts.ts';
import type { Figure } from '../support/infra/alerts.ts';
import { recordMetrics } from '../support/telemetry/recorded-metrics.ts';
import type { RecordedMetrics } from '../support/telemetry/recorded-metrics.ts';
import { factories } from '../support/world/endpoints.ts';
import { startWorld } from '../support/world/world.ts';
import type { World } from '../support/world/world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TOPIC = 'setup-events';
/** A session in which events pile up. */
const PILE = 'pile';
/** More than these are too many. */
const [THROTTLED, FAILED_RUNS, MANY_EVENTS] = [100, 20, 5_001];

let world: World;
let sample: Sample;
let recorded: RecordedMetrics;
/** What Azure counts of its services: read where they stand for it. */
const platform: Figure[] = [];
/** Requests for tables that were refused since they were counted. */
const busy: number[] = [];
let failedBefore = 0;

beforeAll(async () => {
  recorded = await recordMetrics();
  world = await startWorld({ samples: ['AzureSql'], size: 'Small' });
  [sample] = world.endpoints.databases.samples;
  world.settleEveryMs = HOUR;
});
afterAll(async () => {
  await world.close();
  await world.endpoints.stop();
  await recorded.stop();
});

/** Sends what the app has measured, after the timer that measures what nobody counts otherwise, and counts as Azure does. */
async function measure(): Promise<void> {
  await measureService(createServices(readSettings()));
  await recorded.send();
  await askForHealth();
  count('DeadletteredMessages', await deadLetters(), { EntityName: TOPIC });
  count('ActiveMessages', await unreadEvents(), { EntityName: TOPIC });
  count('Transactions', busy.splice(0).length, { ResponseType: 'ServerBusyError' });
  count('PipelineFailedRuns', (await failedRuns()) - failedBefore);
  failedBefore = await failedRuns();
}

function count(metricName: string, value: number, dimensions: Readonly<Record<string, string>> = {}): void {
  platform.push({ metricName, value, dimensions, at: world.clock.now() });
}

/** As the health test of a deployment, which looks at the status. */
async function askForHealth(): Promise<void> {
  const { status } = await world.callRoute('GET', 'health');
  count('availabilityResults/availabilityPercentage', status === 200 ? 100 : 0);
}

/** How many messages are there. The SDK remembers how far a client has peeked. */
async function peek(open: (client: ServiceBusClient) => Promise<ServiceBusReceiver>): Promise<number> {
  const client = connect();
  const messages = await (await open(client)).peekMessages(MANY_EVENTS);
  await client.close();
  return messages.length;
}

function deadLetters(): Promise<number> {
  return peek(async (client) => client.createReceiver(TOPIC, 'failures', { subQueueType: 'deadLetter' }));
}

/** Of the subscriber that keeps setups apart by sessions. */
async function unreadEvents(): Promise<number> {
  const sessions = [PILE, ...[...world.bodies.keys()].map((setupId) => `${world.endpoints.tenantId}.${setupId}`)];
  const unread = sessions.map((session) => peek((client) => client.acceptSession(TOPIC, 'provisioning', session)));
  return (await Promise.all(unread)).reduce((sum, messages) => sum + messages, 0);
}

async function failedRuns(): Promise<number> {
  return (await world.inspect.runs()).filter(({ status }) => status === 'Failed').length;
}

/** Which alerts fire now. */
function firing(): string[] {
  const own = recorded.rows.map(({ name, timestamp, value = 0, customDimensions }) => ({
    metricName: name,
    at: Date.parse(timestamp),
    value,
    dimensions: customDimensions,
  }));
  const now = world.clock.now();
  return [...alerts].filter(([, alert]) => holds(alert, [...own, ...platform], now)).map(([name]) => name);
}

function connect(): ServiceBusClient {
  return new ServiceBusClient(world.endpoints.settings['MIGRATION_SERVICE_BUS_NAMESPACE'] ?? '', world.credential);
}

/** Lets every request for tables be answered so. */
function refuseTables(status: number): void {
  world.endpoints.proxies.tables.decide = () => {
    if (status === 503) busy.push(status);
    return { when: 'before', answer: { status } };
  };
}

function letTablesAnswer(): void {
  world.endpoints.proxies.tables.decide = () => undefined;
}

/** Lets the books say how many entities each factory has. */
async function fill(entities: number): Promise<void> {
  const book = new FactoryBook(world.table('factories'), { now: () => new Date() });
  for (const factory of factories) await book.measured(await book.get(factory), { entities, activeRuns: 0 });
}

async function failSetup(setupId: string, changes: { password?: string } = {}): Promise<void> {
  await world.begin(setupId, sample, changes);
  await world.until(setupId, 'Failed');
}

const provocations: Readonly<Record<string, () => Promise<void>>> = {
  async 'service: events late'() {
    world.endpoints.bus.cut();
    world.settleEveryMs = MINUTE / 2;
    await failSetup('unheard', { password: 'wrong' });
    await world.advance(6 * MINUTE);
    world.endpoints.bus.mend();
    world.settleEveryMs = HOUR;
  },
  async 'service: failed by the service'() {
    world.activityFault = ({ name }) => (name === 'selectFactory' ? 'fail before' : undefined);
    await failSetup('unlucky');
    world.activityFault = () => undefined;
  },
  async 'service: no room'() {
    await fill(5_000);
    await failSetup('homeless');
    await fill(0);
  },
  async 'service: factory nearly full'() {
    await fill(4_000);
    await world.measure();
    await fill(0);
  },
  async 'service: throttling'() {
    refuseTables(429);
    for (let request = 0; request <= THROTTLED; request += 1) await world.call('GET', 'migrationSetups/any');
    letTablesAnswer();
  },
  async 'service: overdue waits'() {
    world.endpoints.dataFactory.faults.holdRuns(true);
    await world.begin('forgotten', sample);
    await world.hub.settle();
    await world.client.terminate(instanceIdOf(await world.head('forgotten')), 'The test wants it so.');
    // No timer looks after it.
    await world.hub.advance(3 * HOUR);
    world.endpoints.dataFactory.faults.holdRuns(false);
  },
  async 'applicationInsights: health'() {
    world.endpoints.proxies.tables.decide = () => ({ when: 'before', answer: 'cut' });
    // From three places, twice.
    for (let asked = 0; asked < 6; asked += 1) await askForHealth();
    letTablesAnswer();
  },
  async 'serviceBus: dead letters'() {
    const client = connect();
    const receiver = client.createReceiver(TOPIC, 'failures');
    const [message] = await receiver.receiveMessages(1);
    if (message === undefined) throw new Error('No setup has failed');
    await receiver.deadLetterMessage(message);
    await client.close();
  },
  async 'serviceBus: unread events'() {
    const client = connect();
    const sender = client.createSender(TOPIC);
    const pile = Array.from({ length: MANY_EVENTS }, (_, index) => ({
      body: {},
      sessionId: PILE,
      messageId: `${index}`,
    }));
    for (let sent = 0; sent < pile.length; sent += 500) await sender.sendMessages(pile.slice(sent, sent + 500));
    await client.close();
    await world.advance(HOUR / 2);
    await measure();
    await world.advance(HOUR / 2);
  },
  async 'storage: throttling'() {
    refuseTables(503);
    const { MIGRATION_STATE_TABLE_ENDPOINT: url = '' } = world.endpoints.settings;
    // As the host asks for its own.
    const table = new TableClient(url, 'any', world.credential, { retryOptions: { maxRetries: 0 } });
    const asked = Array.from({ length: THROTTLED + 1 }, () => table.getEntity('any', 'any'));
    await Promise.allSettled(asked);
    letTablesAnswer();
  },
  async 'factory: failed runs'() {
    const [{ subscriptionId, resourceGroup, name }] = factories as [(typeof factories)[number]];
    const client = new DataFactoryManagementClient(world.credential, subscriptionId, {
      endpoint: world.endpoints.dataFactory.url,
      credentialScopes: 'https://management.azure.com/.default',
    });
    const activity = { name: 'Fail', type: 'Fail', message: 'It must.', errorCode: '1' } as const;
    await client.pipelines.createOrUpdate(resourceGroup, name, 'failing', { activities: [activity] });
    for (let run = 0; run <= FAILED_RUNS; run += 1) await client.pipelines.createRun(resourceGroup, name, 'failing');
    await world.settle();
  },
};

test('an ordinary setup fires none', async () => {
  await world.measure();
  await world.begin('ordinary', sample);
  await world.until('ordinary', 'Ready');
  await world.advance(HOUR);
  await measure();
  const watched = new Set([...recorded.rows.map(({ name }) => name), ...platform.map(({ metricName }) => metricName)]);
  expect(watched.size).toBeGreaterThan(10);
  expect(firing()).toEqual([]);
  await world.delete('ordinary');
  await world.until('ordinary', 'Deleted');
});

test('every alert is provoked', () => {
  expect(Object.keys(provocations)).toEqual([...alerts.keys()]);
});

describe('provoked', () => {
  test.each(Object.entries(provocations))('%s', async (alert, provoke) => {
    // The timers mend what the last one has left. Events that nobody reads stay.
    for (const hours of [2, 1]) {
      await world.advance(hours * HOUR);
      await measure();
    }
    const before = firing();
    expect(before.filter((name) => !name.startsWith('serviceBus: '))).toEqual([]);
    await provoke();
    await measure();
    expect(firing()).toEqual([...alerts.keys()].filter((name) => name === alert || before.includes(name)));
    expect(before).not.toContain(alert);
  });
});
