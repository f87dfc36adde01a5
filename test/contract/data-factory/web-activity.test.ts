// The Web activity: who calls, what it takes for an answer, how it waits for one.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { VirtualClock } from '../../../local/endpoint/clock.ts';
import {
  activityRuns,
  FACTORY,
  GROUP,
  putPipeline,
  runEnd,
  startDataFactoryFixture,
} from '../fixtures/data-factory.ts';
import type { DataFactoryFixture } from '../fixtures/data-factory.ts';

const audience = 'https://management.azure.com';
let fixture: DataFactoryFixture;
let server: Server;
let url: string;
let requests: string[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  fixture = await startDataFactoryFixture();
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/call`;
});

beforeEach(() => {
  requests = [];
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await fixture.stop();
});

async function start(service: DataFactoryFixture, given: object): Promise<string> {
  // As on the wire: the SDK's model lacks some of the properties.
  const typeProperties = { url, method: 'POST', body: '{}', ...given };
  const activity = { name: 'call', type: 'WebActivity', typeProperties };
  const pipeline = await putPipeline(service, { activities: [activity as never] });
  return (await service.client.pipelines.createRun(GROUP, FACTORY, pipeline)).runId;
}

async function recordOf(service: DataFactoryFixture, runId: string) {
  await runEnd(service, runId);
  const [record] = await activityRuns(service, runId);
  return record;
}

const call = async (given: object = {}) => recordOf(fixture, await start(fixture, given));

const reply = (status: number, body: string, headers: Record<string, string> = {}) => {
  answer = (_request, response) => response.writeHead(status, headers).end(body);
};

test('calls as the identity of the factory, and gives what was answered', async () => {
  let token = '';
  let body = '';
  answer = (request, response) => {
    token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => response.writeHead(200, { 'x-answer': 'yes' }).end('{"found":{"id":7}}'));
  };
  const record = await call({
    body: { value: '@concat(\'{"run":"\', pipeline().RunId, \'"}\')', type: 'Expression' },
    headers: { 'content-type': 'application/json' },
    authentication: { type: 'MSI', resource: audience },
  });
  expect(record).toMatchObject({
    status: 'Succeeded',
    output: { found: { id: 7 }, ADFWebActivityResponseHeaders: { 'x-answer': 'yes' } },
  });
  expect(JSON.parse(body)).toEqual({ run: record?.pipelineRunId });
  await expect(fixture.identity.verifyToken(token, audience)).resolves.toBeDefined();
});

const accepted = { location: '/status', 'retry-after': '0' };

test('follows an answer 202 until there is another', async () => {
  let left = 2;
  answer = (_request, response) => {
    left -= 1;
    if (left < 0) response.writeHead(200).end('{"done":true}');
    else response.writeHead(202, accepted).end();
  };
  expect(await call()).toMatchObject({ status: 'Succeeded', output: { done: true } });
  expect(requests).toEqual(['POST /call', 'GET /status', 'GET /status']);
});

test('takes 202 for the answer where that is turned off', async () => {
  reply(202, '{"accepted":true}', accepted);
  expect(await call({ turnOffAsync: true })).toMatchObject({ status: 'Succeeded', output: { accepted: true } });
  expect(requests).toEqual(['POST /call']);
});

test('gives up after a minute without an answer', async () => {
  const clock = new VirtualClock();
  const slow = await startDataFactoryFixture({ clock });
  const arrived = Promise.withResolvers<void>();
  answer = () => {
    arrived.resolve();
  };
  const runId = await start(slow, {});
  await arrived.promise;
  await clock.advance(60_000);
  expect(await recordOf(slow, runId)).toMatchObject({
    status: 'Failed',
    error: { errorCode: '2108', message: expect.stringContaining('no answer within 60 seconds') as string },
  });
  await slow.dataFactory.stop();
});

test.each([
  ['that is refused', 403, '{"error":"no"}', "Response status code: 'Forbidden - 403'"],
  ['that is redirected', 302, '', "Response status code: 'Found - 302'"],
  ['that is answered with text', 200, 'fine', 'must answer with a JSON object'],
  ['that is answered with a list', 200, '[1]', 'must answer with a JSON object'],
  ['that is answered with more than 4 MB', 200, JSON.stringify({ a: 'x'.repeat(4_194_304) }), 'is over limit'],
])('a call %s fails', async (_, status, body, text) => {
  reply(status, body);
  expect(await call()).toMatchObject({
    status: 'Failed',
    error: { message: expect.stringContaining(text) as string },
  });
});

test.each([
  ['a POST without a body', { body: undefined }, 'POST needs a body'],
  ['a GET with one', { method: 'GET' }, 'GET takes no body'],
  ['a shorter time than a minute', { httpRequestTimeout: '00:00:30' }, 'not between 1 and 10 minutes'],
  ['another way to authenticate', { authentication: { type: 'Basic', resource: 'r' } }, 'authentication.type'],
  ['an endpoint that is not there', { url: 'http://127.0.0.1:9/call' }, "didn't reach the server"],
])('%s fails', async (_, given, text) => {
  expect(await call(given)).toMatchObject({
    status: 'Failed',
    error: { errorCode: '2108', message: expect.stringContaining(text) as string },
  });
  expect(requests).toEqual([]);
});
