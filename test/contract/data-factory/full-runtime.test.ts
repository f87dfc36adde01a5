// A runtime whose nodes have as many jobs as they take, or an expired version: further jobs are queued, or fail; checks and failures
// say so.
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerRuntimeNode } from '../../../local/data-factory/runtime-node.ts';
import { checkCatalogue } from '../../../shared/checks/catalogue.ts';
import type { CheckInput, Finding } from '../../../shared/checks/check.ts';
import { systemClock } from '../../../shared/clock.ts';
import { DataFactories } from '../../../shared/factory/data-factory.ts';
import { setupFailure } from '../../../shared/setup/failure.ts';
import { explained } from '../../support/explained-failure.ts';
import { besideProbes } from '../../support/measured.ts';
import { startSilentEndpoint } from '../../support/silent-endpoint.ts';
import type { SilentEndpoint } from '../../support/silent-endpoint.ts';
import { script } from '../fixtures/data-factory-activities.ts';
import {
  activityRuns,
  FACTORY,
  GROUP,
  putPipeline,
  runEnd,
  startDataFactoryFixture,
  SUBSCRIPTION,
} from '../fixtures/data-factory.ts';
import type { DataFactoryFixture } from '../fixtures/data-factory.ts';

const RUNTIME = 'shir-full';
const JOBS = 8;
const factory = { subscriptionId: SUBSCRIPTION, resourceGroup: GROUP, name: FACTORY };

let fixture: DataFactoryFixture;
let silent: SilentEndpoint;
let factories: DataFactories;

beforeAll(async () => {
  [fixture, silent] = await Promise.all([startDataFactoryFixture(), startSilentEndpoint()]);
  const { client } = fixture;
  factories = new DataFactories(() => client, systemClock);
  await client.integrationRuntimes.createOrUpdate(GROUP, FACTORY, RUNTIME, { properties: { type: 'SelfHosted' } });
  await client.linkedServices.createOrUpdate(GROUP, FACTORY, 'silent', {
    properties: {
      type: 'SqlServer',
      connectVia: { type: 'IntegrationRuntimeReference', referenceName: RUNTIME },
      typeProperties: {
        server: `localhost,${silent.port}`,
        database: 'cronus',
        authenticationType: 'SQL',
        userName: 'reader',
        password: { type: 'SecureString', value: crypto.randomUUID() },
      },
    } as never,
  });
});

afterAll(() => Promise.all([fixture.stop(), silent.stop()]));

/** What the check says of the runtime now. */
async function checked(asked: DataFactories = factories): Promise<Finding | undefined> {
  const load = await asked.runtimeLoad(factory, RUNTIME);
  const runtime = { ...besideProbes.runtime, load } as CheckInput['runtime'];
  return checkCatalogue.find(({ id }) => id === 'NET-03')?.evaluate({ ...besideProbes, runtime } as CheckInput);
}

/** The code of a stage that ran out of time, once the runtime was asked. */
async function codeOfLateStage(asked: DataFactories = factories): Promise<string> {
  const failure = setupFailure('52073', 'Stage assess had not ended.');
  const { code } = await explained(asked, { factory, runtimeName: RUNTIME, failure });
  return code;
}

async function start(count: number): Promise<string> {
  const activities = Array.from({ length: count }, (_, index) => ({
    ...script('silent', 'SELECT 1 AS one'),
    name: `script_${index}`,
  }));
  const name = await putPipeline(fixture, { activities });
  const { runId } = await fixture.client.pipelines.createRun(GROUP, FACTORY, name);
  return runId;
}

test('a full runtime queues a job until another one ends, and is told', async () => {
  expect(await factories.runtimeLoad(factory, RUNTIME)).toBeUndefined();
  const { authKey1 = '' } = await fixture.client.integrationRuntimes.listAuthKeys(GROUP, FACTORY, RUNTIME);
  await registerRuntimeNode(fixture.dataFactory.url, { authKey: authKey1, nodeName: 'node' });
  const almost = await start(JOBS - 1);
  expect(await checked()).toMatchObject({
    status: 'passed',
    measured: expect.stringMatching(/^jobs 7 of 8,/) as string,
  });
  expect(await codeOfLateStage()).toBe('52073');
  const last = await start(2);
  const statuses = async () => (await activityRuns(fixture, last)).map(({ status }) => status);
  expect(await statuses()).toEqual(['InProgress', 'Queued']);
  expect(await checked()).toMatchObject({
    status: 'failed',
    measured: expect.stringMatching(/^jobs 8 of 8,/) as string,
  });
  expect(await codeOfLateStage()).toBe('RuntimeFull');
  await fixture.client.pipelineRuns.cancel(GROUP, FACTORY, almost);
  await runEnd(fixture, almost);
  expect(await statuses()).toEqual(['InProgress', 'InProgress']);
  await fixture.client.pipelineRuns.cancel(GROUP, FACTORY, last);
  await runEnd(fixture, last);
  expect(await factories.runtimeLoad(factory, RUNTIME)).toMatchObject({ runningJobs: 0, jobLimit: JOBS });
});

test('jobs fail once the version of the nodes has expired, and that is told', async () => {
  const runtimeName = 'shir-old';
  const { client } = fixture;
  await client.integrationRuntimes.createOrUpdate(GROUP, FACTORY, runtimeName, { properties: { type: 'SelfHosted' } });
  const { authKey1 = '' } = await client.integrationRuntimes.listAuthKeys(GROUP, FACTORY, runtimeName);
  const node = await registerRuntimeNode(fixture.dataFactory.url, { authKey: authKey1, nodeName: 'node' });
  const failure = setupFailure('52071', `The Self-hosted Integration Runtime '${runtimeName}' is offline.`);
  await node.stop();
  expect(await explained(factories, { factory, runtimeName, failure })).toEqual(failure);
  await node.expire();
  await node.start();
  const { properties } = await client.integrationRuntimes.getStatus(GROUP, FACTORY, runtimeName);
  expect(properties).toMatchObject({ state: 'Offline', versionStatus: 'Expired' });
  expect(await explained(factories, { factory, runtimeName, failure })).toMatchObject({
    code: 'RuntimeExpired',
    cause: `${failure.cause} The version of ${runtimeName} has expired.`,
    remedy: expect.stringContaining('Install the latest version') as string,
  });
});

test.each([
  [403, 'AuthorizationFailed', 'denied'],
  [400, 'MonitoringDataNotAvailable', 'unknown'],
])('a load that is refused for good (%i %s) is not measured, and says why', async (status, code, reason) => {
  const refusing: PipelinePolicy = {
    name: 'refusing',
    sendRequest: (request, next) =>
      request.url.includes('/monitoringData')
        ? Promise.resolve({
            status,
            headers: createHttpHeaders(),
            request,
            bodyAsText: JSON.stringify({ error: { code, message: 'No.' } }),
          })
        : next(request),
  };
  const client = fixture.connect({ additionalPolicies: [{ policy: refusing, position: 'perRetry' }] });
  expect(await checked(new DataFactories(() => client, systemClock))).toMatchObject({
    status: 'skipped',
    reason,
    cause: `What the nodes do: Data Factory does not tell it to the service (${status} ${code}).`,
  });
});

test('a load that is refused for now is asked for again', async () => {
  const busy: PipelinePolicy = {
    name: 'busy',
    sendRequest: (request, next) =>
      request.url.includes('/monitoringData')
        ? Promise.resolve({ status: 408, headers: createHttpHeaders(), request })
        : next(request),
  };
  const client = fixture.connect({
    additionalPolicies: [{ policy: busy, position: 'perRetry' }],
    retryOptions: { maxRetries: 0 },
  });
  const asked = new DataFactories(() => client, systemClock);
  expect(await codeOfLateStage(asked)).toBe('52073');
  await expect(asked.runtimeLoad(factory, RUNTIME)).rejects.toMatchObject({ statusCode: 408 });
});
