import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VirtualClock } from '../../local/clock.ts';
import { startFunctionsHost, type FunctionsHost } from '../../local/host/server.ts';

/** Sends what was sent to the real host, and compares status, telling headers and body. */
interface Exchange {
  /** Arguments of curl. */
  readonly request: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const file = path.join(import.meta.dirname, '../recordings/functions-host/http.json');
const groups = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Exchange[]>;

/** What the local host does not do, or does otherwise, and recordings that cannot be sent again. */
const exceptions: readonly (readonly [RegExp, string])[] = [
  [/keyed|adm\b|<MASTER>|<HOSTKEY>|\/admin\//, 'function keys and the administration API are not supported'],
  [/^\/$/, 'there is no landing page'],
  [/runtime\/webhooks\/nosuch/, 'answered like any other path'],
  [/<aaa|@100mb/, 'not recorded in full; the limit has its own test'],
  [/-F |--data-binary [^@]|Expect:/, 'the body was not recorded'],
  [/%252F|names\/%zz/, 'the URL is handed over as it was sent'],
  [/-X FOO/, 'the parser of Node refuses methods that it does not know'],
  [/content-type: -d/, 'curl leaves this header out'],
  [/\/api\/log$/, 'answers with the id of the invocation'],
];

const all = Object.values(groups).flat();
const exchanges = all.filter(({ request }) => !exceptions.some(([pattern]) => pattern.test(request)));

let host: FunctionsHost;
beforeAll(async () => {
  const appDirectory = path.join(import.meta.dirname, 'fixtures/recorded-http-app');
  host = await startFunctionsHost({ appDirectory, clock: new VirtualClock() });
});
afterAll(() => host.stop());

test('the recordings are complete', () => {
  expect([all.length, exchanges.length]).toEqual([154, 96]);
});

test.each(exchanges)('$request', async (recorded) => {
  const answer = await send(recorded.request);
  const names = ['content-type', 'location', 'etag', 'set-cookie', 'content-length', 'transfer-encoding', 'x-multi'];
  const headers = Object.fromEntries(
    Object.entries(recorded.headers).map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  expect({ ...answer, headers: pick(answer.headers, names) }).toEqual({
    status: recorded.status,
    headers: pick(headers, names),
    body: recorded.body,
  });
});

function pick(headers: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, string> {
  const present = names.filter((name) => headers[name] !== undefined);
  const text = (value: unknown): string => (Array.isArray(value) ? value.join(' | ') : String(value));
  return Object.fromEntries(present.map((name) => [name, text(headers[name])]));
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Does what curl does with the arguments. */
function send(args: string): Promise<Answer> {
  const { target, method, headers, body } = parseArguments(args);
  return new Promise((resolve, reject) => {
    const options = { method, path: target, port: Number(new URL(host.url).port), host: '127.0.0.1', headers };
    const request = httpRequest(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    // Which curl does not send.
    request.removeHeader('connection');
    request.on('error', reject).end(body);
  });
}

function parseArguments(args: string) {
  const target = args.slice(args.lastIndexOf(' ') + 1);
  const options = args.slice(0, args.lastIndexOf(' ') + 1);
  const body = /(?:^| )-d (.*?) $/.exec(options)?.[1];
  const method = options.startsWith('-I') ? 'HEAD' : (/-X (\S+)/.exec(options)?.[1] ?? 'GET');
  const named = [...options.matchAll(/-H ([\w-]+): ?(.*?)(?= -[A-Zd] | $)/g)];
  const headers: Record<string, string> = { host: 'localhost:7071', 'user-agent': 'curl/7.88.1', accept: '*/*' };
  for (const [, name = '', value = ''] of named) headers[name.toLowerCase()] = value;
  if (body !== undefined && headers['transfer-encoding'] === undefined) {
    headers['content-length'] = String(Buffer.byteLength(body));
    headers['content-type'] ??= 'application/x-www-form-urlencoded';
  }
  return { target, method, headers, body };
}
