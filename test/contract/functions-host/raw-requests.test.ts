import { connect } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFunctionsHost, type FunctionsHost } from '../../../local/host/server.ts';

/** Requests that no client library sends, but proxies and attackers do. */
const appDirectory = path.join(import.meta.dirname, '../fixtures/functions-app');

let host: FunctionsHost;
beforeAll(async () => {
  host = await startFunctionsHost({ appDirectory, settings: { TASKHUB_NAME: 'Hub' } });
});
afterAll(() => host.stop());

interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends a request byte by byte as written; the last of several is told to close the connection. */
async function send(target: string, headers: readonly string[] = [], before = ''): Promise<RawAnswer[]> {
  const socket = connect(host.port, '127.0.0.1');
  const head = [`GET ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n');
  socket.write(Buffer.from(`${before}${head}`, 'latin1'));
  const answers = (await text(socket)).split(/(?=HTTP\/1\.1 \d{3} )/);
  return answers.map((answer) => {
    const [answerHead = '', body = ''] = answer.split('\r\n\r\n');
    return { status: Number(answer.slice(9, 12)), head: answerHead.toLowerCase(), body };
  });
}

async function statusOf(target: string, headers?: readonly string[]): Promise<number | undefined> {
  return (await send(target, headers))[0]?.status;
}

test('headers of one name are joined with a comma, whatever the name', async () => {
  const [answer] = await send('/api/headers', [
    'Authorization: Bearer a',
    'authorization: Bearer b',
    'Content-Type: a/b',
    'Content-Type: c/d',
    'X-Umlaut: f\u00c3\u00bcnf',
  ]);
  expect(answer?.body).toContain('"authorization":"Bearer a,Bearer b"');
  expect(answer?.body).toContain('"content-type":"a/b,c/d"');
  expect(answer?.body).toContain('"x-umlaut":"f');
});

test('a target with scheme and host is that path', async () => {
  expect(await statusOf('http://localhost/api/echo?a=1')).toBe(200);
});

test('a target with a fragment is not found', async () => {
  expect(await statusOf('/api/echo#fragment')).toBe(404);
});

test.each([
  ['20 KB in one header', [`X-Long: ${'x'.repeat(20_000)}`], 200],
  ['33 KB in headers', [`X-Long: ${'x'.repeat(33_000)}`], 431],
  ['90 headers', Array.from({ length: 90 }, (_, index) => `X-Header-${index}: x`), 200],
  ['120 headers', Array.from({ length: 120 }, (_, index) => `X-Header-${index}: x`), 431],
  ['two Host headers', ['Host: other'], 400],
  ['a header in Latin-1', ['X-Umlaut: f\u00fcnf'], 400],
])('%s', async (_what, headers, status) => {
  expect(await statusOf('/api/headers', headers)).toBe(status);
});

test('a connection is kept without a word', async () => {
  const answers = await send('/api/echo', [], 'GET /api/echo HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(answers[0]?.head).not.toMatch(/^(?:connection|keep-alive):/m);
});
