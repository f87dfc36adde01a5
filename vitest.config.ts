import { defineConfig } from 'vitest/config';

function project(name: string, timeoutMs: number) {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      project('unit', 5_000),
      project('replay', 10_000),
      project('contract', 60_000),
      project('world', 300_000),
      project('integration', 120_000),
    ],
    maxWorkers: 2,
    reporters: ['default'],
  },
});
