import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VirtualClock } from '../../../local/endpoint/clock.ts';
import { startFunctionsHost, type FunctionsHost } from '../../../local/host/server.ts';
import { countRecordings, exceptionFor, webhookExceptions } from '../../recordings/exceptions.ts';
import { curl, type CurlAnswer } from '../fixtures/curl.ts';

/**
 * Sends what was sent, with its keys, to the real host with an app of orchestrations, in the recorded order. The recorded
 * extension was an older one, 3.14.1: texts that only it words so are compared in part.
 */
interface Exchange {
  readonly request: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const file = path.join(import.meta.dirname, '../../recordings/functions-host/durable-webhooks.json');
const groups = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Exchange[]>;
const all = Object.entries(groups).flatMap(([group, exchanges]) =>
  exchanges.map((exchange) => ({ name: `${group} ${exchange.request}`, ...exchange })),
);
const exchanges = all.filter(({ name }) => exceptionFor(webhookExceptions, name) === undefined);

const clock = new VirtualClock(Date.UTC(2026, 10, 23, 9));
let host: FunctionsHost;
beforeAll(async () => {
  const appDirectory = path.join(import.meta.dirname, '../fixtures/recorded-durable-app');
  host = await startFunctionsHost({ appDirectory, clock });
});
afterAll(() => host.stop());

test('the recordings are complete', () => {
  const names = all.map(({ name }) => name);
  expect(countRecordings(webhookExceptions, names)).toEqual({ reproduced: 85, different: 2, unsupported: 10 });
});

test.each(exchanges)('$name', async ({ request, status, headers, body }) => {
  const answer = await send(request.replaceAll('<SYSKEY>', host.keys.durable));
  const [received, recorded] = isCut(body) ? ['', ''] : [answer.body, body];
  expect(compared(answer.status, answer.headers, received)).toEqual(compared(status, lowerCase(headers), recorded));
});

/** Time passes while the answer is awaited, and before: the recorded requests were some seconds apart. */
async function send(request: string): Promise<CurlAnswer> {
  for (let step = 0; step < 10; step += 1) await pass(300);
  const progress = { answered: false };
  const answer = curl(host.url, request);
  void answer.finally(() => (progress.answered = true));
  await pass(0);
  while (!progress.answered) await pass(1_000);
  return answer;
}

async function pass(milliseconds: number): Promise<void> {
  await clock.advance(milliseconds);
  for (let turns = 0; turns < 100; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

const TELLING = ['content-type', 'location', 'retry-after', 'www-authenticate'];

function compared(status: number, headers: Readonly<Record<string, unknown>>, body: string) {
  const telling = TELLING.flatMap((name) => (headers[name] === undefined ? [] : [[name, comparable(headers[name])]]));
  const hasMore = (headers['x-ms-continuation-token'] ?? '') !== '';
  return {
    status,
    headers: Object.fromEntries(telling) as unknown,
    hasMore,
    body: comparable(body === '' ? '' : JSON.parse(body)),
  };
}

/** Long bodies were recorded in part. */
function isCut(body: string): boolean {
  return body.length > 1_900 && !/[}\]]$/.test(body);
}

// Times, and the .NET stacks of the extension's own code.
const VARYING = new Set(['createdTime', 'lastUpdatedTime', 'Timestamp', 'ScheduledTime', 'FireAt', 'GenerateNewTrace']);
const OF_DOTNET = new Set(['ExceptionType', 'ExceptionMessage', 'StackTrace']);
// Of a sub-orchestration; the older extension does not tell it.
const UNTOLD = 'InstanceId';

function comparable(value: unknown): unknown {
  if (typeof value === 'string') return comparableText(value);
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(
    ([name, member]) => member !== null && !VARYING.has(name) && !OF_DOTNET.has(name) && name !== UNTOLD,
  );
  return Object.fromEntries(members.map(([name, member]) => [name, comparable(member)]));
}

function comparableText(text: string): string {
  return text
    .replaceAll(host.url, 'http://localhost:7071')
    .replaceAll(host.keys.durable, '<SYSKEY>')
    .replaceAll('failed:  ', 'failed: ')
    .replace(/( failed: One or more errors occurred\. ).*/s, '$1<reason>')
    .replace(/(known orchestrator functions:).*/s, '$1 <functions>')
    .replace(/ \n \{.*/s, ' <exception>')
    .replace(/^\{\\*"\$type.*/s, '<exception>')
    .replaceAll(/[0-9a-f]{32}/g, '<id>');
}
