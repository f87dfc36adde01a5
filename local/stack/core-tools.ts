/**
 * Runs a function app with Azure Functions Core Tools, `func` of the PATH, as `host/main.ts` runs it with the local host:
 * the environment is the app's settings; prints `ready <url>` when the app answers, and ends at SIGTERM or when the
 * parent is gone.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { freePort } from './process/free-port.ts';

const CORE_TOOLS = 'func';
const OLDEST_VERSION = 4;
const INSTALL =
  'https://learn.microsoft.com/azure/azure-functions/functions-run-local#install-the-azure-functions-core-tools';
const POLL_MS = 250;
// The npm package installs a .cmd file there, which only a shell runs.
const isWindows = process.platform === 'win32';

try {
  await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

async function run(): Promise<void> {
  const { values } = parseArgs({ options: { app: { type: 'string' }, port: { type: 'string', default: '0' } } });
  if (values.app === undefined) throw new Error('Usage: core-tools.ts --app DIRECTORY [--port NUMBER]');
  await requireCoreTools();
  const port = values.port === '0' ? await freePort() : Number(values.port);
  const func = spawn(CORE_TOOLS, ['start', '--port', String(port)], {
    cwd: values.app,
    env: { ...process.env, FUNCTIONS_WORKER_RUNTIME: 'node', FUNCTIONS_CORE_TOOLS_TELEMETRY_OPTOUT: '1' },
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: isWindows,
  });
  let stopping = false;
  func.once('exit', (code) => {
    if (!stopping) process.stderr.write(`func has ended with code ${code}.\n`);
    process.exit(stopping ? 0 : 1);
  });
  process.once('exit', () => signal(func, 'SIGKILL'));
  process.on('SIGINT', () => {
    stopping = true;
  });
  process.once('SIGTERM', () => {
    stopping = true;
    signal(func, 'SIGINT');
  });
  await untilServing(`http://localhost:${port}/admin`);
  process.stdout.write(`ready http://localhost:${port}\n`);
}

async function requireCoreTools(): Promise<void> {
  const version = await coreToolsVersion();
  const major = Number(/^(\d+)\./m.exec(version)?.[1]);
  if (major >= OLDEST_VERSION) return;
  throw new Error(
    `Azure Functions Core Tools ('func') on the PATH are version ${version.trim()}; version ${OLDEST_VERSION} is needed: ${INSTALL}`,
  );
}

async function coreToolsVersion(): Promise<string> {
  try {
    return (await promisify(execFile)(CORE_TOOLS, ['--version'], { shell: isWindows })).stdout;
  } catch (cause) {
    throw new Error(
      `Azure Functions Core Tools ('func') cannot be run: they must be on the PATH. Install them (${INSTALL}), or start without '--host func'.`,
      { cause },
    );
  }
}

/** Core Tools answer while the app is still being loaded, and run without functions when it could not be. */
async function untilServing(adminUrl: string): Promise<void> {
  for (let state = await stateOf(adminUrl); state !== 'Running'; state = await stateOf(adminUrl)) {
    if (state === 'Error') throw new Error('Core Tools cannot run the app, for the reason in the lines before.');
    await delay(POLL_MS);
  }
  const functions = (await (await fetch(`${adminUrl}/functions`)).json()) as readonly unknown[];
  if (functions.length > 0) return;
  throw new Error('Core Tools found no function: the app could not be loaded, for the reason in the lines before.');
}

async function stateOf(adminUrl: string): Promise<string | undefined> {
  const response = await fetch(`${adminUrl}/host/status`).catch(() => undefined);
  return response?.ok === true ? ((await response.json()) as { readonly state?: string }).state : undefined;
}

/** As a terminal does it, to the whole group of this process: `func` may be a script that runs the program. */
function signal(func: ChildProcess, name: NodeJS.Signals): void {
  if (func.exitCode !== null || func.signalCode !== null) return;
  if (isWindows) func.kill(name);
  else process.kill(0, name);
}
