import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDataFactory } from '../../../local/data-factory/server.ts';
import type { DataFactory } from '../../../local/data-factory/server.ts';
import { probeFactory } from '../../../orchestrators/activities/factory.ts';
import { DataFactories } from '../../../shared/factory/data-factory.ts';
import type { Services } from '../../../shared/services.ts';
import { startTables } from '../../support/tables.ts';

const factory = {
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'migration',
  name: 'factory-1',
};

let dataFactory: DataFactory;
let services: Services;

beforeAll(async () => {
  const { tls, verifyToken, getToken, credential } = await startTables();
  const factories = [{ ...factory, location: 'westeurope' }];
  dataFactory = await startDataFactory({ tls, verifyToken, getToken, factories });
  const client = new DataFactoryManagementClient(credential, factory.subscriptionId, {
    endpoint: dataFactory.url,
    retryOptions: { maxRetries: 0 },
  });
  const gateways: Partial<Services> = { factories: new DataFactories(() => client, { now: () => new Date() }) };
  // The activity uses no other gateway.
  services = gateways as Services;
});

afterAll(() => dataFactory.stop());

const probe = (name: string) =>
  probeFactory({ factory: { ...factory, name } }, services, () => {
    throw new Error('It takes no client');
  });

test('a factory is measured', async () => {
  expect(await probe('factory-1')).toMatchObject({ load: { reachable: true, entities: 0, activeRuns: 0 } });
});

test('one whose subscription is throttled is asked again, by the next try of the activity', async () => {
  dataFactory.faults.throttleNext(100);
  await expect(probe('factory-1')).rejects.toMatchObject({ statusCode: 429 });
  dataFactory.faults.throttleNext(0);
  expect(await probe('factory-1')).toMatchObject({ load: { reachable: true } });
});

test('one that is not there is a result, with what was answered', async () => {
  const reason = expect.stringMatching(
    /^does not answer: .*factory-2' under resource group .* was not found/,
  ) as string;
  expect(await probe('factory-2')).toMatchObject({ load: { reachable: false, reason } });
});
