import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * Where Node keeps what it has compiled. The processes of the tests, and those that they start, load the same modules, such as
 * the SDKs of Azure and Azurite: what one has compiled, the others need not compile again.
 */
const COMPILE_CACHE = join(import.meta.dirname, 'node_modules/.cache/compiled');

/**
 * The folders of contract tests that share processes: loading modules, and optimising the code of PostgreSQL, costs more than
 * most of these tests do. The others use what a process has only once, such as the app that it hosts.
 */
const SHARING = [
  'api',
  'data-factory',
  'orphans',
  'replays',
  'retention',
  'service-bus',
  'sql-server',
  'stack',
  'state',
  'waits',
].map((folder) => `test/contract/${folder}/**/*.test.ts`);

/** The settings of a project: which files, which of them not, and how long one test may take. */
interface Settings {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly timeoutMs: number;
  /** Whether each file gets a process of its own. */
  readonly isolate?: boolean;
}

function project(name: string, settings: Settings) {
  const { include = [`test/${name}/**/*.test.ts`], exclude = [], timeoutMs, isolate = false } = settings;
  return {
    test: {
      name,
      include: [...include],
      exclude: [...exclude],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      isolate,
      setupFiles: isolate ? [] : ['test/support/functions-core.ts'],
      // Few objects outlive a request: with more room for new ones there is less to collect.
      execArgv: ['--max-semi-space-size=64'],
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      project('unit', { timeoutMs: 5_000 }),
      project('replay', { timeoutMs: 10_000 }),
      project('contract', { timeoutMs: 60_000, exclude: SHARING, isolate: true }),
      project('contract-sharing', { timeoutMs: 60_000, include: SHARING }),
      project('world', { timeoutMs: 300_000 }),
      project('integration', { timeoutMs: 120_000 }),
    ],
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE },
    maxWorkers: 2,
    reporters: ['default'],
  },
});
