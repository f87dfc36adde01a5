import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { AccessKeys } from './access-keys.ts';
import { Host, type HostOptions, type InstanceHistory } from './host.ts';
import { HEADER_BYTES_LIMIT } from './request-check.ts';

export type { InstanceHistory };

/** How to run a function app. */
export interface FunctionsHostOptions extends HostOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Put into the environment of this process, and taken out at stop. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running function app. */
export interface FunctionsHost extends Endpoint {
  /** What gets callers in. */
  readonly keys: AccessKeys;
  /** Everything that is stored, in the order of the instance ids. */
  histories(): InstanceHistory[];
}

/**
 * Runs a built function app with the unmodified `@azure/functions` and `durable-functions`, one at a time in a process.
 * Rejects with the reason when the app cannot be served as it is.
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const server = createServer({ maxHeaderSize: HEADER_BYTES_LIMIT });
  const port = await listen(server, options.port ?? 0);
  const restoreEnvironment = setEnvironment({
    // Without it durable-functions sends the client's calls to port 7071.
    WEBSITE_HOSTNAME: `localhost:${port}`,
    AzureWebJobsScriptRoot: options.appDirectory,
    FUNCTIONS_WORKER_RUNTIME: 'node',
    ...options.settings,
  });
  let host: Host | undefined;
  try {
    host = await Host.create(options, `http://localhost:${port}`);
  } catch (error) {
    restoreEnvironment();
    server.close();
    throw error;
  }
  const running = host;
  server.on('request', (request, response) => void running.answer(request, response));
  running.start();
  return {
    url: `http://localhost:${port}`,
    port,
    keys: running.keys,
    histories: () => running.histories(),
    stop: async () => {
      await running.stop();
      await close(server);
      restoreEnvironment();
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(isTaken(error) ? portTaken(port) : error));
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function isTaken(error: Error): boolean {
  return 'code' in error && error.code === 'EADDRINUSE';
}

function portTaken(port: number): Error {
  return new Error(`Another program listens on port ${port}. Stop it, or choose another port.`);
}

/** Answers that are being sent go out in full; what is left of connections then is cut. */
async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
  });
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), 1_000);
  await closed;
  clearTimeout(cut);
}

/** Sets variables of this process; the answer puts back what was there. */
export function setEnvironment(variables: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
