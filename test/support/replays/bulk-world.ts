/** Many setups that failed, on real tables, and bulk replays of them on a task hub, in a time that a test moves. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { getClient } from 'durable-functions';
import type { DurableClient } from 'durable-functions';
import { settleSetups } from '../../../functions/timers/settle-setups.ts';
import { runActivity } from '../../../orchestrators/activities/run.ts';
import { AuditLog } from '../../../shared/audit/audit-log.ts';
import { EnvironmentDirectory } from '../../../shared/environments/directory.ts';
import { ReplayBook } from '../../../shared/replays/replay-book.ts';
import type { BulkReplay, ReplayFilter, ReplayItem } from '../../../shared/replays/replay.ts';
import { startReplayMany } from '../../../shared/replays/start.ts';
import { EndedBook } from '../../../shared/retention/ended-book.ts';
import type { Services } from '../../../shared/services.ts';
import { ActiveSetups } from '../../../shared/setup/active.ts';
import type { SetupInput } from '../../../shared/setup/attempt-input.ts';
import { EventPublisher } from '../../../shared/setup/publisher.ts';
import { SetupIndex } from '../../../shared/setup/setup-index.ts';
import { SetupStore } from '../../../shared/setup/store.ts';
import type { SetupRecord } from '../../../shared/setup/store.ts';
import { contextFor } from '../api/http-call.ts';
import type { Faults } from '../durable/faults.ts';
import { TaskHub } from '../durable/task-hub.ts';
import { copyRows } from '../setup/copied-rows.ts';
import { audit, milestone, newSetup } from '../setup/stored-setup.ts';
import type { Tables } from '../tables.ts';

const appDirectory = path.join(import.meta.dirname, '../fixtures/replay-app');
const { tenantId, destination } = newSetup;

const failedOnes: ReplayFilter = { tenantId, state: ['Failed'] };

/** Who asks for bulk replays. */
export const operator = { actor: 'operator', action: 'createReplay', requestId: 'request-of-the-operator' };

export interface BulkWorld {
  readonly hub: TaskHub;
  readonly services: Pick<Services, 'clock' | 'store' | 'index' | 'active' | 'environments' | 'replays' | 'settings'>;
  readonly client: DurableClient;
  /** Setups whose next attempt fails again. */
  readonly broken: Set<string>;
  /** When each attempt was begun, in milliseconds since the beginning, oldest first. */
  readonly beginnings: { readonly setupId: string; readonly at: number }[];
  /** Setups of which nothing can be read or written. */
  readonly unreachable: Set<string>;
  /** At which of the coming changes of setups the host is killed, once they are made: 1 is the next one. */
  killAtChanges: number[];
  /** Stores setups that failed in their first attempt. */
  fail(setupIds: readonly string[]): Promise<void>;
  setup(setupId: string): Promise<SetupRecord>;
  /** Asks for a bulk replay of all setups of the tenant that failed, and starts it. */
  replay(wanted?: Partial<Pick<BulkReplay, 'perMinute' | 'from' | 'filter'>>): Promise<BulkReplay>;
  /** Moves time on until a bulk replay has ended. */
  untilEnd(replay: BulkReplay): Promise<BulkReplay>;
  items(replay: BulkReplay): Promise<ReplayItem[]>;
  close(): Promise<void>;
}

/** Makes it, on tables of its own. One at a time: see `TaskHub`. */
export async function openBulkWorld(tables: Tables, faults: Faults = {}): Promise<BulkWorld> {
  const activity = (name: 'chooseSetups' | 'replayRound' | 'endReplay') => (input: unknown) => {
    // That of the host that runs it now: what a killed one has left running reaches nothing any more.
    const client = world.client;
    return runActivity(name, input, services as Services, () => client);
  };
  const hub = await TaskHub.open({
    appDirectory,
    faults,
    activities: {
      chooseSetups: activity('chooseSetups'),
      replayRound: activity('replayRound'),
      endReplay: activity('endReplay'),
      attemptSetup,
    },
  });
  const clock = { now: () => new Date(hub.clock.now()) };
  const begin = hub.clock.now();

  const watched: PipelinePolicy = {
    name: 'watched',
    async sendRequest(request, next) {
      const named = `${request.url} ${typeof request.body === 'string' ? request.body : ''}`;
      if ([...world.unreachable].some((setupId) => named.includes(setupId))) {
        return { request, status: 400, headers: createHttpHeaders() };
      }
      const response = await next(request);
      if (!request.url.includes('$batch')) return response;
      world.killAtChanges = world.killAtChanges.map((change) => change - 1);
      if (!world.killAtChanges.includes(0)) return response;
      hub.kill();
      return new Promise(() => undefined);
    },
  };
  const rows = [tables.table(), tables.table(), tables.table(watched), tables.table()] as const;
  const [activeRows, indexRows, setupRows, environmentRows] = rows;
  const active = new ActiveSetups(activeRows, clock);
  const index = new SetupIndex(indexRows);
  const ended = new EndedBook(tables.table());
  const log = new AuditLog(tables.table());
  const eventSource = 'https://migration.example.com';
  const store = new SetupStore({ setups: setupRows, active, index, audit: log, clock, eventSource });
  const beginNext = store.beginNext.bind(store);
  store.beginNext = async (setup, ...rest) => {
    const begun = await beginNext(setup, ...rest);
    if (begun !== undefined) world.beginnings.push({ setupId: begun.setupId, at: hub.clock.now() - begin });
    return begun;
  };
  const settings = {
    MIGRATION_FACTORIES: [
      { subscriptionId: '00000000-0000-4000-8000-000000000001', resourceGroup: 'migration', name: 'factory-one' },
    ],
    MIGRATION_RUNTIME_WAIT_HOURS: 24,
  };
  const services = {
    clock,
    store,
    index,
    active,
    ended,
    environments: new EnvironmentDirectory(environmentRows, store, log, clock),
    replays: new ReplayBook(tables.table(), log, ended, clock),
    // Of the settings, those that an attempt is started with.
    settings: settings as Services['settings'],
  };

  /** Stands for the phases of a setup. */
  async function attemptSetup({ tenantId: tenant, setupId, attempt }: SetupInput): Promise<null> {
    const id = { tenantId: tenant, setupId, attempt };
    await store.open(id, `run of ${attempt}`);
    await store.record(id, milestone(world.broken.has(setupId) ? 'failed' : 'ready'));
    return null;
  }

  const world: BulkWorld = {
    hub,
    services,
    get client() {
      const { rpcBaseUrl } = JSON.parse(hub.app.durableClient) as { rpcBaseUrl: string };
      return getClient(contextFor([], rpcBaseUrl));
    },
    broken: new Set(),
    beginnings: [],
    unreachable: new Set(),
    killAtChanges: [],
    async fail([first, ...others]) {
      if (first === undefined) return;
      await failSetup(first);
      await copyRows(rows, first, others);
    },
    setup: (setupId) => store.require({ tenantId, setupId }),
    async replay({ perMinute = 600, from, filter = failedOnes } = {}) {
      const replay = await services.replays.create({ filter, from, perMinute }, operator);
      await startReplayMany(world.client, replay);
      return replay;
    },
    async untilEnd({ replayId }) {
      const { run } = await services.replays.require(replayId);
      await hub.untilEnd(`replay.${replayId}.${run}`);
      return services.replays.require(replayId);
    },
    async items({ replayId }) {
      return (await services.replays.items(replayId, 10_000, {})).values;
    },
    close: () => hub.close(),
  };

  async function failSetup(setupId: string): Promise<void> {
    const environment = `Of ${setupId}`;
    const { environment: _name, ...place } = destination;
    await services.environments.put(tenantId, { name: environment, ...place }, undefined, {
      actor: 'provider',
      action: 'putEnvironment',
      requestId: crypto.randomUUID(),
    });
    const request = { ...newSetup.request, destination: { environment } };
    const setup = { ...newSetup, setupId, request, destination: { environment, ...place } };
    await store.create(setup, { ...audit, requestId: crypto.randomUUID() });
    await store.record({ tenantId, setupId, attempt: 1 }, milestone('failed'));
  }

  return world;
}

/** Ids of as many setups. */
export function setupIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `setup-${String(index + 1).padStart(4, '0')}`);
}

/**
 * Every setup has one more attempt, begun by the bulk replay, and that attempt its own end.
 * @throws {AssertionError} with what differs
 */
export async function expectReplayedOnce(world: BulkWorld, replay: BulkReplay, ids: readonly string[]): Promise<void> {
  const { hub, services, broken } = world;
  await hub.settle();
  await startLeftBehind(world, replay, ids);
  assert.equal(replay.state, 'Completed');
  assert.deepEqual(replay.counts, { replayed: ids.length, skipped: 0, refused: 0, failed: 0 });
  const results = (await world.items(replay)).map(({ setupId, result, begunAttempt }) => [
    setupId,
    result,
    begunAttempt,
  ]);
  assert.deepEqual(
    results,
    ids.map((id) => [id, 'replayed', 2]),
  );
  for (const id of ids) {
    const { attempt, state } = await world.setup(id);
    assert.deepEqual([id, attempt, state], [id, 2, broken.has(id) ? 'Failed' : 'Ready']);
    const reached = await services.store.milestonesOf({ tenantId, setupId: id, attempt: 2 });
    assert.equal(reached.filter(({ name }) => name === 'accepted').length, 1);
  }
  const started = hub.histories().filter(({ name }) => name === 'setup');
  assert.equal(started.length, ids.length);
}

/** What could not be started at once is told, and is the timer's. */
async function startLeftBehind(world: BulkWorld, replay: BulkReplay, ids: readonly string[]): Promise<void> {
  const { hub, services, client } = world;
  const setups = await Promise.all(ids.map((id) => world.setup(id)));
  const waiting = setups.filter(({ state }) => state === 'Accepted').map(({ setupId }) => setupId);
  const items = await world.items(replay);
  const told = items.filter(({ reason = '' }) => reason.startsWith('It could not be started at once'));
  for (const setupId of waiting) assert.ok(told.some((item) => item.setupId === setupId));
  await hub.advance(31_000);
  const publisher = new EventPublisher(deafSender, services.store, services.active, services.clock);
  await settleSetups(client, { ...services, publisher } as unknown as Services);
  await hub.settle();
}

/** Takes every event and passes none on. */
const deafSender = { sendMessages: async () => undefined };
