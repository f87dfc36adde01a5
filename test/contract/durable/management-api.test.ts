import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFunctionsHost, type FunctionsHost } from '../../../local/host/server.ts';
import { countRecordings, exceptionFor, managementExceptions } from '../../recordings/exceptions.ts';
import { observations } from '../fixtures/recorded-app/observations.ts';

/** Makes the calls that were recorded of the management API, in their order, and compares the answers. */
interface Call {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly body: string | null;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
}

const file = path.join(import.meta.dirname, '../../recordings/functions-host/management-api.json');
const { calls: all } = JSON.parse(readFileSync(file, 'utf8')) as { readonly calls: readonly Call[] };

const calls = all.filter(({ name }) => exceptionFor(managementExceptions, name) === undefined);

// Some of the calls name this as the time from which instances are wanted.
const RECORDED_FROM = '2026-11-23T09:25:40.458Z';

let host: FunctionsHost;
let key: string;
beforeAll(async () => {
  const appDirectory = path.join(import.meta.dirname, '../fixtures/recorded-app');
  await observations.clock.advance(Date.parse(RECORDED_FROM) - observations.clock.now());
  host = await startFunctionsHost({ appDirectory, clock: observations.clock });
  const links = (await (await fetch(`${host.url}/api/links`)).json()) as { statusQueryGetUri: string };
  key = new URL(links.statusQueryGetUri).searchParams.get('code') ?? '';
});
afterAll(() => host.stop());

/** Sends a call; time passes while its answer is awaited, second by second. */
async function send({ method, url, body, headers }: Call['request']): Promise<Response> {
  const target = url
    .replace('http://localhost:7071/durabletask/', `${host.url}/durabletask/${key}/`)
    .replace('http://localhost:7071', host.url)
    .replace('code=KEY', `code=${key}`);
  const content = { 'content-type': 'application/json', ...headers };
  const progress = { answered: false };
  const answer = fetch(target, { method, headers: content, ...(body === null ? {} : { body }) });
  void answer.finally(() => (progress.answered = true));
  await settle();
  while (!progress.answered) {
    await observations.clock.advance(1_000);
    await settle();
  }
  return answer;
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 100; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

function comparable(value: unknown): unknown {
  if (typeof value === 'string') return comparableText(value);
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name, member]) => member !== null && !VARYING.has(name));
  return Object.fromEntries(members.map(([name, member]) => [name, comparableMember(name, member)]));
}

/** How many instances there are depends on the calls that are left out. */
function comparableMember(name: string, member: unknown): unknown {
  return name === 'instancesDeleted' && Number(member) > 1 ? 'several' : comparable(member);
}

const VARYING = new Set([
  'Timestamp',
  'ScheduledTime',
  'createdTime',
  'lastUpdatedTime',
  'GenerateNewTrace',
  'ExceptionType',
  'ExceptionMessage',
  'StackTrace',
]);

function comparableText(text: string): string {
  return text
    .replace(/\{\\*"\$type\\*":\\*"System\.Exception.*/s, '<exception>')
    .replaceAll(host.url, 'http://localhost:7071')
    .replaceAll(`/durabletask/${key}/`, '/durabletask/')
    .replaceAll(key, 'KEY')
    .replaceAll('taskHub=TestHubName&connection=Storage', 'taskHub=golde&connection=AzureWebJobsStorage')
    .replaceAll(/[0-9a-f]{32}/g, '<id>');
}

function compared(status: number, headers: Headers, body: unknown) {
  const [location, retryAfter] = [headers.get('location'), headers.get('retry-after')];
  const hasMore = (headers.get('x-ms-continuation-token') ?? '') !== '';
  return { status, location: comparable(location), retryAfter, hasMore, body: comparable(body) };
}

test('the recordings are complete', () => {
  const names = all.map(({ name }) => name);
  expect(countRecordings(managementExceptions, names)).toEqual({ reproduced: 103, different: 0, unsupported: 7 });
});

test.each(calls)('$name', async ({ request, response }) => {
  const answer = await send(request);
  const text = await answer.text();
  expect(compared(answer.status, answer.headers, text === '' ? '' : JSON.parse(text))).toEqual(
    compared(response.status, new Headers(response.headers), response.body),
  );
});
