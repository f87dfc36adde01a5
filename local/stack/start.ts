/** Builds the app, starts everything and keeps it up until Ctrl-C. `--help` tells the options. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { restartOnBuild } from './process/build-watch.ts';
import { buildApp } from './build-app.ts';
import { readCommandLine } from './command-line.ts';
import { guideOf } from './guide.ts';
import { startStack } from './stack.ts';
import { stopOnSignal } from './process/stop-on-signal.ts';

// As Azure Functions Core Tools.
const DEFAULT_PORT = 7071;

try {
  await start();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function start(): Promise<void> {
  const options = readCommandLine(process.argv.slice(2), DEFAULT_PORT);
  if (options === undefined) return;
  const { hostKind, port: hostPort } = options;
  const appDirectory = process.cwd();
  const log = (line: string): void => console.log(line);

  await requireFreePort(hostPort);
  buildApp(appDirectory);
  const stack = await startStack({ hostKind, appDirectory, hostPort, log });
  const stopping = new AbortController();
  stopOnSignal(stack, stopping);
  // Core Tools look after that themselves.
  if (hostKind === 'local') {
    const watch = restartOnBuild({ folder: join(appDirectory, 'dist'), host: stack.host, log });
    stopping.signal.addEventListener('abort', () => void watch.end());
  }

  console.log(`\n${guideOf(stack)}\n\nCtrl-C stops all of it.`);
}

/** Before the build: a stack that runs already would take it up. */
async function requireFreePort(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new Error(`Another program listens on port ${port}. Stop it, or choose another port with --port.`, { cause });
  }
  server.close();
  await once(server, 'close');
}
