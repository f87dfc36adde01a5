import { parseArgs } from 'node:util';
import { LoadFailure } from './function-app.ts';
import { readLocalSettings } from './local-settings.ts';
import { startFunctionsHost } from './server.ts';

/**
 * Runs a function app in this process until SIGTERM, SIGINT, or the end of the parent that has an IPC channel to it. The
 * environment is the app's settings, completed by `local.settings.json`. Prints log lines, and `ready <url>` when
 * requests are answered; ends with exit code 1 and the reason when the app cannot be run, or not any more.
 */
const USAGE = 'Usage: main.ts --app DIRECTORY [--port NUMBER] [--history FILE] [--keys FILE] [--records-durable]';
// As Azure Functions Core Tools: https://learn.microsoft.com/azure/azure-functions/functions-core-tools-reference#func-start
const DEFAULT_PORT = 7071;

try {
  await run();
} catch (error) {
  fail(error);
}

async function run(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      app: { type: 'string' },
      port: { type: 'string' },
      history: { type: 'string' },
      keys: { type: 'string' },
      'records-durable': { type: 'boolean', default: false },
    },
  });
  if (options.app === undefined) throw new Error(USAGE);
  const { values, port } = readLocalSettings(options.app);
  const host = await startFunctionsHost({
    appDirectory: options.app,
    port: Number(options.port ?? port ?? DEFAULT_PORT),
    settings: Object.fromEntries(Object.entries(values).filter(([name]) => !process.env[name])),
    ...(options.history === undefined ? {} : { historyFile: options.history }),
    ...(options.keys === undefined ? {} : { keysFile: options.keys }),
    recordsDurable: options['records-durable'],
    log: print,
    onFailure: fail,
  });
  const stop = async (): Promise<void> => {
    await host.stop();
    process.exit(0);
  };
  for (const end of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(end, () => void stop().catch(fail));
  print(`ready ${host.url}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(error: unknown): void {
  process.stderr.write(`${describe(error)}\n`);
  process.exit(1);
}

/** The message is meant for people; the stack of an error of the app's own code shows them the place. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof LoadFailure && error.cause instanceof Error)) return error.message;
  return `${error.message}\n${error.cause.stack ?? ''}`;
}
