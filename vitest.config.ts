import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * Where Node keeps what it has compiled. The processes of the tests, and those that they start, load the same modules, such as
 * the SDKs of Azure and Azurite: what one has compiled, the others need not compile again.
 */
const COMPILE_CACHE = join(import.meta.dirname, 'node_modules/.cache/compiled');

/**
 * Folders whose tests share processes: loading modules, and optimising the code of the SDKs and of PostgreSQL, costs more than
 * most of these tests do. The other contract tests use what a process has only once, such as the app that it hosts.
 */
const TOGETHER = [
  ...[
    'api',
    'cli',
    'data-factory',
    'orphans',
    'replays',
    'retention',
    'service-bus',
    'sql-server',
    'stack',
    'state',
    'waits',
  ].map((folder) => `contract/${folder}`),
  'integration',
  'world',
].map(testsIn);

/** The settings of a project: which files, which of them not, and how long one test may take. */
interface Settings {
  readonly include: readonly string[];
  readonly exclude?: readonly string[];
  readonly timeoutMs: number;
  /** Whether each file gets a process of its own. */
  readonly isolate?: boolean;
}

function testsIn(folder: string): string {
  return `test/${folder}/**/*.test.ts`;
}

function project(name: string, { include, exclude = [], timeoutMs, isolate = false }: Settings) {
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
    // They run in the order of their names: short ones last, which fill the time of the process that has ended first.
    projects: [
      project('alone', { timeoutMs: 60_000, include: [testsIn('contract')], exclude: TOGETHER, isolate: true }),
      project('replay', { timeoutMs: 10_000, include: [testsIn('replay')] }),
      project('together', { timeoutMs: 300_000, include: TOGETHER }),
      project('unit', { timeoutMs: 5_000, include: [testsIn('unit')] }),
    ],
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE },
    // One more than CI has cores: some tests wait for what takes real time, and for processes that they have started.
    maxWorkers: 3,
    reporters: ['default'],
  },
});
