import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

const settingsSchema = z.looseObject({
  options: z.object({ typeAware: z.boolean() }),
  overrides: z.array(z.object({ files: z.array(z.string()), rules: z.record(z.string(), z.unknown()) })),
});

// What an orchestrator must not do, each in a file of its own.
const bans: readonly (readonly [name: string, rule: string, code: string])[] = [
  ['Date', 'globals', 'export const at = Date.now();'],
  ['Date of today', 'globals', 'export const today = new Date();'],
  ['Math', 'globals', 'export const chance = Math.random();'],
  ['Intl', 'globals', 'export const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;'],
  ['crypto', 'globals', 'export const id = crypto.randomUUID();'],
  ['process', 'globals', "export const wait = process.env['MIGRATION_RUNTIME_WAIT_HOURS'];"],
  ['performance', 'globals', 'export const at = performance.now();'],
  ['setTimeout', 'globals', 'setTimeout(() => undefined, 1000);'],
  ['setInterval', 'globals', 'setInterval(() => undefined, 1000);'],
  ['setImmediate', 'globals', 'setImmediate(() => undefined);'],
  ['queueMicrotask', 'globals', 'queueMicrotask(() => undefined);'],
  ['fetch', 'globals', "export const page = fetch('https://example.com');"],
  ['console', 'globals', "console.log('started');"],
  ['globalThis', 'globals', "export const clock = globalThis['Date'];"],
  ['Promise', 'globals', 'export const both = Promise.all([]);'],
  ['node built-in', 'imports', "import { readFileSync } from 'node:fs'; export const read = readFileSync;"],
  ['Azure SDK', 'imports', "import { TableClient } from '@azure/data-tables'; export const client = TableClient;"],
  ['SQL client', 'imports', "import sql from 'mssql'; export const connect = sql.connect;"],
  ['isReplaying', 'properties', 'export const first = (context: Context) => !context.df.isReplaying;'],
  [
    'isReplaying taken apart',
    'properties',
    'export const first = (context: Context) => { const { isReplaying } = context.df; return !isReplaying; };',
  ],
];

const clean = `
import type { OrchestrationContext } from 'durable-functions';

export function* pause(context: OrchestrationContext, seconds: number) {
  const deadline = context.df.currentUtcDateTime;
  deadline.setSeconds(deadline.getSeconds() + seconds);
  yield context.df.createTimer(deadline);
}
`;

const reportSchema = z.object({
  diagnostics: z.array(z.object({ code: z.string(), severity: z.string(), filename: z.string() })),
});

let directory: string;
let settings: z.infer<typeof settingsSchema>;
let diagnostics: z.infer<typeof reportSchema>['diagnostics'];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'determinism-lint-'));
  settings = settingsSchema.parse(JSON.parse(await readFile(join(repository, '.oxlintrc.json'), 'utf8')));
  // None of the rules tried here needs types, and the files import packages that are not there.
  const withoutTypes = { ...settings, options: { typeAware: false } };
  await writeFile(join(directory, '.oxlintrc.json'), JSON.stringify(withoutTypes));
  await mkdir(join(directory, 'orchestrators', 'activities'), { recursive: true });
  for (const [index, [, , code]] of bans.entries()) await writeFile(join(directory, fileOf(index)), code);
  await writeFile(join(directory, 'orchestrators', 'clean.ts'), clean);
  await writeFile(join(directory, 'orchestrators', 'activities', 'work.ts'), 'export const at = Date.now();\n');
  diagnostics = await lint();
}, 60_000);

afterAll(() => rm(directory, { recursive: true }));

function fileOf(index: number): string {
  return `orchestrators/ban-${index}.ts`;
}

function lint() {
  const program = join(repository, 'node_modules/oxlint/bin/oxlint');
  return new Promise<typeof diagnostics>((resolve, reject) => {
    // It ends with code 1 when it finds something, which is what is wanted here.
    execFile(process.execPath, [program, '--format', 'json'], { cwd: directory }, (error, stdout) => {
      if (stdout.startsWith('{')) resolve(reportSchema.parse(JSON.parse(stdout)).diagnostics);
      else reject(new Error(stdout, { cause: error }));
    });
  });
}

test.each(bans.map(([name, rule], index) => [name, rule, index] as const))(
  'in an orchestrator, %s is reported by the restricted %s',
  (_name, rule, index) => {
    expect(diagnostics).toContainEqual({
      code: `eslint(no-restricted-${rule})`,
      severity: 'error',
      filename: fileOf(index),
    });
  },
);

test('an orchestrator that keeps to its tasks passes', () => {
  expect(diagnostics.filter(({ filename }) => filename === 'orchestrators/clean.ts')).toEqual([]);
});

test('activities may use the clock', () => {
  expect(diagnostics.filter(({ filename }) => filename.includes('activities'))).toEqual([]);
});

test('every banned global is tried above', () => {
  const rules = settings.overrides.find(({ files }) => files.includes('orchestrators/*.ts'))?.rules;
  const [, ...banned] = z
    .tuple([z.literal('error')], z.object({ name: z.string() }))
    .parse(rules?.['eslint/no-restricted-globals']);
  const tried = new Set(bans.map(([name]) => name));
  expect(banned.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
});
