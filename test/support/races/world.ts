/** The real handlers, timers, activities and stores on everything in memory, each of their steps at a gate. */
import { randomUUID } from 'node:crypto';
import type { OrchestrationHandler } from 'durable-functions';
import { createToHandler } from '../../../functions/http/adapter.ts';
import { routes } from '../../../functions/routes.ts';
import { lookAfterWaits } from '../../../functions/timers/waits.ts';
import { settleSetups } from '../../../functions/timers/settle-setups.ts';
import type { activities } from '../../../orchestrators/contract.ts';
import { runActivity } from '../../../orchestrators/activities/run.ts';
import type { AuditLog } from '../../../shared/audit/audit-log.ts';
import { EnvironmentDirectory } from '../../../shared/environments/directory.ts';
import { DataFactories } from '../../../shared/factory/data-factory.ts';
import { FactoryIdentities } from '../../../shared/factory/identities.ts';
import { FactoryBook } from '../../../shared/factory/book.ts';
import { OrphanBook } from '../../../shared/orphans/orphan-book.ts';
import type { EventSender } from '../../../shared/requests/refusals.ts';
import type { EndedBook } from '../../../shared/retention/ended-book.ts';
import { SetupRows } from '../../../shared/retention/setup-rows.ts';
import { RuntimeBook } from '../../../shared/runtimes/runtime-book.ts';
import { Secrets } from '../../../shared/secrets.ts';
import type { Services } from '../../../shared/services.ts';
import { replayItem } from '../../../shared/replays/replay-item.ts';
import { noCounts } from '../../../shared/replays/replay.ts';
import type { BulkReplay } from '../../../shared/replays/replay.ts';
import { ReplayBook } from '../../../shared/replays/replay-book.ts';
import { ActiveSetups } from '../../../shared/setup/active.ts';
import { Attempts } from '../../../shared/setup/attempts.ts';
import { Findings } from '../../../shared/setup/findings.ts';
import { EventPublisher } from '../../../shared/setup/publisher.ts';
import type { SetupIndex } from '../../../shared/setup/setup-index.ts';
import { RunIntents } from '../../../shared/setup/run-intents.ts';
import { RunFigures } from '../../../shared/replication/run-figures.ts';
import { ReplicationRuns } from '../../../shared/replication/replication-runs.ts';
import { SetupStore } from '../../../shared/setup/store.ts';
import { SqlDatabases } from '../../../shared/sql/database.ts';
import { WaitBook } from '../../../shared/waits/wait-book.ts';
import { callHandler, contextFor, settingsFor } from '../api/http-call.ts';
import type { Answer, Sent } from '../api/http-call.ts';
import { startTokenIssuer, tenantId } from '../api/token-issuer.ts';
import { TablesInMemory } from '../tables-in-memory/storage.ts';
import { ModelDurable } from './durable.ts';
import { durableWire } from './durable-wire.ts';
import { EnvironmentDatabase } from './environment-database.ts';
import { FactoriesInMemory } from './factory.ts';
import { HeadWatch } from './head-watch.ts';
import { preparationThat } from './short-orchestrations.ts';
import { Stage } from './stage.ts';
import { WorldTime } from './time.ts';
import { VaultInMemory } from './vault.ts';

export const environment = 'Production';
const place = { server: 'online.example.com', database: 'tenant01', region: 'westeurope' };
const START = Date.UTC(2026, 10, 24, 10);

/** Who may sign tokens for worlds. */
export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

export interface WorldOptions {
  /** Orchestrations beside those of the product. */
  readonly orchestrations?: Readonly<Record<string, OrchestrationHandler>>;
  /** What of the product does not work. */
  readonly broken?: Broken | undefined;
}

/** A fence that is taken out, so that a test sees whether schedules find it. */
export interface Broken {
  /** A table whose conditions all hold. */
  readonly ignoresConditionsOf?: string;
  /** Gateways in place of those of the product. */
  readonly services?: (services: Services) => Partial<Services>;
}

/** Starts what signs the tokens of all worlds; they never run out. */
export async function startIssuer() {
  const issuer = await startTokenIssuer();
  const settings = settingsFor(issuer);
  const token = await issuer.sign({ nbf: 0, exp: 9_999_999_999 });
  return { settings, token, stop: () => issuer.stop() };
}

export class World implements Disposable {
  readonly stage = new Stage();
  readonly time = new WorldTime(START);
  readonly heads = new HeadWatch();
  readonly tables: TablesInMemory;
  readonly vault = new VaultInMemory(this.stage.gate);
  readonly factories = new FactoriesInMemory(this.stage.gate);
  readonly database = new EnvironmentDatabase(this.stage.gate);
  readonly durable: ModelDurable;
  readonly services: Services;
  /** Ids of the events that were sent, in order, each with its setup. */
  sent: { readonly setup: string; readonly id: string }[] = [];
  /** Whether preparations fail. */
  fails = false;
  readonly #toHandler: ReturnType<typeof createToHandler>;
  readonly #token: string;
  readonly #wire: Disposable;

  constructor({ settings, token }: Issuer, { orchestrations = {}, broken = {} }: WorldOptions = {}) {
    this.tables = new TablesInMemory({
      gate: this.stage.gate,
      onChange: this.heads.onChange,
      ignoresConditionsOf: broken.ignoresConditionsOf,
    });
    const services = this.#gateways(settings);
    this.services = { ...services, ...broken.services?.(services) };
    this.#toHandler = createToHandler(this.services);
    this.#token = token;
    const client = () => this.durable.client();
    this.durable = new ModelDurable(
      this,
      (name, input) => runActivity(name as keyof typeof activities, input, this.services, client),
      { preparation: preparationThat(() => this.fails), ...orchestrations },
    );
    this.#wire = durableWire.connect(this.durable);
  }

  #gateways(settings: Services['settings']): Services {
    const clock = this.time;
    const { tables, factories } = this;
    const setups = tables.client('setups');
    const dataFactories = new DataFactories(() => factories.client, clock);
    const active = new ActiveSetups(tables.client('activesetups'), clock);
    // How lists are kept up to date has a test of its own, with every interleaving.
    const index = { put: () => Promise.resolve() } as unknown as SetupIndex;
    // And so has the audit log: what was written with its change stays there.
    const audit = { move: () => Promise.resolve(), moveAll: () => Promise.resolve() } as unknown as AuditLog;
    const ended = { note: () => Promise.resolve() } as unknown as EndedBook;
    const written = { setups, active, index, audit, clock, eventSource: settings.MIGRATION_EVENT_SOURCE };
    const store = new SetupStore(written);
    return {
      settings,
      // Only the checks have thresholds, and nothing is checked here.
      thresholds: {} as Services['thresholds'],
      clock,
      store,
      replicationRuns: new ReplicationRuns(written),
      runFigures: new RunFigures(tables.client('runfigures')),
      active,
      audit,
      ended,
      index,
      attempts: new Attempts(setups),
      setupRows: new SetupRows(setups),
      replays: new ReplayBook(tables.client('replays'), audit, ended, clock),
      findings: new Findings(setups),
      environments: new EnvironmentDirectory(tables.client('environments'), store, audit, clock),
      book: new FactoryBook(tables.client('factories'), clock),
      // Nothing is counted here.
      quotas: {} as Services['quotas'],
      entityMetrics: {} as Services['entityMetrics'],
      runtimes: new RuntimeBook(tables.client('runtimes')),
      publisher: this.#publisher({ store, active }),
      factories: dataFactories,
      identities: new FactoryIdentities(dataFactories, clock),
      waits: new WaitBook(tables.client('waits'), clock),
      runIntents: new RunIntents(setups, clock),
      orphans: new OrphanBook(tables.client('orphans')),
      // Nothing is staged here.
      staging: {
        of: () => ({ open: () => Promise.resolve('https://staging.example.com/container') }),
        remove: () => Promise.resolve(false),
      } as unknown as Services['staging'],
      databases: new SqlDatabases(this.database.connect),
      secrets: new Secrets(this.vault.client),
    };
  }

  #publisher({ store, active }: Pick<Services, 'store' | 'active'>): EventPublisher {
    const sendMessages: EventSender['sendMessages'] = ({ messageId, sessionId }) =>
      this.stage.gate('send event', () => void this.sent.push({ setup: String(sessionId), id: String(messageId) }));
    return new EventPublisher({ sendMessages }, store, active, this.time);
  }

  /** Registers the environment. Every table and the keys of the tokens are there afterwards: nobody waits for another's. */
  async begin(): Promise<void> {
    const { environments, active, waits, book, runtimes, findings, settings } = this.services;
    const editor = { actor: 'provider', action: 'putEnvironment', requestId: 'begin' };
    const nobody = { tenantId, setupId: 'nobody', attempt: 1 };
    await environments.put(tenantId, { name: environment, ...place }, undefined, editor);
    await active.due();
    await waits.due();
    await findings.of(nobody, 'cause');
    await runtimes.get(tenantId, 'none');
    await book.read(settings.MIGRATION_FACTORIES, { key: 'none' });
    await this.call('getSetup', nobody.setupId);
  }

  /** Calls a route of the API, as a client of the setups' tenant. */
  call(name: string, setupId: string, sent: Sent = {}): Promise<Answer> {
    const route = routes.find((candidate) => candidate.name === name);
    if (route === undefined) throw new Error(`There is no route ${name}`);
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
    const request = { ...sent, method: route.method, params: { tenantId, setupId }, headers };
    return callHandler(this.#toHandler(route), request, { durableUrl: durableWire.url });
  }

  /** Remembers everything, while nobody acts. @returns what brings it back, as often as wanted */
  keep(): () => void {
    const { tables, vault, factories, database, durable, time, heads, stage } = this;
    const parts = [tables, vault, factories, durable, time].map((part) => part.keep());
    const { mark } = database;
    const sent = [...this.sent];
    const violations = [...heads.violations];
    return () => {
      for (const bringBack of parts) bringBack();
      database.mark = mark;
      this.sent = [...sent];
      heads.violations = [...violations];
      // It remembers what it has published, which did not happen any more.
      Object.assign(this.services, { publisher: this.#publisher(this.services) });
      stage.clear();
    };
  }

  /** Replays one setup of a bulk replay that was chosen after its first attempt. */
  replayOneOfMany(setupId: string): Promise<unknown> {
    const at = this.time.now().toISOString();
    const replay: BulkReplay = {
      replayId: randomUUID(),
      filter: { state: ['Failed', 'Canceled'] },
      perMinute: 60,
      actor: 'operator',
      state: 'Running',
      counts: noCounts,
      run: 1,
      createdAt: at,
      lastModifiedAt: at,
      etag: '',
    };
    const chosen = { tenantId, setupId, attempt: 1, phase: 'Assessment', result: 'pending' } as const;
    return replayItem(this.services, this.durable.client(), replay, chosen);
  }

  settle(): Promise<void> {
    return settleSetups(this.durable.client(), this.services);
  }

  look(): Promise<void> {
    return lookAfterWaits(this.durable.client(), this.services, contextFor([], durableWire.url));
  }

  [Symbol.dispose](): void {
    this.#wire[Symbol.dispose]();
  }
}
