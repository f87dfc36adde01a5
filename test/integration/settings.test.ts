import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const program = ['local/host/main.ts', '--app', process.cwd()];

/** Starts the built app with settings and waits for its end. */
function startWith(settings: Readonly<Record<string, string>>) {
  const { status, stderr } = spawnSync(process.execPath, program, { env: settings, encoding: 'utf8', timeout: 60_000 });
  return { status, stderr };
}

test('an app with a misspelt setting stops at start and names it', () => {
  const { status, stderr } = startWith({ MIGRATION_EVENT_TOPIK: 'setup-events' });
  expect(status).not.toBe(0);
  expect(stderr).toContain('MIGRATION_EVENT_TOPIK');
});

test('an app without its settings stops at start and names them', () => {
  const { status, stderr } = startWith({});
  expect(status).not.toBe(0);
  expect(stderr).toContain('MIGRATION_STATE_TABLE_ENDPOINT is missing');
});
