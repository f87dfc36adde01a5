import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { assemble } from '../../../infra/package/package.ts';

/** What is deployed and released, packed, and installed as by a stranger: in an empty folder, far from this project. */
const root = path.join(import.meta.dirname, '../../..');
const node22 = path.join(root, 'node_modules/node-22/node_modules/node/bin/node');
const run = promisify(execFile);
const packedSchema = z.tuple([z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })]);

const billSchema = z.object({
  components: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      properties: z.array(z.object({ name: z.string() })).optional(),
    }),
  ),
});

let folder: string;
let files: string[];
let installed: string;
let host: ChildProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'packed-'));
  const empty = path.join(folder, 'empty');
  await mkdir(empty);
  assemble(path.join(folder, 'publish'));
  const [packed] = packedSchema.parse(JSON.parse(await npm(folder, 'pack', './publish', '--json')));
  files = packed.files.map((file) => file.path);
  await npm(empty, 'install', path.join(folder, packed.filename), '--omit=dev', '--offline', '--no-audit', '--no-fund');
  installed = path.join(empty, 'node_modules/cloud-migration-setup');
});
afterAll(async () => {
  host?.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

/** Without a prefix, the npm that runs the tests says that it is this project. */
async function npm(cwd: string, ...args: readonly string[]): Promise<string> {
  const options = { cwd, shell: process.platform === 'win32' };
  const { stdout } = await run('npm', [...args, '--prefix', cwd], options);
  return stdout;
}

test('has the build, what the host reads, the licences, and nothing else', () => {
  // What is loaded later has files of its own, which the bundler names.
  const code = globSync('*.js', { cwd: path.join(root, 'dist') }).map((file) => `dist/${file}`);
  expect(code).toEqual(expect.arrayContaining(['dist/cli.js', 'dist/main.js', 'dist/telemetry.js']));
  const packedMaps = files.filter((file) => file.endsWith('.js.map'));
  expect(packedMaps).toEqual(expect.arrayContaining(['dist/cli.js.map', 'dist/main.js.map', 'dist/telemetry.js.map']));
  expect(packedMaps.filter((file) => !code.includes(file.slice(0, -'.map'.length)))).toEqual([]);
  const scripts = globSync('**/*.sql', { cwd: path.join(root, 'shared/sql') }).map((file) =>
    file.split(path.sep).join('/'),
  );
  expect(files.toSorted()).toEqual(
    [
      'LICENSE',
      'host.json',
      'package.json',
      'dist/licenses.md',
      ...code,
      ...packedMaps,
      ...scripts.map((file) => `dist/${file}`),
    ].toSorted(),
  );
});

test('says under which licence each package is that it holds', async () => {
  const licenses = await readFile(path.join(installed, 'dist/licenses.md'), 'utf8');
  for (const name of ['@azure/functions', 'durable-functions', 'mssql', 'tedious', 'commander', 'zod']) {
    expect(licenses).toMatch(new RegExp(`^## ${name} - .* \\(MIT\\)$`, 'm'));
  }
});

test('holds no package that the bill of materials does not name', async () => {
  const licenses = await readFile(path.join(installed, 'dist/licenses.md'), 'utf8');
  const held = [...licenses.matchAll(/^## (\S+) - (\S+) \(/gm)].map(([, name = '', version]) => `${name}@${version}`);
  const { components } = billSchema.parse(JSON.parse(await npm(root, 'run', '--silent', 'sbom')));
  const isForDevelopment = ({ properties = [] }: (typeof components)[number]) =>
    properties.some(({ name }) => name === 'cdx:npm:package:development');
  const named = new Set(
    components.filter((one) => !isForDevelopment(one)).map(({ name, version }) => `${name}@${version}`),
  );
  expect(held.length).toBeGreaterThan(100);
  expect(held.filter((one) => !named.has(one))).toEqual([]);
});

test('needs no other package', async () => {
  const manifest = z.looseObject({}).parse(JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8')));
  expect(Object.keys(manifest).filter((name) => /dependencies|scripts/i.test(name))).toEqual([]);
});

test('answers HTTP on Node 22', async () => {
  expect((await run(node22, ['--version'])).stdout).toMatch(/^v22\./);
  const url = await startHost();
  const checks = await fetch(`${url}/api/checks?api-version=2026-11-01`);
  expect(checks.status).toBe(200);
  expect(await checks.json()).toHaveProperty('value.0.id');
});

// The worker of Azure puts its module in the way of `require`; the local host also in that of `import`.
test('is loaded as the worker of Azure loads it', async () => {
  const worker = path.join(folder, 'worker.cjs');
  await writeFile(
    worker,
    `const { Module } = require('node:module');
    const functions = [];
    const core = {
      version: '3', hostVersion: '4', log() {}, setProgrammingModel() {}, getProgrammingModel() {},
      registerHook: () => ({}), registerFunction: (metadata) => functions.push(metadata.name), Disposable: class {},
    };
    Module.prototype.require = new Proxy(Module.prototype.require, {
      apply: (target, self, args) => args[0] === '@azure/functions-core' ? core : Reflect.apply(target, self, args),
    });
    import(process.argv[2]).then(() => { console.log(functions.join()); process.exit(); });`,
  );
  const main = pathToFileURL(path.join(installed, 'dist/main.js')).href;
  const { stdout } = await run(node22, [worker, main], { env: await sampleSettings() });
  expect(stdout.split(',')).toEqual(expect.arrayContaining(['putSetup', 'selectFactory', 'settleSetups']));
});

test('is a command on Node 22', async () => {
  const { stdout } = await run(node22, [path.join(installed, 'dist/cli.js'), 'assess', '--help'], { cwd: folder });
  expect(stdout).toContain('--source <connection string>');
});

async function sampleSettings(): Promise<Record<string, string>> {
  const { Values } = z
    .object({ Values: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await readFile(path.join(root, 'local.settings.sample.json'), 'utf8')));
  return Values;
}

/** Starts the local host with what was installed. @returns its address */
async function startHost(): Promise<string> {
  const settings = await sampleSettings();
  const args = [path.join(root, 'local/host/main.ts'), '--app', installed, '--port', '0'];
  const history = path.join(folder, 'history.db');
  const child = spawn(node22, [...args, '--history', history, '--keys', path.join(folder, 'keys.json')], {
    cwd: folder,
    env: { ...settings, PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  host = child;
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith('ready ')) return line.slice('ready '.length);
  }
  throw new Error(`The host has ended: ${errors}`);
}
