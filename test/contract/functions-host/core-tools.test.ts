import { BlobServiceClient } from '@azure/storage-blob';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startFunctionsHostProcess } from '../../../local/stack/functions-host.ts';
import { memoryOfProcesses } from '../../../local/stack/process/process-memory.ts';
import { startStack } from '../../../local/stack/stack.ts';

/** Core Tools cannot be had everywhere: a stand-in on the PATH records how it is started. */
interface Started {
  readonly args: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly processId: number;
  readonly ended?: string;
}

const appDirectory = path.join(import.meta.dirname, '../fixtures/stack-app');
const standIn = new URL('../fixtures/func.ts', import.meta.url);
const searched = process.env['PATH'];

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'core-tools-'));
});
afterEach(async () => {
  process.env['PATH'] = searched;
  await rm(directory, { recursive: true });
});

async function putOnPath(): Promise<void> {
  const file = path.join(directory, 'func');
  await writeFile(file, `#!${process.execPath}\nimport(${JSON.stringify(standIn.href)});\n`);
  await chmod(file, 0o755);
  process.env['PATH'] = `${directory}${path.delimiter}${searched}`;
}

function recorded(): Started {
  return JSON.parse(readFileSync(path.join(directory, 'record.json'), 'utf8')) as Started;
}

function megabytesOf(processId: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))?.[1]) / 1024;
}

function start(settings: Readonly<Record<string, string>> = {}, lines: string[] = []) {
  return startFunctionsHostProcess({
    kind: 'func',
    appDirectory,
    port: 0,
    settings: { STAND_IN_RECORD: path.join(directory, 'record.json'), ...settings },
    directory: path.join(directory, 'shared'),
    log: (line) => void lines.push(line),
  });
}

test('func is started in the folder of the app, with the settings as environment, and ended as by Ctrl-C', async () => {
  await putOnPath();
  const host = await start({ SOME_SETTING: 'some value' });
  const { port } = new URL(host.url);
  expect(recorded()).toMatchObject({
    args: ['start', '--port', port],
    directory: appDirectory,
    environment: { SOME_SETTING: 'some value', FUNCTIONS_WORKER_RUNTIME: 'node' },
  });
  expect(host.managementUrl('instances', { top: '1' }).href).toBe(
    `${host.url}/runtime/webhooks/durabletask/instances?top=1`,
  );
  await host.stop();
  expect(recorded().ended).toBe('SIGINT');
  await expect(fetch(host.url)).rejects.toThrow('fetch failed');
});

test('func starts again at the same port', async () => {
  await putOnPath();
  const host = await start();
  await host.stop();
  await host.start();
  expect((await fetch(`${host.url}/admin/host/status`)).status).toBe(200);
  await host.stop();
});

test('a crash takes func along, and it can be started again', async () => {
  await putOnPath();
  const host = await start();
  await host.kill();
  // At the same port, which an orphan would hold.
  await host.start();
  await host.stop();
  expect(recorded().ended).toBe('SIGINT');
});

test.each([
  ['cannot be run', { STAND_IN_STATE: 'Error' }, 'Core Tools cannot run the app'],
  ['could not be loaded', { STAND_IN_FUNCTIONS: '[]' }, 'Core Tools found no function'],
])('an app that %s is not ready', async (_what, settings, reason) => {
  await putOnPath();
  await expect(start(settings)).rejects.toThrow(reason);
});

test('without func on the PATH the start fails with what to install', async () => {
  process.env['PATH'] = directory;
  await expect(start()).rejects.toThrow(/'func'\) cannot be run: they must be on the PATH\. Install them \(https:/);
});

test('an older func is refused with its version', async () => {
  await putOnPath();
  await expect(start({ STAND_IN_VERSION: '3.0.4899' })).rejects.toThrow(/are version 3\.0\.4899; version 4 is needed/);
});

test('the stack runs with func: the same settings, and storage for the runtime', async () => {
  await putOnPath();
  const settings = { STAND_IN_RECORD: path.join(directory, 'record.json') };
  const stack = await startStack({ hostKind: 'func', appDirectory, settings });
  try {
    const { environment } = recorded();
    expect(environment).toMatchObject(stack.settings);
    const storage = BlobServiceClient.fromConnectionString(environment['AzureWebJobsStorage'] ?? '');
    expect((await storage.createContainer('locks')).containerClient.containerName).toBe('locks');
    const memory = new Map((await memoryOfProcesses()).map(({ name, megabytes }) => [name, megabytes]));
    expect([...memory.keys()].toSorted()).toEqual(['host', 'stack', 'storage', 'together']);
    // The launcher and func, which need about the same.
    expect(memory.get('host')).toBeGreaterThan(1.5 * megabytesOf(recorded().processId));
  } finally {
    await stack.stop();
  }
}, 120_000);
