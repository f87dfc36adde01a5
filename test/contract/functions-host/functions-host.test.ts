import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../local/endpoint/clock.ts';
import { startFunctionsHost, type FunctionsHost } from '../../../local/host/server.ts';
import { held } from '../fixtures/functions-app/held.ts';

const appDirectory = path.join(import.meta.dirname, '../fixtures/functions-app');

describe('HTTP functions', () => {
  let host: FunctionsHost;
  const lines: string[] = [];
  const clock = new VirtualClock();
  beforeAll(async () => {
    const settings = { TASKHUB_NAME: 'Hub' };
    host = await startFunctionsHost({ appDirectory, settings, clock, log: (line) => void lines.push(line) });
  });
  afterAll(() => host.stop());

  const get = (target: string, init?: RequestInit): Promise<Response> => fetch(`${host.url}/api/${target}`, init);
  const shape = async (response: Response) => ({ status: response.status, body: await response.text() });

  test.each(['nosuch', 'items', 'items/abc', 'items/99999999999', 'files2/x', '../nosuch'])(
    'an unknown path answers 404 without a body: %s',
    async (target) => {
      expect(await shape(await get(target))).toEqual({ status: 404, body: '' });
    },
  );

  test.each(['PUT', 'DELETE', 'OPTIONS', 'HEAD'])('a method that is not listed answers 404: %s', async (method) => {
    expect(await shape(await get('items/5', { method }))).toEqual({ status: 404, body: '' });
  });

  test('routes are matched without regard to case, and a trailing slash is of no account', async () => {
    expect(await (await get('ITEMS/5/')).json()).toMatchObject({ params: { id: '5' } });
  });

  test.each([
    ['names/a%20b', { name: 'a b' }],
    ['names/a%2Fb', { name: 'a%2Fb' }],
    ['names/%C3%A9', { name: 'é' }],
    ['names/%zz', { name: '%zz' }],
    ['files/a/b%2Fc/d.txt', { path: 'a/b%2Fc/d.txt' }],
    ['files', {}],
  ])('parameters of the path are decoded: %s', async (target, params) => {
    expect(await (await get(target)).json()).toMatchObject({ params });
  });

  test('functions are tried in the order of their names, so a parameter may hide a literal', async () => {
    expect(await (await get('q/literal')).text()).toBe('parameter');
  });

  test('values of one query name are joined with a comma, whatever its case', async () => {
    const { query } = (await (await get('echo?A=1&a=2&b=&d=x%20y+z')).json()) as { query: string[][] };
    expect(query).toEqual([
      ['a', '1,2'],
      ['b', ''],
      ['d', 'x y z'],
    ]);
  });

  test('a body of announced length reaches the function, a chunked one does not', async () => {
    expect(await (await get('length', { method: 'POST', body: 'hello' })).json()).toEqual({ bytes: 5 });
    expect(await postChunked(`${host.url}/api/length`, 'hello')).toEqual({ bytes: 0 });
  });

  test('a body over 100 MiB answers 500 and closes the connection', async () => {
    const response = await announceBody(`${host.url}/api/length`, 100 * 1024 * 1024 + 1);
    expect(response).toEqual({ status: 500, connection: 'close' });
  });

  test.each([
    ['nothing', 204, '', null],
    ['object', 200, '', null],
    ['bodyText', 200, 'text', 'text/plain;charset=UTF-8'],
    ['bodyObject', 200, '[object Object]', 'text/plain;charset=UTF-8'],
    ['json', 200, '{"a":1}', 'application/json'],
    ['status', 201, 'x', 'text/plain;charset=UTF-8'],
    ['text', 500, '', null],
    ['badStatus', 500, '', null],
  ])('what a handler returns becomes the answer: %s', async (what, status, body, contentType) => {
    const response = await get(`returns/${what}`);
    expect(response.headers.get('content-type')).toBe(contentType);
    expect(await shape(response)).toEqual({ status, body });
  });

  test('headers and cookies go out as the real host writes them', async () => {
    expect((await get('returns/headers')).headers.get('x-multi')).toBe('a,b');
    expect((await get('returns/cookies')).headers.getSetCookie()).toEqual([
      'a=1; max-age=60; path=/; samesite=lax; httponly',
      'b=2%203; path=/',
    ]);
    expect((await get('nosuch')).headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('a handler that throws answers 500 without a body, and the error is logged', async () => {
    expect(await shape(await get('throws?secret=1'))).toEqual({ status: 500, body: '' });
    expect(lines.filter((line) => line.includes('boom')).join('\n')).toMatch(/^error GET \/api\/throws: Error: boom/);
  });

  test('a timer function is called at its times with its schedule', async () => {
    await clock.advance(5 * 60_000);
    await clock.advance(5 * 60_000);
    const ticks = (await (await get('ticks')).json()) as unknown[];
    expect(ticks).toHaveLength(2);
    expect(ticks[1]).toMatchObject({
      schedule: { adjustForDST: true },
      scheduleStatus: { last: '2026-01-01T00:05:00.000Z', next: '2026-01-01T00:10:00.000Z' },
      isPastDue: false,
    });
  });
});

test('access keys stay the same over restarts when they are kept in a file, which its owner alone reads', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'functions-host-'));
  const options = { appDirectory, settings: { TASKHUB_NAME: 'Hub' }, keysFile: path.join(directory, 'keys.json') };
  try {
    const first = await startFunctionsHost(options);
    await first.stop();
    const second = await startFunctionsHost(options);
    await second.stop();
    expect(second.keys).toEqual(first.keys);
    expect((await stat(options.keysFile)).mode & 0o777).toBe(0o600);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a stop lets the function under way finish, durable client and all, and refuses new calls', async () => {
  const log = new EventEmitter();
  const holding = once(log, 'holding a request');
  const host = await startFunctionsHost({
    appDirectory,
    settings: { TASKHUB_NAME: 'Hub' },
    log: (line) => void log.emit(line.replace('info ', '')),
  });
  const answer = fetch(`${host.url}/api/hold`, { method: 'POST' });
  await holding;
  const stopped = host.stop();
  expect((await fetch(`${host.url}/api/echo`)).status).toBe(503);
  held.release();
  expect(await (await answer).json()).toEqual({ started: 'held' });
  await stopped;
  await expect(fetch(`${host.url}/api/echo`)).rejects.toThrow('fetch failed');
});

describe('an app that cannot be served stops the host with the reason', () => {
  const imports = "import { app } from '@azure/functions'; import * as df from 'durable-functions';";
  const handler = 'handler: () => ({})';
  test.each([
    ['throws while loading', "throw new Error('load failed');", 'load failed'],
    ['no functions', '', 'registered no function'],
    ['one name twice', `app.http('a', { authLevel: 'anonymous', ${handler} }); app.http('a', { ${handler} });`, '"a"'],
    ['an unknown level', `app.http('a', { authLevel: 'user', ${handler} });`, "no authLevel 'user'"],
    ['an entity', "df.app.entity('counter', () => undefined);", 'entityTrigger'],
    ['a queue trigger', `app.storageQueue('q', { queueName: 'q', connection: 'c', ${handler} });`, 'queueTrigger'],
    ['a bad schedule', `app.timer('t', { schedule: 'nonsense', ${handler} });`, "'nonsense' is not a schedule"],
    ['an unknown constraint', `app.http('a', { authLevel: 'anonymous', route: '{id:odd}', ${handler} });`, "'odd'"],
    [
      'one route twice',
      `app.http('a', { authLevel: 'anonymous', route: 'x', ${handler} }); app.http('b', { authLevel: 'anonymous', route: 'X', ${handler} });`,
      "defined by function 'a'",
    ],
  ])('%s', async (_, code, reason) => {
    // Inside the project, so that the app finds its libraries.
    const directory = await mkdtemp(path.join(import.meta.dirname, '../fixtures/broken-app-'));
    try {
      await writeFile(path.join(directory, 'package.json'), '{ "type": "module", "main": "index.mjs" }');
      await writeFile(path.join(directory, 'host.json'), '{ "version": "2.0" }');
      await writeFile(path.join(directory, 'index.mjs'), `${imports}\n${code}`);
      await expect(startFunctionsHost({ appDirectory: directory })).rejects.toThrow(reason);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('no host.json', async () => {
    await expect(startFunctionsHost({ appDirectory: tmpdir() })).rejects.toThrow('host.json');
  });
});

function postChunked(url: string, body: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', headers: { 'transfer-encoding': 'chunked' } }, (response) => {
      response.setEncoding('utf8').on('data', (text: string) => resolve(JSON.parse(text)));
    });
    request.on('error', reject).end(body);
  });
}

/** Announces a body, sends nothing of it, and waits for the answer. */
function announceBody(url: string, length: number): Promise<{ status: number; connection: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', headers: { 'content-length': length } }, (response) => {
      resolve({ status: response.statusCode ?? 0, connection: response.headers.connection ?? '' });
      request.destroy();
    });
    request.on('error', reject).flushHeaders();
  });
}
