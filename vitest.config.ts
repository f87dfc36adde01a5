import { defineConfig } from 'vitest/config';

/** @param isolate whether each file gets modules of its own; those of pure code keep nothing */
function project(name: string, timeoutMs: number, isolate = true) {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      isolate,
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      project('unit', 5_000, false),
      project('replay', 10_000, false),
      project('contract', 60_000),
      project('world', 300_000),
      project('integration', 120_000),
    ],
    maxWorkers: 2,
    reporters: ['default'],
  },
});
