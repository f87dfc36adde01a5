// The end of a pipeline that is waited for: the service hears of it, and whatever it says, the run ends as its work did.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { DataFactories } from '../../../shared/factory/data-factory.ts';
import { announcedEnd, decidingActivities } from '../../../shared/factory/notification.ts';
import { entityNames } from '../../../shared/factory/names.ts';
import { innermost } from '../../../shared/factory/run-failure.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { FACTORY, GROUP, runEnd, startDataFactoryFixture, SUBSCRIPTION } from '../fixtures/data-factory.ts';
import type { DataFactoryFixture } from '../fixtures/data-factory.ts';

const resource = 'https://management.azure.com';
const factory = { subscriptionId: SUBSCRIPTION, resourceGroup: GROUP, name: FACTORY };
const [tenantId, setupId] = ['11111111-1111-4111-8111-111111111111', 'first-setup'];
const expression = (value: string) => ({ type: 'Expression', value });

let fixture: DataFactoryFixture;
let factories: DataFactories;
let server: Server;
let apiUrl: string;
let status: number;
let calls: { readonly url: string | undefined; readonly token: string; readonly body: unknown }[];
/** Whether the work was done when the call came, as the service asks. */
let wasDone: boolean | undefined;

beforeAll(async () => {
  fixture = await startDataFactoryFixture();
  factories = new DataFactories(() => fixture.client, { now: () => new Date() });
  server = createServer((request, response) => {
    void (async () => {
      const body = (await json(request)) as { readonly runId: string };
      const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
      calls.push({ url: request.url, token, body });
      wasDone = await factories.hasSucceeded(factory, body.runId, Object.values(decidingActivities));
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    })();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

beforeEach(() => {
  apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  status = 200;
  calls = [];
  wasDone = undefined;
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await fixture.stop();
});

/** Runs a pipeline whose work succeeds, fails or is skipped. */
async function run(work: 'succeeds' | 'fails' | 'is skipped') {
  const context = {
    key: '0123456789ab',
    names: entityNames('0123456789ab'),
    sourceKind: 'SqlServer',
    notification: { apiUrl, apiVersion: '2026-11-01', resource, factory: FACTORY, tenantId, setupId },
  } as const;
  const failing = { name: 'Broken', type: 'Fail', typeProperties: { message: 'It is broken.', errorCode: '7' } };
  const deciding = {
    name: decidingActivities.prepare,
    type: 'IfCondition',
    ...(work === 'is skipped' ? { dependsOn: [{ activity: 'Broken', dependencyConditions: ['Succeeded'] }] } : {}),
    typeProperties: {
      expression: expression(`@equals('${work}', 'succeeds')`),
      ifTrueActivities: [],
      ifFalseActivities: work === 'fails' ? [failing] : [],
    },
  };
  const activities = [
    ...(work === 'is skipped' ? [failing] : []),
    deciding,
    ...announcedEnd(context, decidingActivities.prepare, work === 'is skipped' ? ['Broken'] : []),
  ];
  await factories.put(factory, 'pipelines', 'announced', { properties: { activities } });
  const runId = await factories.createRun(factory, 'announced', {});
  await runEnd(fixture, runId);
  const { status: outcome = '', message = '' } = (await factories.run(factory, runId)) ?? {};
  return { runId, outcome, message: innermost(message) };
}

const broken = { outcome: 'Failed', message: 'Operation on target Broken failed: It is broken.' };
const ends = {
  succeeds: { outcome: 'Succeeded', message: '' },
  fails: broken,
  // The failure that says why is that of another activity.
  'is skipped': { outcome: 'Failed', message: 'Operation on target WorkFailed failed: It is broken.' },
} as const;
const works = ['succeeds', 'fails', 'is skipped'] as const;

test.each(works)('a run whose work %s calls as the factory, and says which run it is', async (work) => {
  const { runId, ...end } = await run(work);
  expect(end).toEqual(ends[work]);
  expect(calls).toMatchObject([
    {
      url: `/api/factories/${FACTORY}/notifications?api-version=2026-11-01`,
      body: { tenantId, setupId, runId },
    },
  ]);
  await expect(fixture.identity.verifyToken(calls[0]?.token ?? '', resource)).resolves.toBeDefined();
  expect(wasDone).toBe(work === 'succeeds');
});

test.each(works.flatMap((work) => [403, 500, 'unreachable'].map((answer) => ({ work, answer }))))(
  'a run whose work $work ends so although its call is $answer',
  async ({ work, answer }) => {
    if (typeof answer === 'number') status = answer;
    else apiUrl = 'http://127.0.0.1:9/api';
    expect(await run(work)).toMatchObject(ends[work]);
  },
);
