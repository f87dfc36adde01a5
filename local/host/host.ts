import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemClock, type Clock } from '../endpoint/clock.ts';
import type { Log } from '../endpoint/endpoint.ts';
import { accessKeys, opensFunction, type AccessKeys } from './access-keys.ts';
import { AdminApi } from './admin-api.ts';
import { send, UNAUTHORIZED, type Answer } from './answer.ts';
import { Engine } from './durable/engine.ts';
import type { HistoryEvent } from './durable/history.ts';
import type { Instance } from './durable/instance.ts';
import { readApiCall, segmentsOf } from './durable/api-call.ts';
import { clientBinding, RPC_PATH, WEBHOOK_PATH } from './durable/links.ts';
import { Management } from './durable/management.ts';
import type { Store } from './durable/store.ts';
import { describeThrown } from './durable/thrown.ts';
import { Webhooks } from './durable/webhooks.ts';
import { FunctionApp, type AppFunction } from './function-app.ts';
import { openHistory } from './history-file.ts';
import { httpFunctions, readBody, readRequest, requestWith, writeResponse, type HttpFunction } from './http-trigger.ts';
import { kestrelRefusal, pathOf } from './request-check.ts';
import { RequestLimit } from './request-limit.ts';
import { readHostSettings, type AppSettings, type HostSettings } from './settings.ts';
import { scheduleOf, TimerFunction } from './timer-trigger.ts';
import { traceOf } from './trace.ts';
import type { TypedData } from './typed-data.ts';

/** How an app is run. */
export interface HostOptions {
  /** Holds host.json and package.json, whose `main` names the built entry files. */
  readonly appDirectory: string;
  /** SQLite file of the orchestrations; default: in memory only. */
  readonly historyFile?: string;
  /** Keeps the access keys over restarts; default: new ones at each start. */
  readonly keysFile?: string;
  readonly clock?: Clock;
  /** Whether orchestrations and activities are recorded in traces, as newer hosts do; default: they only belong to them. */
  readonly recordsDurable?: boolean;
  /** Gets every line that the app and the host log. */
  readonly log?: Log;
  /** Told when the history cannot be written any more. The host must then be ended; what was acknowledged is safe. */
  readonly onFailure?: (error: Error) => void;
}

/** One orchestration with everything that is stored of it. */
export type InstanceHistory = Instance & { readonly events: readonly HistoryEvent[] };

// How long stop waits for what is under way; activities that take longer run again at the next start.
const PATIENCE_MILLISECONDS = 10_000;

/** A loaded app with everything that runs it, but for the listener. */
export class Host {
  readonly keys: AccessKeys;
  readonly #app: FunctionApp;
  readonly #origin: string;
  readonly #log: Log;
  readonly #settings: HostSettings;
  readonly #store: Store;
  readonly #engine: Engine;
  readonly #management: Management;
  readonly #webhooks: Webhooks | undefined;
  readonly #admin: AdminApi;
  readonly #httpFunctions: readonly HttpFunction[];
  readonly #timers: ReadonlyMap<AppFunction, TimerFunction>;
  readonly #limit: RequestLimit;
  readonly #requests = new Set<Promise<void>>();
  #stopping = false;

  /** Rejects with the reason when the app cannot be served as it is. `origin` is where requests come in. */
  static async create(options: HostOptions, origin: string): Promise<Host> {
    const log = options.log ?? (() => undefined);
    const settings = readHostSettings(options.appDirectory, process.env);
    const app = await FunctionApp.load(options.appDirectory, process.env, (level, _category, message) =>
      log(`${level === 'information' ? 'info' : level} ${message}`),
    );
    try {
      return new Host(app, settings, { ...options, log }, origin);
    } catch (error) {
      await app.close();
      throw error;
    }
  }

  private constructor(
    app: FunctionApp,
    settings: HostSettings,
    options: HostOptions & { readonly log: Log },
    origin: string,
  ) {
    const { log, clock = systemClock, onFailure = (error) => log(`error ${error.message}`) } = options;
    this.#app = app;
    this.#settings = settings;
    this.#origin = origin;
    this.#log = log;
    const enabled = app.functions.filter(({ disabled }) => !disabled);
    this.#httpFunctions = httpFunctions(enabled, settings.http.routePrefix);
    this.#limit = new RequestLimit(settings.http);
    const timers = enabled.filter(({ trigger }) => trigger.type === 'timerTrigger');
    const environment = process.env as AppSettings;
    const run = (timer: AppFunction, argument: string): Promise<void> => this.#run(timer, { json: argument });
    const schedules = timers.map((timer) => [timer, scheduleOf(timer, environment)] as const);
    this.keys = accessKeys(
      this.#httpFunctions.map(({ function: { name } }) => name),
      options.keysFile,
    );
    const address = { origin, hubName: settings.durableTask.hubName, key: this.keys.durable };
    app.durableClient = clientBinding(address);
    app.tellsTraces = settings.telemetryMode === 'OpenTelemetry';
    this.#store = openHistory(options.historyFile, onFailure);
    const { recordsDurable } = options;
    this.#engine = new Engine({ app, store: this.#store, settings: settings.durableTask, clock, log, recordsDurable });
    this.#management = new Management(this.#engine, this.#store, clock);
    this.#webhooks = app.functions.some(isDurable) ? new Webhooks(this.#management, address, clock) : undefined;
    const timerParts = { store: this.#store, clock, log, run };
    this.#timers = new Map(
      schedules.map(([timer, schedule]) => [timer, new TimerFunction(timer, schedule, timerParts)]),
    );
    this.#admin = this.#administration(options.appDirectory);
  }

  #administration(appDirectory: string): AdminApi {
    return new AdminApi({
      origin: this.#origin,
      functions: this.#app.functions,
      appDirectory,
      entry: this.#app.entry,
      routes: new Map(this.#httpFunctions.map((each) => [each.function.name, each.route.template])),
      keys: this.keys,
      usesDurable: this.#webhooks !== undefined,
      begin: (target, input) => this.#begin(target, input),
    });
  }

  start(): void {
    this.#engine.start();
    for (const timer of this.#timers.values()) timer.start();
  }

  /** Functions under way may still call the durable client, so the management API answers until they have ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const patience = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MILLISECONDS).unref());
    const calls = [...this.#requests, ...[...this.#timers.values()].map((timer) => timer.stop())];
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
    // Kestrel keeps connections without a word.
    response.removeHeader('connection');
    try {
      const answer = await this.#route(request, response);
      if (answer !== undefined) send(response, answer);
    } catch (error) {
      this.#log(`error ${request.method ?? ''} ${request.url?.split('?')[0] ?? ''}: ${describeThrown(error).stack}`);
      if (response.headersSent) response.destroy();
      else send(response, { status: 500 });
    }
  }

  /** Undefined when a function has answered. */
  async #route(request: IncomingMessage, response: ServerResponse): Promise<Answer | undefined> {
    const { method = 'GET', url: target = '/' } = request;
    const status = kestrelRefusal(request);
    if (status !== undefined) return { status, headers: { connection: 'close' } };
    if (target.includes('#')) return NOT_FOUND;
    const url = new URL(`${this.#origin}${pathOf(target)}`);
    const { pathname } = url;
    const key = keyOf(request, url);
    const rpc = `${RPC_PATH}/${this.keys.durable}/`;
    if (pathname.startsWith(rpc)) return this.#callWebhook(request, url, pathname.slice(rpc.length));
    if (pathname.startsWith('/runtime/webhooks/')) {
      if (key !== this.keys.durable && key !== this.keys.master) return UNAUTHORIZED;
      const isDurableTask = pathname.startsWith(`${WEBHOOK_PATH}/`);
      return isDurableTask ? this.#callWebhook(request, url, pathname.slice(WEBHOOK_PATH.length + 1)) : NOT_FOUND;
    }
    if (pathname.startsWith('/admin/')) return this.#callAdmin(request, key, pathname.slice('/admin/'.length));
    for (const candidate of this.#httpFunctions) {
      const parameters = candidate.methods.has(method) ? candidate.route.match(pathname.slice(1)) : undefined;
      if (parameters === undefined) continue;
      if (this.#stopping) return { status: 503, headers: { connection: 'close' } };
      const { name } = candidate.function;
      if (!opensFunction(this.keys, key, { name, level: candidate.level })) return { status: 401 };
      return this.#callFunction(candidate.function, request, response, parameters);
    }
    return NOT_FOUND;
  }

  async #callFunction(
    target: AppFunction,
    request: IncomingMessage,
    response: ServerResponse,
    parameters: Readonly<Record<string, string>>,
  ): Promise<Answer | undefined> {
    const data = await readRequest(request, `http://${request.headers.host ?? 'localhost'}`, parameters);
    // What the real host answers to a body over its limit; 413 it is not.
    if (data === undefined) return { status: 500, headers: { connection: 'close' } };
    const invoke = async (): Promise<void> =>
      writeResponse(await this.#app.invoke(target, data, {}, traceOf(request.headers['traceparent'])), response);
    if (await this.#limit.run(() => this.#track(invoke()))) return undefined;
    for (const header of response.getHeaderNames()) response.removeHeader(header);
    return { status: 429, headers: { 'x-function-scaleout': '1' } };
  }

  /** Waited for at stop. */
  #track(call: Promise<void>): Promise<void> {
    const tracked = call.finally(() => this.#requests.delete(tracked));
    this.#requests.add(tracked);
    return tracked;
  }

  async #run(target: AppFunction, data: TypedData): Promise<void> {
    await this.#app.invoke(target, data);
  }

  /** Begins a call that an administrator wants; what comes of it is in the log only. */
  #begin(target: AppFunction, input: string): 'begun' | undefined {
    const timer = this.#timers.get(target);
    if (timer !== undefined) {
      timer.callNow();
      return 'begun';
    }
    if (target.trigger.type !== 'httpTrigger') return undefined;
    const call = this.#run(target, requestWith(`${this.#origin}/admin/functions/${target.name}`, input));
    const logged = call.catch((error: unknown) => this.#log(`error ${target.name}: ${describeThrown(error).stack}`));
    void this.#track(logged);
    return 'begun';
  }

  async #callWebhook(request: IncomingMessage, url: URL, path: string): Promise<Answer> {
    if (this.#webhooks === undefined) return NOT_FOUND;
    return this.#webhooks.answer(await readApiCall(request, url, path));
  }

  async #callAdmin(request: IncomingMessage, key: string | undefined, path: string): Promise<Answer> {
    return this.#admin.answer({
      method: request.method ?? 'GET',
      segments: segmentsOf(path),
      key,
      contentType: request.headers['content-type'],
      body: (await readBody(request)).toString(),
    });
  }
}

const NOT_FOUND: Answer = { status: 404 };

function isDurable({ trigger, durableClients }: AppFunction): boolean {
  return durableClients.length > 0 || trigger.type === 'orchestrationTrigger' || trigger.type === 'activityTrigger';
}

/** A key in the header has precedence, also when it is wrong. */
function keyOf(request: IncomingMessage, url: URL): string | undefined {
  const header = request.headers['x-functions-key'];
  return typeof header === 'string' ? header : (url.searchParams.get('code') ?? undefined);
}
