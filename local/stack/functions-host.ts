import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild } from './process/child-process.ts';
import type { Child } from './process/child-process.ts';
import type { Log } from '../endpoint/endpoint.ts';

/** What runs the app: the host of this repository, or Azure Functions Core Tools. */
export type HostKind = 'local' | 'func';

/** How the app is hosted. */
export interface FunctionsHostOptions {
  /** Absent: the local host. */
  readonly kind?: HostKind;
  /** Folder of the built app, with its `package.json` and `host.json`. */
  readonly appDirectory: string;
  /** 0: a free port, kept over restarts. */
  readonly port: number;
  /** App settings: the whole environment of the app. */
  readonly settings: Readonly<Record<string, string>>;
  /** Shared by all children of this process; the local host keeps its histories and keys in it, which outlive a crash. */
  readonly directory: string;
  /** Whether the local host records orchestrations and activities in traces, as newer hosts do. */
  readonly recordsDurable?: boolean | undefined;
  readonly log: Log;
}

/** The host of the app, in a process of its own that can crash and come back. */
export interface FunctionsHostProcess {
  /** Where the app answers, for example `http://localhost:7071`. */
  readonly url: string;
  /**
   * Where the management API of the Durable extension has a path such as `instances`; with the key, where the host asks
   * for one: https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-api
   */
  managementUrl(path: string, query?: Readonly<Record<string, string>>): URL;
  /** Has a timer function run now. */
  callTimer(name: string): Promise<void>;
  /** Starts the host again after `kill` or `stop`, at the same URL, with the same histories. */
  start(): Promise<void>;
  /** Ends the host as a crash would. */
  kill(): Promise<void>;
  /** Lets the host finish what it is doing. */
  stop(): Promise<void>;
}

const PROGRAMS = {
  local: new URL('../host/main.ts', import.meta.url),
  func: new URL('./core-tools.ts', import.meta.url),
};
const READY = /^ready http:\/\/localhost:(\d+)$/m;
// At its first start Core Tools load the extension bundle from the internet.
const READY_WITHIN_MS = { local: 60_000, func: 300_000 };

/** Starts the host and resolves when the app answers; rejects with what the host wrote when the app cannot be loaded. */
export async function startFunctionsHostProcess(options: FunctionsHostOptions): Promise<FunctionsHostProcess> {
  let ending = false;
  let child = await run(options, options.port);
  const port = Number(child.match[1]);
  const report = ({ exited }: Child): void => {
    void exited.then(() => {
      if (!ending) options.log('The host has ended by itself, as its last lines say. It has to be started again.');
    });
  };
  report(child);
  const url = `http://localhost:${port}`;
  const { durable, master } = await accessKeysOf(options);
  const key = durable === undefined ? {} : { code: durable };
  return {
    url,
    managementUrl(path, query = {}) {
      const parameters = new URLSearchParams({ ...query, ...key }).toString();
      return new URL(`/runtime/webhooks/durabletask/${path}?${parameters}`, url);
    },
    async callTimer(name) {
      const answer = await fetch(`${url}/admin/functions/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(master === undefined ? {} : { 'x-functions-key': master }) },
        body: '{}',
      });
      if (answer.status !== 202) throw new Error(`${name} was not called: ${answer.status}`);
    },
    async start() {
      child = await run(options, port);
      ending = false;
      report(child);
    },
    kill() {
      ending = true;
      return child.kill();
    },
    stop() {
      ending = true;
      return child.stop();
    },
  };
}

/** Core Tools ask for no key. */
async function accessKeysOf(
  options: FunctionsHostOptions,
): Promise<{ readonly durable?: string; readonly master?: string }> {
  if (options.kind === 'func') return {};
  return JSON.parse(await readFile(keysFile(options), 'utf8')) as { readonly durable: string; readonly master: string };
}

function keysFile({ directory }: FunctionsHostOptions): string {
  return join(directory, 'keys.json');
}

function run(options: FunctionsHostOptions, port: number): Promise<Child> {
  const { kind = 'local', appDirectory, settings, directory, recordsDurable, log } = options;
  const local = ['--history', join(directory, 'orchestrations.db'), '--keys', keysFile(options)];
  if (recordsDurable === true) local.push('--records-durable');
  return startChild({
    program: fileURLToPath(PROGRAMS[kind]),
    args: ['--app', appDirectory, '--port', String(port), ...(kind === 'local' ? local : [])],
    environment: settings,
    directory,
    ready: READY,
    readyWithinMs: READY_WITHIN_MS[kind],
    log,
  });
}
