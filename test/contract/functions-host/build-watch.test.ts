import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { restartOnBuild } from '../../../local/stack/process/build-watch.ts';
import { startFunctionsHostProcess } from '../../../local/stack/functions-host.ts';

test('the app runs from each new build that can be run, at the same address', async () => {
  // Inside the project, so that the app finds its libraries.
  const directory = await mkdtemp(path.join(import.meta.dirname, '../fixtures/watched-app-'));
  const folder = path.join(directory, 'dist');
  const build = (code: string): Promise<void> => writeFile(path.join(folder, 'index.mjs'), code);
  const answering = (text: string): Promise<void> =>
    build(`import { app } from '@azure/functions'; app.http('a', { handler: () => ({ body: '${text}' }) });`);
  const lines = new EventEmitter();
  const log = (line: string): void => void lines.emit(line.split(/[.;]/)[0] ?? '', line);
  try {
    await mkdir(folder);
    await writeFile(path.join(directory, 'package.json'), '{ "type": "module", "main": "dist/index.mjs" }');
    await writeFile(path.join(directory, 'host.json'), '{ "version": "2.0" }');
    await answering('first');
    const options = { appDirectory: directory, port: 0, settings: {}, directory };
    const host = await startFunctionsHostProcess({ ...options, log });
    const watch = restartOnBuild({ folder, host, log });
    try {
      const failed = once(lines, 'The new build cannot be run');
      await build("throw new Error('half a build');");
      expect(String(await failed)).toContain('half a build');
      const restarted = once(lines, 'The app runs from the new build');
      await answering('second');
      await restarted;
      expect(await (await fetch(`${host.url}/api/a`)).text()).toBe('second');
    } finally {
      await watch.end();
      await host.stop();
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});
