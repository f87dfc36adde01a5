import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { startDataFactory } from '../../../local/data-factory/server.ts';
import type { DataFactory } from '../../../local/data-factory/server.ts';
import { VirtualClock } from '../../../local/endpoint/clock.ts';
import { RUN_DEADLINE_MS } from '../../../orchestrators/replication-run.ts';
import { startRun } from '../../../orchestrators/activities/start-run.ts';
import { DataFactories } from '../../../shared/factory/data-factory.ts';
import { entityNames } from '../../../shared/factory/names.ts';
import type { Services } from '../../../shared/services.ts';
import { RunIntents } from '../../../shared/setup/run-intents.ts';
import { newSetup } from '../../support/setup/stored-setup.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const factory = {
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'migration',
  name: 'factory-1',
};
const { tenantId, setupId, key } = newSetup;
const { prepare } = entityNames(key).pipelines;

let tables: Tables;
let clock: VirtualClock;
let dataFactory: DataFactory;
let services: Services;

beforeAll(async () => {
  tables = await startTables();
});

beforeEach(async () => {
  const { tls, verifyToken, getToken, credential } = tables;
  clock = new VirtualClock();
  dataFactory = await startDataFactory({
    factories: [{ ...factory, location: 'westeurope' }],
    tls,
    verifyToken,
    getToken,
    clock,
  });
  onTestFinished(() => dataFactory.stop());
  const client = new DataFactoryManagementClient(credential, factory.subscriptionId, {
    endpoint: dataFactory.url,
    retryOptions: { maxRetries: 0 },
  });
  const productClock = { now: () => new Date(clock.now()) };
  const gateways: Partial<Services> = {
    clock: productClock,
    factories: new DataFactories(() => client, productClock),
    runIntents: new RunIntents(tables.table(), productClock),
  };
  // The activity uses no other gateway.
  services = gateways as Services;
  await services.factories.put(factory, 'pipelines', prepare, {
    properties: {
      activities: [],
      parameters: { stage: { type: 'String' }, operationId: { type: 'String' } },
    },
  });
  dataFactory.faults.holdRuns(true);
});

const start = (attempt = 1) =>
  startRun(
    services,
    { tenantId, setupId, attempt },
    { factory, pipeline: prepare, operationId: `${attempt}.assess`, parameters: { stage: 'assess' } },
  );
const runs = () => services.factories.activeRuns(factory, [prepare]);

test('a run is found for as long as one may go on', async () => {
  await start();
  await clock.advance(RUN_DEADLINE_MS);
  expect(await runs()).toHaveLength(1);
  expect(await services.factories.cancelRuns(factory, [prepare])).toBe(1);
});

test('a run is started once for an attempt and stage', async () => {
  const started = await start();
  expect(await start()).toEqual(started);
  await start(2);
  expect(await runs()).toHaveLength(2);
});

test('a run whose answer was lost and that shows late is found, and no second one is started', async () => {
  dataFactory.faults.loseNextRunAnswer();
  dataFactory.faults.showNextRunAfter(45_000);
  await expect(start()).rejects.toMatchObject({ statusCode: 500 });
  for (const pause of [2_000, 8_000, 32_000]) {
    await clock.advance(pause);
    await expect(start()).rejects.toThrow('does not show yet');
  }
  await clock.advance(5_000);
  expect(await start()).toEqual((await runs())[0]);
  expect(await runs()).toHaveLength(1);
});

test('a run that was refused because of throttling is started by the next call', async () => {
  dataFactory.faults.throttleNext(1);
  await expect(start()).rejects.toMatchObject({ statusCode: 429 });
  const runId = await start();
  expect(await runs()).toEqual([runId]);
  expect(await start()).toBe(runId);
});

test('an intent that somebody has renewed since is not withdrawn, nor renewed by another one', async () => {
  const { runIntents } = services;
  const { intent } = await runIntents.begin({ tenantId, setupId }, '1.assess');
  expect(await runIntents.renew({ tenantId, setupId }, '1.assess', intent)).toBe(true);
  expect(await runIntents.renew({ tenantId, setupId }, '1.assess', intent)).toBe(false);
  await runIntents.withdraw({ tenantId, setupId }, '1.assess', intent);
  expect(await runIntents.begin({ tenantId, setupId }, '1.assess')).toMatchObject({ isFirst: false });
});

test('a run that was not started is, a minute later, by one of those that want it', async () => {
  // Whoever wanted it died before it sent the request.
  await services.runIntents.begin({ tenantId, setupId }, '1.assess');
  await clock.advance(59_000);
  await expect(start()).rejects.toThrow('does not show yet');
  await clock.advance(1_000);
  dataFactory.faults.showNextRunAfter(10_000);
  const both = await Promise.allSettled([start(), start()]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  await clock.advance(10_000);
  expect(await runs()).toHaveLength(1);
});
