import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';

const main = path.join(import.meta.dirname, '../../../local/host/main.ts');
const appDirectory = path.join(import.meta.dirname, '../fixtures/functions-app');

let directory: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'functions-host-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

/** A host process; `onLine` gets each line that it prints. */
function startChild(onLine: (line: string) => void = () => undefined, app = appDirectory) {
  const args = [main, '--app', app, '--port', '0', '--history', path.join(directory, 'history.db')];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, TASKHUB_NAME: 'Hub' },
  });
  children.push(child);
  const exited = once(child, 'exit');
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ready = new Promise<string>((resolve, reject) => {
    void exited.then(() => reject(new Error(`The host has ended: ${errors}`)));
    if (child.stdout === null) throw new Error('The output of the host is not piped.');
    createInterface(child.stdout).on('line', (line) => {
      if (line.startsWith('ready ')) resolve(line.slice('ready '.length));
      onLine(line);
    });
  });
  // A child that is killed before it is ready is what some tests want.
  ready.catch(() => undefined);
  return { child, ready, exited, errors: () => errors };
}

async function post(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  expect(response.ok).toBe(true);
  return response.json();
}

test('what was accepted survives the death of the host; activities run at least once', async () => {
  const notes = new Set<string>();
  const killAfter = (limit: number) => {
    let seen = 0;
    return (line: string) => {
      if (!line.startsWith('info note ')) return;
      notes.add(line);
      seen += 1;
      if (seen === limit) children.at(-1)?.kill('SIGKILL');
    };
  };
  const ids = Array.from({ length: 30 }, (_, index) => `noting-${index}`);

  const first = startChild(killAfter(40));
  const url = await first.ready;
  const starts = ids.map((id) => post(`${url}/api/start/noting/${id}`, null).then(() => id));
  const accepted = (await Promise.allSettled(starts)).flatMap((start) =>
    start.status === 'fulfilled' ? [start.value] : [],
  );
  expect(accepted).not.toEqual([]);
  expect(await first.exited).toEqual([null, 'SIGKILL']);

  const second = startChild(killAfter(10));
  expect(await second.exited).toEqual([null, 'SIGKILL']);

  const third = startChild(killAfter(Infinity));
  const newUrl = await third.ready;
  const wait = { timeoutInMilliseconds: 30_000, retryIntervalInMilliseconds: 200 };
  const waits = accepted.map((id) =>
    post(`${newUrl}/api/client/waitForCompletionOrCreateCheckStatusResponse`, [undefined, id, wait]),
  );
  await Promise.all(waits);
  for (const id of accepted) {
    const { answer } = (await post(`${newUrl}/api/client/getStatus`, [id])) as { answer: object };
    expect(answer).toMatchObject({ runtimeStatus: 'Completed', output: 5 });
  }
  const expected = accepted.flatMap((id) => [1, 2, 3, 4, 5].map((n) => `info note ${id}-${n}`));
  expect(expected.filter((note) => !notes.has(note))).toEqual([]);
  third.child.kill('SIGTERM');
  expect(await third.exited).toEqual([0, null]);
});

test('the host ends by itself when its parent is gone', async () => {
  const { child, ready, exited } = startChild();
  await ready;
  child.disconnect();
  expect(await exited).toEqual([0, null]);
});

test('an app that cannot be served ends the process with the reason', async () => {
  // Inside the project, so that the app finds its libraries.
  const app = await mkdtemp(path.join(import.meta.dirname, '../fixtures/broken-app-'));
  try {
    await writeFile(path.join(app, 'package.json'), '{ "type": "module", "main": "index.mjs" }');
    await writeFile(path.join(app, 'host.json'), '{ "version": "2.0" }');
    const handler = "app.http('a', { authLevel: 'anonymous', handler: () => ({}) });";
    const code = `import { app } from '@azure/functions'; app.setup({ enableHttpStream: true }); ${handler}`;
    await writeFile(path.join(app, 'index.mjs'), code);
    const { exited, errors } = startChild(undefined, app);
    expect(await exited).toEqual([1, null]);
    expect(errors()).toContain('The local host does not support HTTP streaming');
  } finally {
    await rm(app, { recursive: true });
  }
});
