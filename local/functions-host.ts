import { fileURLToPath } from 'node:url';
import { startChild } from './child-process.ts';
import type { Child } from './child-process.ts';
import type { Log } from './endpoint.ts';

/** How the app is hosted. */
export interface FunctionsHostOptions {
  /** Folder of the built app, with its `package.json` and `host.json`. */
  readonly appDirectory: string;
  /** 0: a free port, kept over restarts. */
  readonly port: number;
  /** File of the orchestration histories; survives a crash of the host. */
  readonly historyFile: string;
  /** App settings: the whole environment of the app. */
  readonly settings: Readonly<Record<string, string>>;
  /** Shared by all children of this process. */
  readonly directory: string;
  readonly log: Log;
}

/** The host of the app, in a process of its own that can crash and come back. */
export interface FunctionsHostProcess {
  /** Where the app answers, for example `http://localhost:7071`. */
  readonly url: string;
  /** Starts the host again after `kill` or `stop`, at the same URL, with the same histories. */
  start(): Promise<void>;
  /** Ends the host as a crash would. */
  kill(): Promise<void>;
  /** Lets the host finish what it is doing. */
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('./host/main.ts', import.meta.url));
const READY = /^ready http:\/\/localhost:(\d+)$/m;

/** Starts the host and resolves when the app answers; rejects with what the host wrote when the app cannot be loaded. */
export async function startFunctionsHostProcess(options: FunctionsHostOptions): Promise<FunctionsHostProcess> {
  const { appDirectory, historyFile, settings, directory, log } = options;
  const run = (port: number): Promise<Child> =>
    startChild({
      program: PROGRAM,
      args: ['--app', appDirectory, '--port', String(port), '--history', historyFile],
      environment: settings,
      directory,
      ready: READY,
      log,
    });
  let child = await run(options.port);
  const port = Number(child.match[1]);
  return {
    url: `http://localhost:${port}`,
    async start() {
      child = await run(port);
    },
    kill: () => child.kill(),
    stop: () => child.stop(),
  };
}
