import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { EventType, type HistoryEvent } from '../../../local/host/durable/history.ts';
import { startFunctionsHost, type FunctionsHost } from '../../../local/host/server.ts';

/** Versions of orchestrations: which ones an app takes, and which ones new orchestrations get. */
const appDirectory = path.join(import.meta.dirname, '../fixtures/functions-app');
const PREFIX = 'AzureFunctionsJobHost__extensions__durableTask__';

let host: FunctionsHost;
let lines: string[];
afterEach(() => host.stop());

async function startHost(settings: Readonly<Record<string, string>>): Promise<void> {
  lines = [];
  const named = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`${PREFIX}${name}`, value]));
  const log = (line: string): void => void lines.push(line);
  host = await startFunctionsHost({ appDirectory, settings: { TASKHUB_NAME: 'Hub', ...named }, log });
}

/** Starts an orchestration with the durable client inside the app, and lets it go as far as it goes. */
async function run(name: string, version?: string): Promise<{ status: string; output: unknown }> {
  const id = `${name}-${version ?? 'default'}`;
  const body = JSON.stringify([name, { instanceId: id, version }]);
  expect((await fetch(`${host.url}/api/client/startNew`, { method: 'POST', body })).status).toBe(200);
  for (;;) {
    const { status = '', output = null } = host.histories().find((instance) => instance.id === id) ?? {};
    const waits = lines.some((line) => line.startsWith(`warn durable: ${id} has the version`));
    if (waits || ['Completed', 'Failed'].includes(status)) {
      return { status, output: output === null ? null : JSON.parse(output) };
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('orchestrations and sub-orchestrations get the default version unless they name another', async () => {
  await startHost({ defaultVersion: '1.0' });
  expect(await run('versioned')).toEqual({ status: 'Completed', output: '1.0' });
  expect(await run('versioned', '0.9')).toEqual({ status: 'Completed', output: '0.9' });
  expect(await run('versionedParent')).toEqual({ status: 'Completed', output: ['1.0', '0.5', '0.5', '0.5'] });
});

test('a sub-orchestration is told the version of its parent', async () => {
  await startHost({ defaultVersion: '1.0' });
  await run('versionedParent', '0.9');
  const parents = host.histories().flatMap(({ events }) => events.flatMap(parentOf));
  expect(parents.map(({ Name, Version }) => [Name, Version])).toEqual(
    Array.from({ length: 4 }, () => ['versionedParent', '0.9']),
  );
});

function parentOf(event: HistoryEvent) {
  return event.EventType === EventType.ExecutionStarted && event.ParentInstance !== null ? [event.ParentInstance] : [];
}

test.each(['1.1', '2.0', '10.0', 'beta'])('a newer version waits for an app that takes it: %s', async (version) => {
  await startHost({ defaultVersion: '1.0' });
  expect(await run('versioned', version)).toEqual({ status: 'Pending', output: null });
});

test('numbers are compared as such', async () => {
  await startHost({ defaultVersion: '10.0' });
  expect(await run('versioned', '9.1')).toMatchObject({ status: 'Completed' });
});

test('Strict takes the default version only', async () => {
  await startHost({ defaultVersion: '1.0', versionMatchStrategy: 'Strict' });
  expect(await run('versioned', '0.9')).toMatchObject({ status: 'Pending' });
  expect(await run('versioned')).toMatchObject({ status: 'Completed' });
});

test('None takes every version', async () => {
  await startHost({ defaultVersion: '1.0', versionMatchStrategy: 'None' });
  expect(await run('versioned', '2.0')).toEqual({ status: 'Completed', output: '2.0' });
});

test('Fail ends an orchestration whose version does not fit', async () => {
  await startHost({ defaultVersion: '1.0', versionFailureStrategy: 'Fail' });
  const { status, output } = await run('versioned', '2.0');
  expect([status, output]).toEqual(['Failed', expect.stringContaining('did not comply with Worker Versioning')]);
});
