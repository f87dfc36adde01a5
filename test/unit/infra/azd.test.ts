import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { infraText } from '../../support/infra/infra-files.ts';

const text = (name: string) => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');
const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(text('package.json')));
const azure = text('azure.yaml');

test('what azd runs is a command of the project', () => {
  const run = [...azure.matchAll(/npm run (?:--silent )?(\S+)(?: (\w+))?/g)].map(([, script = '', step]) => ({
    script,
    step,
  }));
  expect(run.filter(({ script }) => scripts[script] === undefined)).toEqual([]);
  const steps = [...infraText('entra/main.ts').matchAll(/^ {2}(\w+): (?:async )?\(/gm)].map(([, step]) => step);
  expect(new Set(run.filter(({ script }) => script === 'entra').map(({ step }) => step))).toEqual(new Set(steps));
});

test('every system has every hook', () => {
  expect(azure.match(/^ +posix:$/gm)).toHaveLength(4);
  expect(azure.match(/^ +windows:$/gm)).toHaveLength(4);
});

test('every parameter is explained, and set by the name under which it is explained', () => {
  const parameters = infraText('main.bicepparam').match(/(?<=readEnvironmentVariable\(')MIGRATION_\w+/g) ?? [];
  const ofHooks = azure.match(/(?<=azd env set )MIGRATION_\w+/g) ?? [];
  const explained = text('docs/deployment.md').match(/(?<=^\| `)MIGRATION_\w+(?=`)/gm) ?? [];
  expect(new Set([...explained, ...ofHooks])).toEqual(new Set(parameters));
});
