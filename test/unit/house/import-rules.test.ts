import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const program = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');

// The layout of the project in which every rule is broken, some of them several times.
const broken: readonly (readonly [rule: string, file: string, imports: string])[] = [
  ['no-cycles', 'shared/cycle.ts', "import { cycled } from './cycled.ts'; export const cycle = cycled;"],
  ['no-cycles', 'shared/circle.ts', "import type { Circled } from './circled.ts'; export type Circle = Circled;"],
  ['no-unresolved', 'shared/lost.ts', "import { gone } from './gone.ts'; export const lost = gone;"],
  ['pure-domain', 'shared/pure-file.ts', "import { readFileSync } from 'node:fs'; export const x = readFileSync;"],
  [
    'pure-domain',
    'shared/pure-sdk.ts',
    "import { TableClient } from '@azure/data-tables'; export const x = TableClient;",
  ],
  [
    'pure-domain',
    'shared/pure-type.ts',
    "import type { TableClient } from '@azure/data-tables'; export type X = TableClient;",
  ],
  ['pure-domain', 'shared/pure-gateway.ts', "import { store } from './setup/store.ts'; export const x = store;"],
  [
    'orchestrators-are-deterministic',
    'orchestrators/io.ts',
    "import { readFileSync } from 'node:fs'; export const x = readFileSync;",
  ],
  [
    'orchestrators-are-deterministic',
    'orchestrators/bare.ts',
    "import { hostname } from 'os'; export const x = hostname;",
  ],
  [
    'orchestrators-are-deterministic',
    'orchestrators/sdk.ts',
    "import { TableClient } from '@azure/data-tables'; export const x = TableClient;",
  ],
  [
    'orchestrators-are-deterministic',
    'orchestrators/settings.ts',
    "import { config } from '../shared/config.ts'; export const x = config;",
  ],
  [
    'orchestrators-are-deterministic',
    'orchestrators/store.ts',
    "import { store } from '../shared/setup/store.ts'; export const x = store;",
  ],
  [
    'orchestrators-are-deterministic',
    'orchestrators/work.ts',
    "import { work } from './activities/work.ts'; export const x = work;",
  ],
  [
    'activities-take-services',
    'orchestrators/activities/client.ts',
    "import { TableClient } from '@azure/data-tables'; export const x = TableClient;",
  ],
  [
    'activities-take-services',
    'orchestrators/activities/config.ts',
    "import { config } from '../../shared/config.ts'; export const x = config;",
  ],
  [
    'handlers-know-no-activities',
    'functions/handler.ts',
    "import { work } from '../orchestrators/activities/work.ts'; export const x = work;",
  ],
  ['cli-needs-no-service', 'cli/settings.ts', "import { config } from '../shared/config.ts'; export const x = config;"],
  [
    'nothing-imports-local',
    'functions/local-mode.ts',
    "import { endpoint } from '../local/endpoint.ts'; export const x = endpoint;",
  ],
  [
    'nothing-imports-local',
    'shared/config-test.ts',
    "import type { Help } from '../test/support/help.ts'; export type X = Help;",
  ],
  [
    'production-runs-on-node-22',
    'functions/database.ts',
    "import { DatabaseSync } from 'node:sqlite'; export const x = DatabaseSync;",
  ],
  [
    'host-knows-only-the-built-entry',
    'local/host/peek.ts',
    "import { clean } from '../../shared/clean.ts'; export const x = clean;",
  ],
  [
    'endpoints-know-no-product',
    'local/service-bus/peek.ts',
    "import { clean } from '../../shared/clean.ts'; export const x = clean;",
  ],
  ['no-dev-dependencies-in-production', 'functions/dev.ts', "import { create } from 'rhea'; export const x = create;"],
  ['no-dev-dependencies-in-production', 'functions/stray.ts', "import { stray } from 'stray'; export const x = stray;"],
];

const allowed: readonly (readonly [file: string, content: string])[] = [
  ['shared/clean.ts', "import { z } from 'zod'; export const clean = z;"],
  // A cycle is reported once, at its other end.
  ['shared/cycled.ts', "import { cycle } from './cycle.ts'; export const cycled = cycle;"],
  ['shared/circled.ts', "import type { Circle } from './circle.ts'; export type Circled = Circle;"],
  ['shared/config.ts', 'export const config = 1;'],
  [
    'shared/durable.ts',
    "import type { Context } from 'durable-functions'; export const call = (context: Context) => context;",
  ],
  ['shared/setup/store.ts', "import { TableClient } from '@azure/data-tables'; export const store = TableClient;"],
  [
    'orchestrators/clean.ts',
    "import type { Context } from 'durable-functions'; import { call } from '../shared/durable.ts'; import { clean } from '../shared/clean.ts'; export const run = (context: Context) => [call(context), clean];",
  ],
  [
    'orchestrators/activities/work.ts',
    "import type { TableClient } from '@azure/data-tables'; export const work = (table: TableClient) => table;",
  ],
  ['functions/index.ts', "import { work } from '../orchestrators/activities/work.ts'; export const all = work;"],
  [
    'local/endpoint.ts',
    "import { DatabaseSync } from 'node:sqlite'; import { create } from 'rhea'; export const endpoint = [DatabaseSync, create];",
  ],
  ['test/support/help.ts', "import { endpoint } from '../../local/endpoint.ts'; export type Help = typeof endpoint;"],
];

const packages = {
  dependencies: ['@azure/data-tables', 'durable-functions', 'zod'],
  devDependencies: ['rhea'],
  unlisted: ['stray'],
} as const;

const reportSchema = z.object({
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string(), severity: z.string() }) })),
  }),
});

let directory: string;
let violations: z.infer<typeof reportSchema>['summary']['violations'];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'import-rules-'));
  const versions = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, '1.0.0']));
  const { dependencies, devDependencies, unlisted } = packages;
  await put(
    'package.json',
    JSON.stringify({
      type: 'module',
      dependencies: versions(dependencies),
      devDependencies: versions(devDependencies),
    }),
  );
  for (const name of [...dependencies, ...devDependencies, ...unlisted]) {
    await put(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    await put(`node_modules/${name}/index.js`, '');
  }
  await copyFile(join(repository, '.dependency-cruiser.cjs'), join(directory, '.dependency-cruiser.cjs'));
  for (const [, file, content] of broken) await put(file, content);
  for (const [file, content] of allowed) await put(file, content);
  violations = await cruise();
}, 60_000);

afterAll(() => rm(directory, { recursive: true }));

async function put(file: string, content: string): Promise<void> {
  await mkdir(dirname(join(directory, file)), { recursive: true });
  await writeFile(join(directory, file), content);
}

async function cruise() {
  const args = [program, 'cli', 'functions', 'orchestrators', 'shared', 'local', 'test', '--output-type', 'json'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: directory });
  if (stdout === '') throw new Error(stderr);
  return reportSchema.parse(JSON.parse(stdout)).summary.violations;
}

test.each(broken)('%s is broken by %s', (rule, file) => {
  expect(violations).toContainEqual({ from: file, rule: { name: rule, severity: 'error' } });
});

test.each(allowed)('no rule is broken by %s', (file) => {
  expect(violations.filter(({ from }) => from === file)).toEqual([]);
});

test('every rule is broken above', () => {
  const configuration: unknown = createRequire(import.meta.url)(join(repository, '.dependency-cruiser.cjs'));
  const { forbidden } = z.object({ forbidden: z.array(z.object({ name: z.string() })) }).parse(configuration);
  expect(new Set(broken.map(([rule]) => rule))).toEqual(new Set(forbidden.map(({ name }) => name)));
});
