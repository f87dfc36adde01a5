import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** How the host process is told what to do, and what it says when something is wrong that a person has to put right. */
const main = path.join(import.meta.dirname, '../../../local/host/main.ts');
const app = path.join(import.meta.dirname, '../fixtures/functions-app');

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'functions-host-'));
});
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

interface Run {
  readonly app?: string;
  readonly args?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  /** Limit of the size of a file, in blocks of 512 bytes. */
  readonly fileLimit?: number;
  readonly onReady?: (url: string) => void;
}

/** Runs the host until it ends. */
async function run({ app: appDirectory = app, args = [], settings = {}, fileLimit, onReady }: Run) {
  const command = [process.execPath, main, '--app', appDirectory, ...args];
  const limited = ['sh', '-c', `ulimit -f ${fileLimit}; exec "$0" "$@"`, ...command];
  const [program = '', ...rest] = fileLimit === undefined ? command : limited;
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      TASKHUB_NAME: 'Hub',
      ...settings,
    },
  });
  children.push(child);
  const ended = once(child, 'exit');
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('ready ')) onReady?.(line.slice('ready '.length));
  });
  const [code] = (await ended) as unknown[];
  return { code, errors };
}

describe('an app that cannot be run', () => {
  const handler = "app.http('a', { handler: () => ({}) });";
  test.each([
    [
      'throws at load',
      { code: "throw new Error('no such luck');" },
      /cannot be loaded: index\.mjs: no such luck\n.* at /s,
    ],
    [
      'has two functions of one name',
      { code: `${handler} ${handler}` },
      /function with id "a" has already been registered/,
    ],
    [
      'has no entry file',
      { manifest: '{ "main": "dist/index.js" }' },
      /No file matches "dist\/index\.js".*Build the app/,
    ],
    ['names no entry file', { manifest: '{}' }, /package\.json must be corrected:\n.*must name the built entry file/],
    ['has a broken host.json', { host: '{ "version": "2.0", bad' }, /host\.json is not valid JSON: .*Correct the file/],
    [
      'has a wrong host.json',
      { host: '{ "version": "1.0" }' },
      /host\.json must be corrected:\n.*2\.0.*\n.*at version/,
    ],
    [
      'has encrypted settings',
      { settings: '{ "IsEncrypted": true }' },
      /does not read encrypted settings.*func settings decrypt/,
    ],
    ['has broken settings', { settings: '{ "Values": 1 }' }, /local\.settings\.json must be corrected:\n.*at Values/s],
  ])('%s', async (_, files: Readonly<Record<string, string>>, reason) => {
    // Inside the project, so that the app finds its libraries.
    const broken = await mkdtemp(path.join(import.meta.dirname, '../fixtures/broken-app-'));
    try {
      const { manifest = '{ "type": "module", "main": "index.mjs" }', host = '{ "version": "2.0" }' } = files;
      await writeFile(path.join(broken, 'package.json'), manifest);
      await writeFile(path.join(broken, 'host.json'), host);
      const code = `import { app } from '@azure/functions'; ${files['code'] ?? handler}`;
      await writeFile(path.join(broken, 'index.mjs'), code);
      if (files['settings'] !== undefined) await writeFile(path.join(broken, 'local.settings.json'), files['settings']);
      const { code: exitCode, errors } = await run({ app: broken, args: ['--port', '0'] });
      expect(exitCode).toBe(1);
      expect(errors).toMatch(reason);
    } finally {
      await rm(broken, { recursive: true });
    }
  });
});

test('a port that another program uses is named', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { code, errors } = await run({ args: ['--port', String(port)] });
  other.close();
  expect({ code, errors }).toEqual({
    code: 1,
    errors: `Another program listens on port ${port}. Stop it, or choose another port.\n`,
  });
});

describe('a history that cannot be used is left as it is', () => {
  const withHistory = async (file: string) => run({ args: ['--port', '0', '--history', file] });

  test('no database', async () => {
    const file = path.join(directory, 'notes.txt');
    await writeFile(file, 'These are my notes, and no history. '.repeat(100));
    const { code, errors } = await withHistory(file);
    expect(code).toBe(1);
    expect(errors).toContain(`${file} cannot be used: file is not a database. It is no history of this host.`);
    expect(readFileSync(file, 'utf8')).toMatch(/^These are my notes/);
  });

  test('a damaged one', async () => {
    const file = path.join(directory, 'history.db');
    const database = new DatabaseSync(file);
    database.exec('CREATE TABLE kept (text TEXT)');
    database.prepare('INSERT INTO kept VALUES (?)').run('x'.repeat(100_000));
    database.close();
    const damaged = readFileSync(file).fill(0xff, 4096, 4096 * 5);
    await writeFile(file, damaged);
    const { code, errors } = await withHistory(file);
    expect(code).toBe(1);
    expect(errors).toMatch(
      /history\.db cannot be used: .*It is damaged\. Move it away to begin with an empty history/s,
    );
    expect(readFileSync(file).equals(damaged)).toBe(true);
  });

  test('one in a folder that cannot be written', async () => {
    const folder = path.join(directory, 'folder');
    await mkdir(folder);
    await chmod(folder, 0o500);
    // The rights do not bind the administrator; a folder that is none cannot be written by anybody.
    const file = path.join(process.getuid?.() === 0 ? path.join(main, 'none') : folder, 'history.db');
    const { code, errors } = await withHistory(file);
    expect(code).toBe(1);
    expect(errors).toContain(`${file} cannot be used: unable to open database file. It cannot be opened. Check that`);
  });
});

test('a full disk ends the host; what was acknowledged is kept and goes on when there is room', async () => {
  const file = path.join(directory, 'history.db');
  const accepted: string[] = [];
  const start = async (url: string): Promise<void> => {
    for (let index = 0; ; index += 1) {
      const id = `start-${index}`;
      const answer = await fetch(`${url}/api/start/waiting/${id}`, {
        method: 'POST',
        body: JSON.stringify('x'.repeat(20_000)),
      });
      if (!answer.ok) return;
      accepted.push(id);
    }
  };
  const history = ['--port', '0', '--history', file];
  const ready = (url: string): void => void start(url).catch(() => undefined);
  const { code, errors } = await run({ args: history, fileLimit: 4_000, onReady: ready });
  expect(code).toBe(1);
  expect(errors).toMatch(/history\.db cannot be used: .*(?:The disk is full|Check the disk)/s);
  expect(accepted.length).toBeGreaterThan(10);
  expect(existsSync(file)).toBe(true);

  const { startFunctionsHost } = await import('../../../local/host/server.ts');
  const host = await startFunctionsHost({ appDirectory: app, historyFile: file, settings: { TASKHUB_NAME: 'Hub' } });
  const kept = new Set(host.histories().map(({ id }) => id));
  await host.stop();
  expect(accepted.filter((id) => !kept.has(id))).toEqual([]);
});

test('local.settings.json completes the environment and gives the port', async () => {
  const port = await freePort();
  const own = await mkdtemp(path.join(import.meta.dirname, '../fixtures/settings-app-'));
  try {
    await writeFile(path.join(own, 'package.json'), '{ "type": "module", "main": "index.mjs" }');
    await writeFile(path.join(own, 'host.json'), '{ "version": "2.0" }');
    const Values = { FROM_FILE: 'file', FROM_BOTH: 'file', EMPTY: 'file', NUMBER: 7 };
    const settings = { IsEncrypted: false, Values, ConnectionStrings: { db: 'x=y' }, Host: { LocalHttpPort: port } };
    await writeFile(path.join(own, 'local.settings.json'), JSON.stringify(settings));
    const names = JSON.stringify([...Object.keys(Values), 'ConnectionStrings:db']);
    const code = `import { app } from '@azure/functions';
      const handler = () => ({ jsonBody: ${names}.map((name) => process.env[name]) });
      app.http('a', { handler });
      app.http('end', { handler: () => process.exit(7) });`;
    await writeFile(path.join(own, 'index.mjs'), code);
    const seen: unknown[] = [];
    const ask = async (url: string): Promise<void> => {
      seen.push(url, await (await fetch(`${url}/api/a`)).json());
      await fetch(`${url}/api/end`);
    };
    const onReady = (url: string): void => void ask(url).catch(() => undefined);
    await run({ app: own, settings: { FROM_BOTH: 'environment', EMPTY: '' }, onReady });
    expect(seen).toEqual([`http://localhost:${port}`, ['file', 'environment', 'file', '7', 'x=y']]);
  } finally {
    await rm(own, { recursive: true });
  }
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
