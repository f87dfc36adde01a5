import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** What `npm start` and `npm run demo` do with their options, in the folder of a small app. */
const root = path.join(import.meta.dirname, '../../..');
const fixtures = path.join(root, 'test/contract/fixtures');

let directory: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  // Inside the project, so that the app finds its libraries.
  directory = await mkdtemp(path.join(fixtures, 'started-app-'));
  await cp(path.join(fixtures, 'stack-app'), directory, { recursive: true });
  await cp(path.join(root, 'exec.cmd'), path.join(directory, 'exec.cmd'));
  const { scripts } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const here = (script = ''): string => script.replaceAll('local/', `${root}/local/`);
  const manifest = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8')) as object;
  const build = `echo the app is built && node --eval "fs.mkdirSync('dist', { recursive: true })"`;
  const changed = { ...manifest, scripts: { start: here(scripts['start']), demo: here(scripts['demo']), build } };
  await writeFile(path.join(directory, 'package.json'), JSON.stringify(changed));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGTERM');
  await rm(directory, { recursive: true });
});

function npm(script: string, args: readonly string[], searched = process.env['PATH']): ChildProcess {
  const env = { ...process.env, PATH: searched };
  // On Windows npm is a .cmd file, which only a shell runs.
  const shell = process.platform === 'win32';
  const child = spawn('npm', ['run', '--silent', script, '--', ...args], { cwd: directory, env, stdio: 'pipe', shell });
  children.push(child);
  return child;
}

async function outcome(child: ChildProcess): Promise<{ code: unknown; output: string }> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = (await once(child, 'close')) as unknown[];
  return { code, output };
}

test.each(['start', 'demo'])('npm run %s tells its options and starts nothing', async (script) => {
  const { code, output } = await outcome(npm(script, ['--help']));
  expect(code).toBe(0);
  expect(output).toMatch(/^Options:\n {2}--host local\|func .*\n {2}--port NUMBER .*\n$/);
});

test('a port that is taken is named before anything is built', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  expect(await outcome(npm('start', ['--port', String(port)]))).toEqual({
    code: 1,
    output: `Another program listens on port ${port}. Stop it, or choose another port with --port.\n`,
  });
  other.close();
});

test('the stack ends with npm', async () => {
  const child = npm('start', ['--port', '0']);
  if (child.stdout === null) throw new Error('npm has no output.');
  for await (const line of createInterface({ input: child.stdout })) if (line === 'the app is built') break;
  child.kill('SIGTERM');
  // Its output stays open for as long as there is anybody who could write.
  await once(child, 'close');
});

test('the demo ends with a failure when its setup is not accepted', async () => {
  const standIn = path.join(directory, 'func');
  await writeFile(standIn, `#!${process.execPath}\nimport(${JSON.stringify(path.join(fixtures, 'func.ts'))});\n`);
  await chmod(standIn, 0o755);
  const searched = `${directory}${path.delimiter}${process.env['PATH']}`;
  const { code, output } = await outcome(npm('demo', ['--host', 'func'], searched));
  expect(code).toBe(1);
  expect(output).toContain('It was answered 404');
}, 180_000);
