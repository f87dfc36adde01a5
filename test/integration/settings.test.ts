import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startFunctionsHostProcess } from '../../local/stack/functions-host.ts';
import { hostKind } from '../support/host-kind.ts';

/** Starts the built app with settings, which it must not take; tells why it does not start. */
async function refusal(settings: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'settings-'));
  const log = (): void => undefined;
  try {
    const options = { kind: hostKind, appDirectory: process.cwd(), port: 0, settings, directory, log };
    const host = await startFunctionsHostProcess(options);
    await host.stop();
    return 'It starts.';
  } catch (error) {
    return String(error);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('an app with a misspelt setting stops at start and names it', async () => {
  expect(await refusal({ MIGRATION_EVENT_TOPIK: 'setup-events' })).toContain('MIGRATION_EVENT_TOPIK');
});

test('an app without its settings stops at start and names them, and the place in the sources', async () => {
  const reason = await refusal({});
  expect(reason).toContain('MIGRATION_STATE_TABLE_ENDPOINT is missing');
  expect(reason).toMatch(/at readSettings .*shared\/config\.ts:\d+/);
});
