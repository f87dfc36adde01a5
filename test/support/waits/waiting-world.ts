/** Setups that wait, on real tables and the local Data Factory, in a time that a test moves. */
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { getClient } from 'durable-functions';
import type { DurableClient } from 'durable-functions';
import { lookAfterWaits } from '../../../functions/timers/waits.ts';
import { VirtualClock } from '../../../local/endpoint/clock.ts';
import { registerRuntimeNode } from '../../../local/data-factory/runtime-node.ts';
import { startDataFactory } from '../../../local/data-factory/server.ts';
import { AuditLog } from '../../../shared/audit/audit-log.ts';
import { DataFactories } from '../../../shared/factory/data-factory.ts';
import type { Services } from '../../../shared/services.ts';
import { ActiveSetups } from '../../../shared/setup/active.ts';
import { instanceIdOf } from '../../../shared/setup/setup.ts';
import { SetupIndex } from '../../../shared/setup/setup-index.ts';
import { SetupStore } from '../../../shared/setup/store.ts';
import type { NewWait } from '../../../shared/waits/wait.ts';
import { WaitBook } from '../../../shared/waits/wait-book.ts';
import { contextFor } from '../api/http-call.ts';
import { startRecorder } from '../api/http-services.ts';
import { audit, newSetup } from '../setup/stored-setup.ts';
import { startTables } from '../tables.ts';

const TIMER_MS = 5_000;

export const factory = {
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'migration',
  name: 'factory-one',
};

/** An event that was raised. */
interface Raised {
  readonly eventName: string;
  readonly payload: unknown;
}

export interface WaitingWorld {
  readonly clock: VirtualClock;
  readonly services: Pick<Services, 'clock' | 'store' | 'active' | 'waits' | 'factories'>;
  readonly client: DurableClient;
  /** How instances are, by their ids; that of an attempt runs. */
  readonly statuses: Map<string, string>;
  /** Paths of the questions that Data Factory was asked for waits, oldest first; a test may empty it. */
  readonly questions: string[];
  /** Status with which Data Factory answers questions; undefined while it is well. */
  outage: number | undefined;
  /** Brings each request about rows, and each question, about; a test may let them wait for each other. */
  gate: <Answer>(step: string, send: () => Promise<Answer>) => Promise<Answer>;
  readonly logged: string[];
  /** The events that were raised for an instance, oldest first. */
  raised(instanceId: string): Raised[];
  /** Stores a setup that waits in its first attempt, for a runtime of its own unless another target is given. */
  wait(setupId: string, wanted?: Partial<NewWait>): Promise<NewWait>;
  /** Has a node register at a runtime of the factory. */
  registerNode(runtimeName: string): Promise<void>;
  /** Runs the timer once. */
  look(): Promise<void>;
  /** Moves time on to the first run of the timer at which a setup's wait is due, and runs it. */
  nextLook(setupId: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it. */
export async function startWaitingWorld(): Promise<WaitingWorld> {
  const [tables, durable] = await Promise.all([startTables(), startRecorder()]);
  const { tls, verifyToken, getToken, credential } = tables;
  const clock = new VirtualClock();
  const dataFactory = await startDataFactory({
    factories: [{ ...factory, location: 'westeurope' }],
    tls,
    verifyToken,
    getToken,
    clock,
  });
  const questions: string[] = [];
  const asked: PipelinePolicy = {
    name: 'asked',
    async sendRequest(request, next) {
      const question = new URL(request.url).pathname.split('/').slice(-2).join('/');
      if (!/getStatus|queryPipelineRuns/.test(question)) return next(request);
      questions.push(question);
      if (world.outage === undefined) return world.gate(question, () => next(request));
      return { request, status: world.outage, headers: createHttpHeaders() };
    },
  };
  const productClock = { now: () => new Date(clock.now()) };
  const factories = new DataFactories((subscriptionId) => {
    return new DataFactoryManagementClient(credential, subscriptionId, {
      endpoint: dataFactory.url,
      additionalPolicies: [{ policy: asked, position: 'perRetry' }],
      retryOptions: { maxRetries: 0 },
    });
  }, productClock);
  const gated: PipelinePolicy = {
    name: 'gated',
    sendRequest: (request, next) => world.gate(`${request.method} row`, () => next(request)),
  };
  const active = new ActiveSetups(tables.table(), productClock);
  const store = new SetupStore({
    setups: tables.table(),
    active,
    index: new SetupIndex(tables.table()),
    audit: new AuditLog(tables.table()),
    clock: productClock,
    eventSource: 'https://migration.example.com',
  });
  const logged: string[] = [];
  const context = contextFor(logged, durable.url);
  const client = getClient(context);
  const waits = new WaitBook(tables.table(gated), productClock);
  const services = { clock: productClock, store, active, waits, factories };

  const world: WaitingWorld = {
    clock,
    services,
    client,
    statuses: durable.statuses,
    questions,
    outage: undefined,
    logged,
    gate: (_step, send) => send(),
    raised: (instanceId) =>
      durable.starts.flatMap(({ path, body }) => {
        const [, raisedFor, eventName = ''] = /^\/instances\/([^/]+)\/raiseEvent\/([^/?]+)/.exec(path) ?? [];
        return raisedFor === instanceId ? [{ eventName, payload: JSON.parse(body) as unknown }] : [];
      }),
    async wait(setupId, wanted = {}) {
      await store.create({ ...newSetup, setupId }, audit);
      const runtimeName = `shir-${setupId}`;
      await factories.createRuntime(factory, runtimeName, 'test');
      const wait = {
        tenantId: newSetup.tenantId,
        setupId,
        attempt: 1,
        instanceId: `${setupId}.1.part`,
        eventName: 'runtime',
        target: { kind: 'runtime', factory, runtimeName },
        ...wanted,
      } as const satisfies NewWait;
      durable.statuses.set(instanceIdOf(wait), 'Running');
      await services.waits.open(wait);
      return wait;
    },
    async registerNode(runtimeName) {
      const { authKey1 = '' } = (await factories.runtimeKeys(factory, runtimeName)) ?? {};
      await registerRuntimeNode(dataFactory.url, { authKey: authKey1, nodeName: 'node-1' });
    },
    // The timer uses no other gateway.
    look: () => lookAfterWaits(client, services as Services, context),
    async nextLook(setupId) {
      const wait = await services.waits.get({ tenantId: newSetup.tenantId, setupId });
      if (wait === undefined) throw new Error(`${setupId} waits for nothing`);
      const due = Math.ceil(wait.due.getTime() / TIMER_MS) * TIMER_MS;
      await clock.advance(Math.max(0, due - clock.now()));
      await world.look();
    },
    async stop() {
      await Promise.all([dataFactory.stop(), durable.stop()]);
    },
  };
  return world;
}
