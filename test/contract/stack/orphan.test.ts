import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';

const APP = dirname(fileURLToPath(import.meta.resolve('../fixtures/stack-app/app.ts')));
/** Both children of a stack, without the endpoints that live in its own process. */
const PARENT = `
  const { createCertificateAuthority } = await import('./local/stack/certificates.ts');
  const { startFunctionsHostProcess } = await import('./local/stack/functions-host.ts');
  const { startStorage } = await import('./local/storage/server.ts');
  const [, directory, appDirectory] = process.argv;
  const tls = await (await createCertificateAuthority()).issue();
  const log = (line) => console.log(line);
  await Promise.all([
    startStorage({ tls, directory, log }),
    startFunctionsHostProcess({ appDirectory, port: 0, settings: {}, directory, log }),
  ]);
  console.log('all ready');
`;

function runs(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

test('a stack whose process is killed leaves neither a process nor a directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'stack-orphan-'));
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', PARENT, directory, APP], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    parent.kill('SIGKILL');
  });
  const children: number[] = [];
  for await (const line of createInterface({ input: parent.stdout })) {
    const [, started] = /^process (\d+): /.exec(line) ?? [];
    if (started !== undefined) children.push(Number(started));
    if (line === 'all ready') break;
  }
  expect(children.filter((child) => runs(child))).toHaveLength(2);
  expect(existsSync(directory)).toBe(true);

  const ended = once(parent, 'exit');
  parent.kill('SIGKILL');
  await ended;
  await vi.waitUntil(() => !children.some((child) => runs(child)), { timeout: 10_000 });
  expect(existsSync(directory)).toBe(false);
});
