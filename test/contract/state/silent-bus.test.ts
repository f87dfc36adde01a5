import { ServiceBusClient } from '@azure/service-bus';
import { getClient } from 'durable-functions';
import { beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { settleSetups } from '../../../functions/timers/settle-setups.ts';
import { noClient } from '../../support/no-client.ts';
import { runActivity } from '../../../orchestrators/activities/run.ts';
import { WaitBook } from '../../../shared/waits/wait-book.ts';
import { EventPublisher } from '../../../shared/setup/publisher.ts';
import type { Services } from '../../../shared/services.ts';
import { contextFor, settingsFor } from '../../support/api/http-call.ts';
import { startRecorder } from '../../support/api/http-services.ts';
import type { StartRecorder } from '../../support/api/http-services.ts';
import { firstAttempt, newSetupTable } from '../../support/setup/setup-table.ts';
import type { SetupTable } from '../../support/setup/setup-table.ts';
import { audit, milestone, newSetup } from '../../support/setup/stored-setup.ts';
import { startSilentEndpoint } from '../../support/silent-endpoint.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const unused = 'https://unused.example.com';
const settings = settingsFor({ issuer: `${unused}/{tenantId}`, audience: 'api', keysUrl: unused });
/** Ten seconds in the service. */
const GIVES_UP_MS = 250;

let tables: Tables;
let setups: SetupTable;
let durable: StartRecorder;
let services: Services;
/** When each event was sent, or would have been: milliseconds that it was waited for. */
let waits: number[];

beforeAll(async () => {
  tables = await startTables();
});

/** A bus that accepts and says nothing. */
beforeEach(async () => {
  const silent = await startSilentEndpoint(tables.tls);
  onTestFinished(() => silent.stop());
  durable = await startRecorder();
  onTestFinished(() => durable.stop());
  const bus = new ServiceBusClient(`localhost:${silent.port}`, tables.credential, {
    retryOptions: { maxRetries: 0, timeoutInMs: GIVES_UP_MS },
  });
  const sender = bus.createSender('setup-events');
  const send = sender.sendMessages.bind(sender);
  waits = [];
  sender.sendMessages = async (...message) => {
    const begun = performance.now();
    await send(...message).finally(() => waits.push(performance.now() - begun));
  };
  setups = newSetupTable(tables);
  const { store, active, clock } = setups;
  const gateways: Partial<Services> = {
    store,
    active,
    clock,
    settings,
    publisher: new EventPublisher(sender, store, active, clock),
    waits: new WaitBook(tables.table(), clock),
  };
  services = gateways as Services;
});

const settle = () => settleSetups(getClient(contextFor([], durable.url)), services);

test('keeps no accepted setup from being started in the next run of the timer, which gives the bus up at once', async () => {
  const ids = Array.from({ length: 40 }, (_, index) => `setup-${String(index).padStart(2, '0')}`);
  for (const setupId of ids) await setups.store.create({ ...newSetup, setupId }, audit);
  setups.passSeconds(31);
  await expect(settle()).rejects.toThrow('operation timeout');
  expect(durable.starts).toHaveLength(ids.length);
  // Those that were tried at the same time, and nobody after them.
  expect(waits.length).toBeLessThanOrEqual(16);
});

test('costs one milestone one wait, and those of the next half minute none', async () => {
  await setups.createAt([]);
  const record = (name: 'factorySelected' | 'runtimeCreated' | 'runtimeOnline') =>
    runActivity(
      'recordMilestone',
      { ...firstAttempt, key: newSetup.key, milestone: milestone(name) },
      services,
      noClient,
    );
  expect(await record('factorySelected')).toMatchObject({ published: false });
  const since = setups.clock.now();
  setups.passSeconds(29);
  expect(await record('runtimeCreated')).toMatchObject({
    published: false,
    reason: expect.stringContaining('took no event a moment ago') as string,
  });
  expect(waits).toHaveLength(1);
  expect(waits[0]).toBeLessThan(1.5 * GIVES_UP_MS);
  expect(await setups.active.untold()).toMatchObject([{ setupId: newSetup.setupId, since }]);

  setups.passSeconds(2);
  await record('runtimeOnline');
  expect(waits).toHaveLength(2);
  expect(await setups.store.pendingEvents(newSetup)).toHaveLength(4);
});
