/** The whole product on local endpoints, in a time that a test moves: the built app with all that it needs. */
import { fileURLToPath } from 'node:url';
import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import type { DurableClient } from 'durable-functions';
import { getClient } from 'durable-functions';
import { registerRuntimeNode } from '../../../local/data-factory/runtime-node.ts';
import type { RuntimeNode } from '../../../local/data-factory/runtime-node.ts';
import { sampleEnvironmentBody, sampleSetupBody } from '../../../local/demo/sample-setup.ts';
import { httpFunctions } from '../../../local/host/http-trigger.ts';
import { nullable } from '../../../local/host/typed-data.ts';
import type { ClientName } from '../../../local/stack/clients.ts';
import type { SampleSize } from '../../../local/sample/load-sample.ts';
import type { Sample, SourceKind } from '../../../local/stack/databases.ts';
import { DataFactories } from '../../../shared/factory/data-factory.ts';
import { headFromRow } from '../../../shared/setup/head.ts';
import type { SetupRecord } from '../../../shared/setup/head.ts';
import { instanceIdOf } from '../../../shared/setup/setup.ts';
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { contextFor } from '../api/http-call.ts';
import type { Decision, Faults } from '../durable/faults.ts';
import { TaskHub } from '../durable/task-hub.ts';
import { startEndpoints } from './endpoints.ts';
import { Inspection } from './inspection.ts';
import type { Endpoints } from './endpoints.ts';
import { attemptRowKey } from '../../../shared/setup/rows.ts';

const appDirectory = fileURLToPath(new URL('../../..', import.meta.url));

const LOOK_EVERY_MS = 5_000;
const SETTLE_EVERY_MS = 30_000;
const CHANGES_DUE_MS = 90_000;
/** A wait that opens within a step is looked at before its deadline. */
const LONGEST_STEP_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;
const LONGEST_RUN_MS = 3 * 24 * HOUR_MS;
/** What is younger than an hour is not looked at, and what was seen for a day is removed. */
const [SEEN_AFTER_MS, REMOVED_AFTER_MS] = [2 * HOUR_MS, 25 * HOUR_MS];

/** A request to the API, below the path of the tenant. */
export interface Asked {
  readonly as?: ClientName;
  readonly tenantId?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

type ActivityRun = Parameters<NonNullable<Faults['activity']>>[0];

/** What a world is made of beside the samples. */
export interface WorldOptions {
  readonly samples: readonly [SourceKind, ...SourceKind[]];
  readonly size?: SampleSize;
}

/** One deployment of the service. */
export class World {
  readonly endpoints: Endpoints;
  readonly hub: TaskHub;
  /** The state store, past every fault. */
  readonly tableUrl: string;
  readonly factories: DataFactories;
  readonly credential: TokenCredential;
  /** What the timers have thrown. */
  readonly timerErrors: string[] = [];
  /** How often the timer that settles setups runs; a test that lets days pass may stretch it. */
  settleEveryMs = SETTLE_EVERY_MS;
  /** Decides about the activities; a test may set it. */
  activityFault: (run: ActivityRun) => Decision;
  readonly nodes = new Map<string, RuntimeNode>();
  readonly inspect = new Inspection(this);
  /** The bodies with which setups were accepted. */
  readonly bodies = new Map<string, object>();
  readonly passwords = new Set<string>();
  readonly samplesInUse = new Set<Sample>();
  readonly #tables = new Map<string, TableClient>();

  static async open(
    endpoints: Endpoints,
    {
      settings = {},
      tableUrl = endpoints.storage.tableUrl,
    }: { settings?: Record<string, string>; tableUrl?: string } = {},
  ): Promise<World> {
    const faults: { activity: (run: ActivityRun) => Decision } = { activity: () => undefined };
    const hub = await TaskHub.open({
      appDirectory,
      settings: { ...endpoints.settings, ...settings },
      faults: { activity: (run) => faults.activity(run) },
      clock: endpoints.clock,
      replaysOnRequest: true,
    });
    return new World(endpoints, hub, tableUrl, faults);
  }

  private constructor(
    endpoints: Endpoints,
    hub: TaskHub,
    tableUrl: string,
    faults: { activity: (run: ActivityRun) => Decision },
  ) {
    this.endpoints = endpoints;
    this.hub = hub;
    this.tableUrl = tableUrl;
    this.activityFault = () => undefined;
    faults.activity = (run) => this.activityFault(run);
    this.credential = {
      getToken: async (scopes) => ({
        token: await endpoints.getToken(String(scopes).replace('/.default', '')),
        expiresOnTimestamp: Date.now() + 3_600_000,
      }),
    };
    this.factories = new DataFactories(
      (subscriptionId) =>
        new DataFactoryManagementClient(this.credential, subscriptionId, {
          endpoint: endpoints.dataFactory.url,
          credentialScopes: 'https://management.azure.com/.default',
        }),
      { now: () => new Date() },
    );
  }

  /** `source` of the events. */
  get eventSource(): string {
    return process.env['MIGRATION_EVENT_SOURCE'] ?? '';
  }

  get clock() {
    return this.endpoints.clock;
  }

  /** As functions get it. */
  get client(): DurableClient {
    const { rpcBaseUrl } = JSON.parse(this.hub.app.durableClient) as { rpcBaseUrl: string };
    return getClient(contextFor([], rpcBaseUrl));
  }

  /** The same client each time: a new one would ask for a token of its own. */
  table(name: string): TableClient {
    const client = this.#tables.get(name) ?? new TableClient(this.tableUrl, name, this.credential);
    this.#tables.set(name, client);
    return client;
  }

  /** Calls the API as the host does. @param path below `tenants/{tenantId}/` */
  call(method: string, path: string, asked: Asked = {}): Promise<Answer> {
    const { tenantId = this.endpoints.tenantId } = asked;
    return this.callRoute(method, `tenants/${tenantId}/${path}`, asked);
  }

  /** The same for what belongs to no tenant. */
  async callRoute(method: string, route: string, asked: Omit<Asked, 'tenantId'> = {}): Promise<Answer> {
    const { as = 'provisioning', query = {}, headers = {}, body } = asked;
    for (const candidate of httpFunctions(this.hub.app.functions, '')) {
      const parameters = candidate.methods.has(method) ? candidate.route.match(route) : undefined;
      if (parameters === undefined) continue;
      const all = { 'api-version': '2026-11-01', ...query };
      const sent = {
        authorization: `Bearer ${await this.endpoints.accessToken(as)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      };
      const given = await this.hub.app.invoke(candidate.function, {
        http: {
          method,
          url: `http://localhost/api/${route}?${new URLSearchParams(all).toString()}`,
          nullableHeaders: nullable(sent),
          nullableQuery: nullable(all),
          nullableParams: nullable(parameters),
          ...(body === undefined ? {} : { body: { bytes: Buffer.from(JSON.stringify(body)) } }),
        },
      });
      const bytes = given?.http?.body?.bytes;
      const text = bytes === undefined ? '' : Buffer.from(bytes).toString();
      return {
        status: Number(given?.http?.statusCode),
        headers: given?.http?.headers ?? {},
        body: (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>,
      };
    }
    throw new Error(`There is no route ${method} ${route}`);
  }

  /** Registers the environment of a sample, as the provider does. */
  async register(sample: Sample, name = sample.environment): Promise<void> {
    const { status, body } = await this.call('PUT', `environments/${name}`, {
      as: 'operations',
      body: sampleEnvironmentBody(sample),
    });
    if (status > 201) throw new Error(`${name} was not registered: ${status} ${JSON.stringify(body)}`);
    this.samplesInUse.add(sample);
    this.passwords.add(sample.source.password);
  }

  /** Asks for the setup of a sample, whose environment must be registered. */
  async put(
    setupId: string,
    sample: Sample,
    changes: { password?: string; runtimeName?: string } = {},
  ): Promise<Answer> {
    const { password = sample.source.password, runtimeName } = changes;
    const source = { ...sample.source, password };
    const body = sampleSetupBody({ ...sample, source }, runtimeName);
    const answer = await this.call('PUT', `migrationSetups/${setupId}`, { body });
    if (answer.status < 300) this.bodies.set(setupId, body);
    return answer;
  }

  /** Registers the environment, asks for the setup, and does not let it begin yet. */
  async begin(
    setupId: string,
    sample: Sample,
    changes: { password?: string; runtimeName?: string } = {},
  ): Promise<void> {
    await this.register(sample);
    const { status, body } = await this.put(setupId, sample, changes);
    if (status !== 201) throw new Error(`${setupId} was not accepted: ${status} ${JSON.stringify(body)}`);
  }

  post(setupId: string, action: string, body?: unknown): Promise<Answer> {
    return this.call('POST', `migrationSetups/${setupId}/${action}`, body === undefined ? {} : { body });
  }

  /** Asks for the removal of a setup. */
  delete(setupId: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call('DELETE', `migrationSetups/${setupId}`, { query });
  }

  /** The head row of a setup. */
  async head(setupId: string): Promise<SetupRecord> {
    return headFromRow(await this.table('setups').getEntity(`${this.endpoints.tenantId}|${setupId}`, 'head'));
  }

  /** What an attempt recorded with a milestone; undefined if it did not reach it. @param name of a column, without its prefix */
  async recorded(
    setupId: string,
    attempt: number,
    name: string,
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    const partition = `${this.endpoints.tenantId}|${setupId}`;
    const row = await this.table('setups').getEntity<Record<string, string>>(partition, attemptRowKey(attempt));
    const column = row[`milestone_${name}`];
    if (column === undefined) return undefined;
    return (JSON.parse(column) as { readonly data: Readonly<Record<string, unknown>> }).data;
  }

  /** Ends the orchestration of a setup past the app, as an operator can with any Durable tool. */
  async terminate(setupId: string): Promise<void> {
    await this.client.terminate(instanceIdOf(await this.head(setupId)), 'The test wants it so.');
    await this.settle();
  }

  /** Installs a node with the key of the setup's runtime, which must exist. @param keys as they were listed, if they were */
  async registerNode(setupId: string, keys?: Answer): Promise<RuntimeNode> {
    const { body } = keys ?? (await this.post(setupId, 'runtime/listKeys'));
    const node = await registerRuntimeNode(this.endpoints.dataFactory.url, {
      authKey: String(body['authKey1']),
      nodeName: 'node-1',
    });
    this.nodes.set(setupId, node);
    return node;
  }

  /** Lets the app and the factories work until nothing happens without time passing. */
  async settle(): Promise<void> {
    await this.hub.settle();
    await this.endpoints.runs.settled();
  }

  /** Moves time on, calling the timers at their times. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.clock.now() + milliseconds;
    while (this.clock.now() < end) await this.#step(end);
    await this.settle();
  }

  /** Lets time pass until a setup is in one of these states. */
  async until(setupId: string, ...states: SetupRecord['state'][]): Promise<SetupRecord> {
    const end = this.clock.now() + LONGEST_RUN_MS;
    for (;;) {
      await this.settle();
      const head = await this.head(setupId);
      if (states.includes(head.state)) return head;
      if (this.clock.now() >= end) throw new Error(`${setupId} stays ${head.state} in ${head.phase}`);
      await this.#step(end);
    }
  }

  /** Runs both timers when what was changed just now is due. */
  async runTimers(): Promise<void> {
    await this.advance(CHANGES_DUE_MS);
    await this.#timer('settleSetups');
    await this.#timer('lookAfterWaits');
    await this.settle();
  }

  /** Runs the timer that purges, now. @throws what it throws */
  async purge(): Promise<void> {
    await this.#run('purge');
    await this.settle();
  }

  /** Has what every factory carries counted now. @throws what the timer throws */
  async measure(): Promise<void> {
    await this.#run('startMeasuring');
    await this.settle();
  }

  /** Lets the sweeper see what is left behind, and again when it may remove that. @throws what it throws */
  async sweep(): Promise<void> {
    const { settleEveryMs } = this;
    this.settleEveryMs = HOUR_MS;
    for (const pause of [SEEN_AFTER_MS, REMOVED_AFTER_MS]) {
      await this.advance(pause);
      await this.#run('sweep');
    }
    this.settleEveryMs = settleEveryMs;
  }

  async close(): Promise<void> {
    await this.settle();
    await this.inspect.close();
    await this.hub.close();
  }

  /** To the next moment at which a timer has something to do, but not beyond `end`. */
  async #step(end: number): Promise<void> {
    await this.settle();
    const now = this.clock.now();
    const due = await this.#nextWait();
    const look = Math.max(afterwards(now, LOOK_EVERY_MS), Math.ceil(due / LOOK_EVERY_MS) * LOOK_EVERY_MS);
    const settle = afterwards(now, this.settleEveryMs);
    const next = Math.min(end, look, settle, now + LONGEST_STEP_MS);
    await this.hub.advance(next - now);
    await this.settle();
    if (next === look) await this.#timer('lookAfterWaits');
    if (next === settle) await this.#timer('settleSetups');
    await this.settle();
  }

  /** When the next wait is due. Between two looks at which none is, the timer finds nothing. */
  async #nextWait(): Promise<number> {
    let earliest = Number.POSITIVE_INFINITY;
    try {
      for await (const { due } of this.table('waits').listEntities<{ due: Date }>()) {
        earliest = Math.min(earliest, new Date(due).getTime());
      }
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 404) throw error;
    }
    return earliest;
  }

  async #run(name: string): Promise<void> {
    const timer = this.hub.app.functions.find((each) => each.name === name);
    if (timer === undefined) throw new Error(`The app has no timer ${name}`);
    await this.hub.app.invoke(timer, { json: JSON.stringify({ IsPastDue: false }) });
  }

  async #timer(name: 'settleSetups' | 'lookAfterWaits'): Promise<void> {
    try {
      await this.#run(name);
    } catch (error) {
      this.timerErrors.push(`${name}: ${String(error)}`);
    }
  }
}

function afterwards(now: number, every: number): number {
  return (Math.floor(now / every) + 1) * every;
}

/** Starts endpoints and opens the only deployment on them. */
export async function startWorld({ samples, size }: WorldOptions): Promise<World> {
  const endpoints = await startEndpoints(samples, size);
  try {
    return await World.open(endpoints);
  } catch (error) {
    await endpoints.stop();
    throw error;
  }
}
