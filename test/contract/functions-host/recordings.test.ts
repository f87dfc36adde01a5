import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VirtualClock } from '../../../local/endpoint/clock.ts';
import { startFunctionsHost, type FunctionsHost } from '../../../local/host/server.ts';
import { countRecordings, exceptionFor, httpExceptions } from '../../recordings/exceptions.ts';
import { curl } from '../fixtures/curl.ts';

/** Sends what was sent to the real host, and compares status, telling headers and body. */
interface Exchange {
  /** Arguments of curl. */
  readonly request: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const file = path.join(import.meta.dirname, '../../recordings/functions-host/http.json');
const groups = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Exchange[]>;
const all = Object.values(groups).flat();
const exchanges = all.filter(({ request }) => exceptionFor(httpExceptions, request) === undefined);

let host: FunctionsHost;
beforeAll(async () => {
  const appDirectory = path.join(import.meta.dirname, '../fixtures/recorded-http-app');
  host = await startFunctionsHost({ appDirectory, clock: new VirtualClock() });
});
afterAll(() => host.stop());

test('the recordings are complete', () => {
  const requests = all.map(({ request }) => request);
  expect(countRecordings(httpExceptions, requests)).toEqual({ reproduced: 152, different: 1, unsupported: 1 });
});

test.each(exchanges)('$request', async (recorded) => {
  const text = completed(recorded);
  const answer = await curl(host.url, withKeys(text(recorded.request)));
  const headers = Object.fromEntries(
    Object.entries(recorded.headers).map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  const expected = comparable(recorded.request, text(recorded.body));
  const received = comparable(recorded.request, answer.body);
  const isList = Array.isArray(received) && Array.isArray(expected);
  const body = isList ? received.slice(0, expected.length) : received;
  // Of a body that varies, the length does, too.
  const names = expected === recorded.body ? ['content-length', ...TELLING] : TELLING;
  expect({ status: answer.status, headers: pick(answer.headers, names), body }).toEqual({
    status: recorded.status,
    headers: pick(headers, names),
    body: expected,
  });
});

const TELLING = [
  'content-type',
  'location',
  'etag',
  'set-cookie',
  'transfer-encoding',
  'x-multi',
  'x-mixed-case',
  'www-authenticate',
  'cache-control',
  'pragma',
  'access-control-allow-origin',
];

/** The long value of a query was cut out of the recording; it was too long, or just not. */
function completed({ status }: Exchange): (text: string) => string {
  return (text) => text.replaceAll('<aaa...cut>', 'a'.repeat(status === 414 ? 8_300 : 8_000));
}

function withKeys(request: string): string {
  const { master, functions, host: hostKey } = host.keys;
  return request
    .replaceAll('<MASTER>', master)
    .replaceAll('<HOSTKEY>', hostKey)
    .replaceAll('<FNKEY>', functions['keyed'] ?? '');
}

const VARYING = new Set(['id', 'processUptime', 'script_href', 'test_data_href', 'functionDirectory', 'scriptFile']);

/** Keys, paths and times vary; the order of members is of no account where an administrator reads them. */
function comparable(request: string, body: string): unknown {
  if (request.endsWith('/api/log')) return body.replace(/^[0-9a-f-]{36}/, '<id>');
  if (!request.includes('/admin/') || body === '') return body;
  return comparableValue(JSON.parse(whole(body)));
}

/** Of a list that was recorded in part, the whole entries. */
function whole(body: string): string {
  return body.startsWith('[') && !body.endsWith(']') ? `${body.slice(0, body.lastIndexOf(',{"name":"'))}]` : body;
}

function comparableValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparableValue);
  if (typeof value === 'string') return comparableText(value);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name]) => !VARYING.has(name) && name !== 'value');
  return Object.fromEntries(members.map(([name, member]) => [name, comparableValue(member)]));
}

function comparableText(text: string): string {
  return text.replace(/^https?:\/\/localhost(?::\d+)?\//, '/').replace(/(Trigger)[0-9a-f]{10}$/, '$1');
}

function pick(headers: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, string> {
  const present = names.filter((name) => headers[name] !== undefined);
  const text = (value: unknown): string => (Array.isArray(value) ? value.join(' | ') : String(value));
  return Object.fromEntries(present.map((name) => [name, text(headers[name])]));
}
