import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../local/endpoint/clock.ts';
import { startFunctionsHost, type FunctionsHost } from '../../../local/host/server.ts';
import { appExceptions, appRequestExceptions, countRecordings, exceptionFor } from '../../recordings/exceptions.ts';
import { curl } from '../fixtures/curl.ts';

/** Small apps, some of them broken, that the real host was given; what it answered, and what this one says instead. */
interface RecordedApp {
  readonly files: Readonly<Record<string, string>>;
  readonly requests: readonly {
    readonly request: string;
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }[];
}

const file = path.join(import.meta.dirname, '../../recordings/functions-host/app-cases.json');
const apps = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, RecordedApp>>;
const names = Object.keys(apps);

test('the recordings are complete', () => {
  expect(countRecordings(appExceptions, names)).toEqual({ reproduced: 6, different: 14, unsupported: 2 });
});

/** The settings of the recorded app, where they matter. */
const SETTINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  disabled: { 'AzureWebJobs.off.Disabled': 'true' },
  cron5: { MYCRON: '0_0_0_*_*_*' },
};

// Headers with which an answer is sent by its server on its own account.
const TELLING = ['content-type', 'content-length', 'transfer-encoding', 'x-content-type-options'];

describe('an app is served as by the real host', () => {
  const reproduced = names.filter((name) => exceptionFor(appExceptions, name) === undefined);
  test.each(reproduced)('%s', async (name) => {
    await withApp(name, async (host) => {
      for (const { request, status, headers, body } of apps[name]?.requests ?? []) {
        if (exceptionFor(appRequestExceptions, request) !== undefined) continue;
        const answer = await curl(host.url, request);
        // One recording goes on with a transcript of other requests.
        const firstBody = body.split('\n$ curl')[0];
        const lower = Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value] as const);
        const telling = Object.fromEntries(lower.filter(([header]) => TELLING.includes(header)));
        const received = Object.fromEntries(TELLING.flatMap((header) => [[header, answer.headers[header]]]));
        expect({ request, ...answer, headers: received }).toMatchObject({
          request,
          status,
          headers: telling,
          body: firstBody,
        });
      }
    });
  });
});

describe('an app that is not served stops the host with the reason', () => {
  test.each([
    ['badconstraint', /does not know the constraint 'nosuch' of the route 'api\/x\/\{id:nosuch\}'/],
    ['badcron', /Function 't': 'nonsense' is not a schedule/],
    ['badhost', /host\.json is not valid JSON: .* Correct the file\./],
    ['badname', /'bad name!' is not a valid function name/],
    ['badroute', /does not understand '\{id' in the route 'api\/x\/\{id'/],
    ['cron5', /Function 'env': '0_0_0_\*_\*_\*' is not a schedule/],
    ['dupname', /cannot be loaded: index\.js: A function with id "ok" has already been registered/],
    ['duproute', /Function 'b': the route conflicts with the route defined by function 'a'/],
    ['nofuncs', /has registered no function/],
    ['nomain', /No file matches "index\.js", the "main" of .*package\.json\. Build the app, or correct it\./],
    ['reserved', /Function 'r': the route 'admin\/x' belongs to the host/],
    ['retry', /Function 'rt': the local host does not support retry policies/],
    ['syntaxerr', /cannot be loaded: index\.js: Unexpected token/],
    ['throwload', /cannot be loaded: index\.js: load failed/],
  ])('%s', async (name, reason) => {
    await expect(withApp(name, () => undefined)).rejects.toThrow(reason);
  });
});

test('requests over the limits of host.json wait for their turn, or are turned away', async () => {
  await withApp('hostcfg', async (host) => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => curl(host.url, '/v1/x/slow')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(refused).toHaveLength(3);
    expect(refused[0]?.headers['x-function-scaleout']).toBe('1');
    expect(refused[0]?.headers).not.toHaveProperty('x-content-type-options');
  });
});

/** Runs the app in a folder inside the project, so that it finds its libraries. */
async function withApp(name: string, use: (host: FunctionsHost) => Promise<void> | void): Promise<void> {
  const directory = await mkdtemp(path.join(import.meta.dirname, '../fixtures/recorded-small-app-'));
  try {
    for (const [each, text] of Object.entries(apps[name]?.files ?? {}))
      await writeFile(path.join(directory, each), text);
    const settings = SETTINGS[name] ?? {};
    const host = await startFunctionsHost({ appDirectory: directory, settings, clock: new VirtualClock() });
    try {
      await use(host);
    } finally {
      await host.stop();
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}
