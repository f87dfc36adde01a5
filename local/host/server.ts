import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, type Clock } from '../clock.ts';
import type { Endpoint, Log } from '../endpoint.ts';
import { Engine } from './durable/engine.ts';
import type { HistoryEvent } from './durable/history.ts';
import type { Instance } from './durable/instance.ts';
import { clientBinding, RPC_PATH, WEBHOOK_PATH, type WebhookAddress } from './durable/links.ts';
import { Management } from './durable/management.ts';
import { Store } from './durable/store.ts';
import { describeThrown } from './durable/thrown.ts';
import { Webhooks, type ApiAnswer } from './durable/webhooks.ts';
import { FunctionApp, type AppFunction } from './function-app.ts';
import { httpFunctions, readRequest, writeResponse, type HttpFunction } from './http-trigger.ts';
import { readHostSettings, type AppSettings, type HostSettings } from './settings.ts';
import { TimerFunction } from './timer-trigger.ts';
import type { TypedData } from './typed-data.ts';

/** How to run a function app. */
export interface FunctionsHostOptions {
  /** Holds host.json and package.json, whose `main` names the built entry files. */
  readonly appDirectory: string;
  /** Default: a free one. */
  readonly port?: number;
  /** SQLite file of the orchestrations; default: in memory only. */
  readonly historyFile?: string;
  /** Put into the environment of this process, and taken out at stop. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Gets every line that the app and the host log. */
  readonly log?: Log;
}

/** One orchestration with everything that is stored of it. */
export type InstanceHistory = Instance & { readonly events: readonly HistoryEvent[] };

/** A running function app. */
export interface FunctionsHost extends Endpoint {
  /** Everything that is stored, in the order of the instance ids. */
  histories(): InstanceHistory[];
}

// How long stop waits for what is under way; activities that take longer run again at the next start.
const PATIENCE_MILLISECONDS = 10_000;

/**
 * Runs a built function app with the unmodified `@azure/functions` and `durable-functions`, one at a time in a process.
 * Rejects with the reason when the app cannot be served as it is.
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const server = createServer();
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
    histories: () => running.histories(),
    stop: async () => {
      await running.stop();
      await close(server);
      restoreEnvironment();
    },
  };
}

class Host {
  readonly #app: FunctionApp;
  readonly #settings: HostSettings;
  readonly #origin: string;
  readonly #log: Log;
  readonly #store: Store;
  readonly #engine: Engine;
  readonly #management: Management;
  readonly #webhooks: Webhooks;
  readonly #address: WebhookAddress;
  readonly #httpFunctions: readonly HttpFunction[];
  readonly #timers: readonly TimerFunction[];
  readonly #requests = new Set<Promise<void>>();
  #stopping = false;

  static async create(options: FunctionsHostOptions, origin: string): Promise<Host> {
    const log = options.log ?? (() => undefined);
    const settings = readHostSettings(options.appDirectory, process.env);
    const app = await FunctionApp.load(options.appDirectory, (level, _category, message) =>
      log(`${level === 'information' ? 'info' : level} ${message}`),
    );
    try {
      return new Host(app, settings, options, origin, log);
    } catch (error) {
      await app.close();
      throw error;
    }
  }

  private constructor(
    app: FunctionApp,
    settings: HostSettings,
    options: FunctionsHostOptions,
    origin: string,
    log: Log,
  ) {
    const clock = options.clock ?? systemClock;
    this.#app = app;
    this.#settings = settings;
    this.#origin = origin;
    this.#log = log;
    this.#address = { origin, hubName: settings.durableTask.hubName, key: randomBytes(32).toString('base64url') };
    this.#httpFunctions = httpFunctions(app, settings.http.routePrefix);
    this.#store = new Store(options.historyFile ?? ':memory:');
    this.#engine = new Engine({ app, store: this.#store, settings: settings.durableTask, clock, log });
    this.#management = new Management(this.#engine, this.#store, clock);
    this.#webhooks = new Webhooks(this.#management, this.#address, clock);
    const run = (timer: AppFunction, argument: string): Promise<void> => this.#run(timer, { json: argument });
    const timerParts = { store: this.#store, clock, settings: process.env as AppSettings, log, run };
    this.#timers = app.functions
      .filter(({ trigger }) => trigger.type === 'timerTrigger')
      .map((timer) => new TimerFunction(timer, timerParts));
  }

  start(): void {
    this.#engine.start();
    for (const timer of this.#timers) timer.start();
  }

  /** Functions under way may still call the durable client, so the management API answers until they have ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const patience = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MILLISECONDS).unref());
    const calls = [...this.#requests, ...this.#timers.map((timer) => timer.stop())];
    await Promise.race([Promise.allSettled(calls), patience]);
    await Promise.race([this.#engine.stop(), patience]);
    await this.#app.close();
    this.#store.close();
  }

  histories(): InstanceHistory[] {
    return this.#management
      .list({})
      .map((instance) => ({ ...instance, events: this.#management.history(instance.id) }));
  }

  /** Does not reject. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(this.#settings.http.customHeaders)) response.setHeader(name, value);
    try {
      await this.#route(request, response);
    } catch (error) {
      this.#log(`error ${request.method ?? ''} ${request.url?.split('?')[0] ?? ''}: ${describeThrown(error).stack}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'content-length': 0 }).end();
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(`${this.#origin}${request.url ?? '/'}`);
    if (/%00/.test(url.pathname)) return end(response, 400, { connection: 'close' });
    const api = this.#apiPath(url);
    if (api === 'locked') return end(response, 401, { 'www-authenticate': 'Bearer' });
    if (api !== undefined) return this.#callApi(request, response, url, api);
    for (const candidate of this.#httpFunctions) {
      const parameters = candidate.methods.has(request.method ?? '')
        ? candidate.route.match(url.pathname.slice(1))
        : undefined;
      if (parameters === undefined) continue;
      if (this.#stopping) return end(response, 503, { connection: 'close' });
      return this.#track(this.#callFunction(candidate.function, request, response, parameters));
    }
    end(response, 404);
  }

  #track(call: Promise<void>): Promise<void> {
    const tracked = call.finally(() => this.#requests.delete(tracked));
    this.#requests.add(tracked);
    return tracked;
  }

  async #callFunction(
    { name, triggerName, durableClients }: AppFunction,
    request: IncomingMessage,
    response: ServerResponse,
    parameters: Readonly<Record<string, string>>,
  ): Promise<void> {
    const data = await readRequest(request, `http://${request.headers.host ?? 'localhost'}`, parameters);
    // What the real host answers to a body over its limit; 413 it is not.
    if (data === undefined) return end(response, 500, { connection: 'close' });
    writeResponse(await this.#app.invoke(name, { [triggerName]: data, ...this.#clients(durableClients) }), response);
  }

  async #run({ name, triggerName, durableClients }: AppFunction, data: TypedData): Promise<void> {
    await this.#app.invoke(name, { [triggerName]: data, ...this.#clients(durableClients) });
  }

  #clients(names: readonly string[]): Record<string, TypedData> {
    return Object.fromEntries(names.map((name) => [name, { string: clientBinding(this.#address) }]));
  }

  /** The part of the path below the management API, `locked` when the key is missing, undefined for another path. */
  #apiPath({ pathname, searchParams }: URL): string | undefined {
    const { key } = this.#address;
    const rpc = `${RPC_PATH}/${key}/`;
    if (pathname.startsWith(rpc)) return pathname.slice(rpc.length);
    if (!pathname.startsWith('/runtime/webhooks/')) return undefined;
    if (searchParams.get('code') !== key) return 'locked';
    return pathname.startsWith(`${WEBHOOK_PATH}/`) ? pathname.slice(WEBHOOK_PATH.length + 1) : '';
  }

  async #callApi(request: IncomingMessage, response: ServerResponse, url: URL, path: string): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const token = request.headers['x-ms-continuation-token'];
    const answer = await this.#webhooks.answer({
      method: request.method ?? 'GET',
      segments: path
        .split('/')
        .filter((segment) => segment !== '')
        .map(decodeURIComponent),
      query: url.searchParams,
      url: url.href,
      contentType: request.headers['content-type'],
      continuationToken: typeof token === 'string' ? token : undefined,
      body: Buffer.concat(chunks).toString(),
    });
    sendAnswer(response, answer);
  }
}

function sendAnswer(response: ServerResponse, { status, headers = {}, body }: ApiAnswer): void {
  if (body === undefined) return end(response, status, headers);
  const bytes = Buffer.from(JSON.stringify(body));
  const json = { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length };
  response.writeHead(status, { ...json, ...headers }).end(bytes);
}

function end(response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  const length = response.req.method === 'HEAD' ? {} : { 'content-length': 0 };
  response.writeHead(status, { ...length, ...headers }).end();
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
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
function setEnvironment(variables: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
