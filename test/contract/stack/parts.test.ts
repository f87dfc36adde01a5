import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startFunctionsHostProcess } from '../../../local/stack/functions-host.ts';
import { RunningParts } from '../../../local/stack/process/running-parts.ts';

describe('running parts', () => {
  function part(name: string, stopped: string[]) {
    return {
      async stop() {
        stopped.push(name);
      },
    };
  }

  test('stop in the reverse order, those too that were still starting when another had failed', async () => {
    const running = new RunningParts();
    const stopped: string[] = [];
    const starter = new EventEmitter();
    const late = once(starter, 'started').then(() => part('second', stopped));
    const first = running.add(Promise.resolve(part('first', stopped)));
    const second = running.add(late);
    const failing = running.add(Promise.reject(new Error('no port')));

    await expect(Promise.all([first, second, failing])).rejects.toThrow('no port');
    const stopping = running.stop();
    starter.emit('started');
    await stopping;
    expect(stopped).toEqual(['second', 'first']);
  });

  test('are all stopped when one cannot be, and its error is reported', async () => {
    const running = new RunningParts();
    const stopped: string[] = [];
    const stuck = { stop: () => Promise.reject(new Error('stuck')) };
    await running.add(Promise.resolve(part('first', stopped)));
    await running.add(Promise.resolve(stuck));
    await expect(running.stop()).rejects.toMatchObject({ errors: [new Error('stuck')] });
    expect(stopped).toEqual(['first']);
  });
});

test('an app that cannot be loaded stops the host, which says why', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'stack-parts-'));
  const starting = startFunctionsHostProcess({
    appDirectory: directory,
    port: 0,
    settings: {},
    directory,
    log: () => undefined,
  });
  await expect(starting).rejects.toThrow(/did not become ready[^]*host\.json/);
  await rm(directory, { recursive: true });
});
