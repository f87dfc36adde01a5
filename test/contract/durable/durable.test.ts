import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../local/endpoint/clock.ts';
import { startFunctionsHost, type FunctionsHost, type InstanceHistory } from '../../../local/host/server.ts';

const appDirectory = path.join(import.meta.dirname, '../fixtures/functions-app');
const DAY = 86_400_000;
const ENDS = new Set(['Completed', 'Failed', 'Terminated']);

let host: FunctionsHost;
let clock: VirtualClock;
let lines: string[];

beforeAll(async () => {
  clock = new VirtualClock();
  lines = [];
  host = await startFunctionsHost({
    appDirectory,
    settings: {
      TASKHUB_NAME: 'Hub',
      AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions: '4',
    },
    clock,
    log: (line) => void lines.push(line),
  });
});
afterAll(() => host.stop());

async function post(target: string, body: unknown): Promise<Response> {
  return fetch(`${host.url}/api/${target}`, { method: 'POST', body: JSON.stringify(body) });
}

/** Calls a method of the durable client inside the app. */
async function client(method: string, ...args: unknown[]): Promise<{ answer?: unknown; error?: string }> {
  return (await (await post(`client/${method}`, args)).json()) as { answer?: unknown; error?: string };
}

async function start(name: string, id: string, input: unknown = null): Promise<string> {
  const links = (await (await post(`start/${name}/${id}`, input)).json()) as { statusQueryGetUri: string };
  return links.statusQueryGetUri;
}

function find(id: string): InstanceHistory | undefined {
  return host.histories().find((instance) => instance.id === id);
}

/** Lets the host work until an instance is as wished; the time limit of the test ends a vain wait. */
async function until(id: string, isAsWished: (instance: InstanceHistory) => boolean): Promise<InstanceHistory> {
  for (;;) {
    const instance = find(id);
    if (instance !== undefined && isAsWished(instance)) return instance;
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function untilEnd(id: string): Promise<{ status: string; output: unknown }> {
  const { status, output } = await until(id, (instance) => ENDS.has(instance.status));
  return { status, output: output === null ? null : JSON.parse(output) };
}

async function run(name: string, input: unknown = null): Promise<{ status: string; output: unknown }> {
  await start(name, `run-${name}`, input);
  return untilEnd(`run-${name}`);
}

const types = (id: string): number[] => find(id)?.events.map((event) => event.EventType) ?? [];

describe('orchestrations', () => {
  test.each([
    ['chain', ['Hello Tokyo!', 'Hello Seattle!', 'Hello London!']],
    ['fanOut', ['Hello 1!', 'Hello 2!', 'Hello 3!', 'Hello 4!', 'Hello 5!']],
    ['catching', "Error: Orchestrator function 'failing' failed: Activity function 'fail' failed: boom \"x\""],
    [
      'parent',
      [
        { greeting: 'Hello a!', parent: 'run-parent' },
        { greeting: 'Hello b!', parent: 'run-parent' },
      ],
    ],
    [
      'inputs',
      [
        { type: 'undefined' },
        { type: 'undefined' },
        { type: 'string', input: 'text' },
        { type: 'number', input: 0 },
        { type: 'string', input: 'False' },
        { type: 'object', input: { a: [1] } },
      ],
    ],
  ])('run to their result: %s', async (name, output) => {
    expect(await run(name)).toEqual({ status: 'Completed', output });
  });

  test('events are kept turn by turn, what is scheduled numbered from 0', async () => {
    await start('chain', 'numbered');
    await untilEnd('numbered');
    expect(types('numbered')).toEqual([12, 0, 4, 13, 12, 5, 4, 13, 12, 5, 4, 13, 12, 5, 1, 13]);
    expect(
      find('numbered')
        ?.events.map(({ EventId }) => EventId)
        .filter((id) => id >= 0),
    ).toEqual([0, 1, 2, 3]);
  });

  test('a failed activity fails its orchestration with its message', async () => {
    const { status, output } = await run('failing');
    expect(status).toBe('Failed');
    expect(output).toMatch(/^Orchestrator function 'failing' failed: Activity function 'fail' failed: boom "x" \n {/);
  });

  test('code that no longer matches the history fails the instance and says how they differ', async () => {
    expect(await run('changing')).toEqual({
      status: 'Failed',
      output:
        "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled an activity task with sequence number 0 named 'hello', but the current orchestration replay instead scheduled an activity task named 'echoInput' with this sequence number.  Was a change made to the orchestrator code after this instance had already started running?",
    });
  });

  test('what the host does not support fails the orchestration by name', async () => {
    const output = "Orchestrator function 'calling' failed: The local host does not support callHttp";
    expect(await run('calling')).toEqual({ status: 'Failed', output });
  });

  test('an activity that does not exist is waited for, with a warning', async () => {
    await start('lost', 'lost');
    await until('lost', ({ status }) => status === 'Running');
    expect(types('lost')).toEqual([12, 0, 13]);
    expect(lines.filter((line) => line.includes('lost'))).toEqual([
      "warn durable: lost calls the activity 'noSuchActivity', which does not exist, and waits for it for ever",
    ]);
  });

  test('of two sub-orchestrations with one id the first runs, the second is waited for with a warning', async () => {
    await start('namesakes', 'family');
    const answered = ({ events }: InstanceHistory): boolean => events.some(({ EventType }) => EventType === 8);
    const { status, events } = await until('family', answered);
    expect(status).toBe('Running');
    expect(events.filter(({ EventType }) => EventType === 8)).toMatchObject([{ TaskScheduledId: 0 }]);
    expect(find('family.child')).toMatchObject({ status: 'Completed', input: '"a"' });
    expect(lines.filter((line) => line.includes('family'))).toEqual([
      "warn durable: family calls a sub-orchestrator as 'family.child', an id that is in use, and waits for it for ever",
    ]);
  });

  test('continueAsNew starts a new history with numbers from 0', async () => {
    expect(await run('counting', 0)).toEqual({ status: 'Completed', output: 3 });
    expect(types('run-counting')).toEqual([12, 0, 13, 4, 13, 12, 5, 1, 13]);
  });
});

describe('time', () => {
  test('an activity is retried at growing intervals', async () => {
    await start('retrying', 'retry');
    await until('retry', ({ events }) => events.some(({ EventType }) => EventType === 10));
    await clock.advance(60_000);
    await until('retry', ({ events }) => events.filter(({ EventType }) => EventType === 10).length === 2);
    await clock.advance(119_999);
    expect(types('retry').filter((type) => type === 11)).toHaveLength(1);
    await clock.advance(1);
    expect(await untilEnd('retry')).toEqual({ status: 'Completed', output: 3 });
  });

  test('a long timer runs in segments of three days', async () => {
    await start('sleeping', 'sleep');
    for (const segments of [1, 2, 3]) {
      await until('sleep', ({ events }) => events.filter(({ EventType }) => EventType === 10).length === segments);
      await clock.advance(segments === 3 ? 4 * DAY : 3 * DAY);
    }
    expect(await untilEnd('sleep')).toEqual({ status: 'Completed', output: 'awake' });
  });

  test('a long timer can be cancelled in its first segment; later the code does not fit the history any more', async () => {
    for (const id of ['soon', 'late-cancel']) {
      await start('waitingLong', id);
      await until(id, ({ status }) => status === 'Running');
    }
    await client('raiseEvent', 'soon', 'approval', 1);
    expect(await untilEnd('soon')).toEqual({ status: 'Completed', output: true });
    await clock.advance(3 * DAY);
    await until('late-cancel', ({ events }) => events.filter(({ EventType }) => EventType === 10).length === 2);
    await client('raiseEvent', 'late-cancel', 'approval', 1);
    const { status, output } = await untilEnd('late-cancel');
    expect([status, String(output)]).toEqual(['Failed', expect.stringContaining('scheduled a timer task')]);
  });

  test('data larger than other storage providers take passes, with a warning', async () => {
    expect(await run('large')).toMatchObject({ status: 'Completed' });
    const warned = lines.filter((line) => line.startsWith('warn durable: run-large '));
    expect(warned.map((line) => /run-large (.*?) \d/.exec(line)?.[1])).toEqual([
      'calls echoInput with',
      'has received',
      'ends with',
    ]);
  });

  test('a wait ends with its timer when no event comes', async () => {
    await start('waiting', 'late');
    await until('late', ({ status }) => status === 'Running');
    await clock.advance(DAY);
    expect(await untilEnd('late')).toEqual({ status: 'Completed', output: 'timeout' });
  });
});

describe('the durable client', () => {
  test('reads the status, with history on demand', async () => {
    await start('waiting', 'read', { a: 1 });
    await until('read', ({ status }) => status === 'Running');
    const status = (await client('getStatus', 'read', { showInput: true })).answer;
    expect(status).toMatchObject({
      name: 'waiting',
      runtimeStatus: 'Running',
      input: { a: 1 },
      customStatus: { waiting: true },
    });
    expect((await client('getStatus', 'nobody')).error).toContain('HTTP 404');
    const { historyEvents } = (await (await fetch(`${await start('chain', 'shown')}&showHistory=true`)).json()) as {
      historyEvents: unknown[];
    };
    expect(historyEvents).toBeInstanceOf(Array);
  });

  test('raises events, which end the wait at once although the cancelled timer is not due', async () => {
    await start('waiting', 'event');
    await until('event', ({ status }) => status === 'Running');
    expect(await client('raiseEvent', 'event', 'approval', { by: 'me' })).toEqual({ answer: null });
    expect(await untilEnd('event')).toEqual({ status: 'Completed', output: { approved: { by: 'me' } } });
    expect((await client('raiseEvent', 'nobody', 'approval', 1)).error).toContain(
      "No instance with ID 'nobody' found.",
    );
  });

  test('an event raised before the start of the wait is kept for it', async () => {
    await start('waiting', 'early');
    await client('raiseEvent', 'early', 'approval', 'soon');
    expect(await untilEnd('early')).toEqual({ status: 'Completed', output: { approved: 'soon' } });
  });

  test('suspends and resumes: what arrives meanwhile takes effect afterwards', async () => {
    await start('waiting', 'pause');
    await until('pause', ({ status }) => status === 'Running');
    await client('suspend', 'pause', 'lunch');
    await until('pause', ({ status }) => status === 'Suspended');
    expect((await client('getStatus', 'pause')).answer).toMatchObject({ runtimeStatus: 'Suspended', output: 'lunch' });
    expect((await client('suspend', 'pause', 'again')).error).toContain('instance is in the Suspended state');
    await client('raiseEvent', 'pause', 'approval', 1);
    await until('pause', ({ events }) => events.some(({ EventType }) => EventType === 15));
    expect(find('pause')?.status).toBe('Suspended');
    await client('resume', 'pause', 'back');
    expect(await untilEnd('pause')).toEqual({ status: 'Completed', output: { approved: 1 } });
  });

  test('terminates with a reason', async () => {
    await start('waiting', 'end');
    await until('end', ({ status }) => status === 'Running');
    await client('terminate', 'end', 'enough');
    expect(await untilEnd('end')).toEqual({ status: 'Terminated', output: 'enough' });
  });

  test('does not start a second instance under the id of a running one, but does after its end', async () => {
    await start('waiting', 'twice');
    await until('twice', ({ status }) => status === 'Running');
    expect((await client('startNew', 'chain', { instanceId: 'twice' })).error).toContain('409');
    await client('terminate', 'twice', 'end');
    await untilEnd('twice');
    expect(await client('startNew', 'chain', { instanceId: 'twice' })).toEqual({ answer: 'twice' });
    expect(await untilEnd('twice')).toMatchObject({ status: 'Completed' });
  });

  test('purges what has ended and nothing else', async () => {
    await start('waiting', 'purge');
    await until('purge', ({ status }) => status === 'Running');
    expect((await client('purgeInstanceHistory', 'purge')).error).toContain('412');
    await client('terminate', 'purge', 'end');
    await untilEnd('purge');
    expect(await client('purgeInstanceHistory', 'purge')).toEqual({ answer: { instancesDeleted: 1 } });
    expect(find('purge')).toBeUndefined();
    expect(await client('purgeInstanceHistory', 'purge')).toEqual({ answer: { instancesDeleted: 0 } });
  });

  test('lists by status', async () => {
    await run('failing');
    const failed = (await client('getStatusBy', { runtimeStatus: ['Failed'] })).answer as { runtimeStatus: string }[];
    expect(new Set(failed.map(({ runtimeStatus }) => runtimeStatus))).toEqual(new Set(['Failed']));
    const all = (await client('getStatusAll')).answer as unknown[];
    expect(all.length).toBeGreaterThan(failed.length);
  });

  test('an unknown orchestrator is accepted and then fails', async () => {
    expect(await client('startNew', 'noSuch', { instanceId: 'unknown' })).toEqual({ answer: 'unknown' });
    const { status, output } = await untilEnd('unknown');
    expect(status).toBe('Failed');
    expect(output).toMatch(/^Orchestrator function 'noSuch' failed: The function 'noSuch' doesn't exist, is disabled/);
  });
});

describe('a function with a durable client as an extra input', () => {
  test('is an activity: it starts, raises events, terminates, asks and purges', async () => {
    await start('managing', 'manager');
    await until('manager', ({ events }) => events.some(({ EventType }) => EventType === 10));
    await clock.advance(60_000);
    expect(await untilEnd('manager')).toEqual({
      status: 'Completed',
      output: [
        ['Completed', { approved: 'theirs' }, { instancesDeleted: 1 }],
        ['Terminated', 'no use', { instancesDeleted: 1 }],
      ],
    });
    expect([find('manager.started'), find('manager.doomed')]).toEqual([undefined, undefined]);
  });

  test('is a timer', async () => {
    const headers = { 'content-type': 'application/json', 'x-functions-key': host.keys.master };
    await fetch(`${host.url}/admin/functions/starting`, { method: 'POST', headers, body: '{}' });
    expect((await until('started-by-timer', ({ status }) => ENDS.has(status))).status).toBe('Completed');
  });
});

describe('the management API', () => {
  const api = async (link: string, replacement: string, init?: RequestInit): Promise<Response> =>
    fetch(link.replace(/instances\/[^?]*/, replacement), init);

  test('wants the key of its links', async () => {
    const link = await start('chain', 'keyed');
    expect((await fetch(link)).status).not.toBe(401);
    const locked = await fetch(link.replace(/code=[^&]*/, 'code=wrong'));
    expect([locked.status, locked.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const rpc = `${host.url}/durabletask/instances/keyed`;
    expect((await fetch(rpc)).status).toBe(404);
  });

  test('answers 202 with where to look again while an instance runs, 200 afterwards', async () => {
    const link = await start('waiting', 'poll');
    const running = await fetch(link);
    expect([running.status, running.headers.get('location'), running.headers.get('retry-after')]).toEqual([
      202,
      link,
      '5',
    ]);
    await client('terminate', 'poll', 'end');
    await untilEnd('poll');
    expect((await fetch(link)).status).toBe(200);
  });

  test('pages through a list', async () => {
    await Promise.all(['page-1', 'page-2', 'page-3'].map((id) => start('chain', id)));
    const link = await start('chain', 'other');
    const first = await api(`${link}&instanceIdPrefix=page-&top=2`, 'instances');
    const ids = async (response: Response) =>
      ((await response.json()) as { instanceId: string }[]).map(({ instanceId }) => instanceId);
    expect(await ids(first)).toEqual(['page-1', 'page-2']);
    const headers = { 'x-ms-continuation-token': first.headers.get('x-ms-continuation-token') ?? '' };
    const second = await api(`${link}&instanceIdPrefix=page-&top=2`, 'instances', { headers });
    expect(await ids(second)).toEqual(['page-3']);
    expect(second.headers.get('x-ms-continuation-token')).toBe('');
  });

  test.each([
    ['instances/refused/raiseEvent/go', 'POST', '', 400],
    ['instances/refused/raiseEvent', 'POST', '1', 404],
    ['instances/refused/fly', 'POST', '1', 404],
    ['instances/refused', 'PUT', '1', 404],
    ['instances/nobody/terminate', 'POST', '', 404],
    ['instances/nobody/rewind', 'POST', '', 404],
    ['instances/nobody/restart', 'POST', '', 400],
    ['instances', 'DELETE', '', 400],
    ['orchestrators/chain/a%2Fb', 'POST', '1', 404],
    ['orchestrators/chain/bad', 'POST', '{bad', 400],
    ['entities/counter/k', 'POST', '1', 501],
    ['nothing', 'GET', '', 404],
  ])('refuses %s %s', async (target, method, body, status) => {
    const link = await start('chain', 'refused');
    const response = await api(link, target, { method, ...(body === '' ? {} : { body }) });
    expect(response.status).toBe(status);
    await untilEnd('refused');
  });
});
