import { parseArgs } from 'node:util';
import { startFunctionsHost } from './server.ts';

/**
 * Runs a function app in this process until SIGTERM, SIGINT, or the end of the parent that has an IPC channel to it. The
 * environment is the app's settings. Prints log lines, and `ready <url>` when requests are answered.
 */
const { values } = parseArgs({
  options: {
    app: { type: 'string' },
    port: { type: 'string', default: '0' },
    history: { type: 'string' },
  },
});
if (values.app === undefined) throw new Error('Usage: main.ts --app DIRECTORY [--port NUMBER] [--history FILE]');

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const host = await startFunctionsHost({
  appDirectory: values.app,
  port: Number(values.port),
  ...(values.history === undefined ? {} : { historyFile: values.history }),
  log: print,
});

let stopping = false;

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await host.stop();
  process.exit(0);
}

process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());
process.once('disconnect', () => void stop());
print(`ready ${host.url}`);
