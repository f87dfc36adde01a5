import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import type { TableClient } from '@azure/data-tables';
import { SecretClient } from '@azure/keyvault-secrets';
import { BlobServiceClient } from '@azure/storage-blob';
import { startDataFactory } from '../../../local/data-factory/server.ts';
import { startKeyVault } from '../../../local/key-vault/server.ts';
import { AuditLog } from '../../../shared/audit/audit-log.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { Settings } from '../../../shared/config.ts';
import { DataFactories } from '../../../shared/factory/data-factory.ts';
import { FactoryIdentities } from '../../../shared/factory/identities.ts';
import { FactoryBook } from '../../../shared/factory/book.ts';
import { EndedBook } from '../../../shared/retention/ended-book.ts';
import { Secrets } from '../../../shared/secrets.ts';
import type { Services } from '../../../shared/services.ts';
import { ActiveSetups } from '../../../shared/setup/active.ts';
import { Attempts } from '../../../shared/setup/attempts.ts';
import { LostAnswers } from './lost-answers.ts';
import { Findings } from '../../../shared/setup/findings.ts';
import { SetupIndex } from '../../../shared/setup/setup-index.ts';
import { ReplicationRuns } from '../../../shared/replication/replication-runs.ts';
import { RunFigures } from '../../../shared/replication/run-figures.ts';
import { SetupStore } from '../../../shared/setup/store.ts';
import { EnvironmentDirectory } from '../../../shared/environments/directory.ts';
import { RuntimeBook } from '../../../shared/runtimes/runtime-book.ts';
import { ReplayBook } from '../../../shared/replays/replay-book.ts';
import { StagingAccounts } from '../../../shared/factory/staging-accounts.ts';
import { Staging } from '../../../shared/factory/staging.ts';
import { WaitBook } from '../../../shared/waits/wait-book.ts';
import { startTables } from '../tables.ts';
import { factoryObjectId, providerTenantId } from './token-issuer.ts';

/** What the handlers work with, on local endpoints. */
export interface HttpServices {
  readonly services: Services;
  readonly vault: SecretClient;
  readonly setups: TableClient;
  /** Lets the firewall of the vault let nobody in, or everybody again. */
  closeVault(closed: boolean): void;
  /** Loses answers of the vault and of the table of setups. */
  readonly lostAnswers: LostAnswers;
  readonly audits: TableClient;
  /** Where nodes register. */
  readonly dataFactoryUrl: string;
  stop(): Promise<void>;
}

/** Starts the endpoints that the handlers of the API reach: tables, a vault and the configured factories. */
export async function startHttpServices(settings: Settings): Promise<HttpServices> {
  const tables = await startTables();
  const { tls, verifyToken, getToken, credential } = tables;
  let vaultIsClosed = false;
  const isClosed = () => vaultIsClosed;
  const keyVault = await startKeyVault({ tls, verifyToken, authority: 'https://login.example.com', isClosed });
  const identity = { tenantId: providerTenantId, objectId: factoryObjectId, getToken };
  const located = settings.MIGRATION_FACTORIES.map((factory) => ({ ...factory, identity, location: 'westeurope' }));
  const dataFactory = await startDataFactory({ tls, verifyToken, getToken, factories: located });

  const lostAnswers = new LostAnswers();
  const vault = new SecretClient(keyVault.url, credential, {
    disableChallengeResourceVerification: true,
    additionalPolicies: [{ policy: lostAnswers.policy, position: 'perRetry' }],
  });
  const setups = tables.table();
  setups.pipeline.addPolicy(lostAnswers.policy, { afterPhase: 'Retry' });
  const active = new ActiveSetups(tables.table(), systemClock);
  const index = new SetupIndex(tables.table());
  const audits = tables.table();
  const audit = new AuditLog(audits);
  const eventSource = settings.MIGRATION_EVENT_SOURCE;
  const written = { setups, active, index, audit, clock: systemClock, eventSource };
  const store = new SetupStore(written);
  const factories = new DataFactories((subscriptionId) => {
    return new DataFactoryManagementClient(credential, subscriptionId, { endpoint: dataFactory.url });
  }, systemClock);
  const gateways: Partial<Services> = {
    settings,
    clock: systemClock,
    store,
    replicationRuns: new ReplicationRuns(written),
    runFigures: new RunFigures(tables.table()),
    active,
    audit,
    index,
    attempts: new Attempts(setups),
    findings: new Findings(setups),
    environments: new EnvironmentDirectory(tables.table(), store, audit, systemClock),
    book: new FactoryBook(tables.table(), systemClock),
    replays: new ReplayBook(tables.table(), audit, new EndedBook(tables.table()), systemClock),
    waits: new WaitBook(tables.table(), systemClock),
    runtimes: new RuntimeBook(tables.table()),
    secrets: new Secrets(vault),
    staging: new StagingAccounts(new Map(), new Staging(new BlobServiceClient(tables.blobUrl, credential))),
    factories,
    identities: new FactoryIdentities(factories, systemClock),
  };
  return {
    // The handlers use no other gateway.
    services: gateways as Services,
    vault,
    closeVault(closed) {
      vaultIsClosed = closed;
    },
    setups,
    lostAnswers,
    audits,
    dataFactoryUrl: dataFactory.url,
    async stop() {
      await Promise.all([dataFactory.stop(), keyVault.stop()]);
    },
  };
}

/** Stands for the Durable extension, which takes starts, events and questions on a port of its own. */
export interface StartRecorder {
  readonly url: string;
  /** Path and body of every start and event, oldest first. */
  readonly starts: readonly { readonly path: string; readonly body: string }[];
  /** Ids of the instances that were asked about, oldest first; a test may empty it. */
  readonly questions: string[];
  /** How instances are, by their ids. One that was started runs; the test says when it ends. */
  readonly statuses: Map<string, string>;
  stop(): Promise<void>;
}

/** Takes starts of orchestrations and their events, and runs none. `onStart` hears of each start before its answer. */
export async function startRecorder(onStart: () => void = () => undefined): Promise<StartRecorder> {
  const starts: { path: string; body: string }[] = [];
  const questions: string[] = [];
  const statuses = new Map<string, string>();

  function answerTo(method: string | undefined, path: string, body: string): { status: number; answer?: object } {
    const id = path.split('/').at(-1) ?? '';
    const runtimeStatus = statuses.get(id);
    if (method === 'GET') {
      questions.push(id);
      if (runtimeStatus === undefined) return { status: 404 };
      const times = { createdTime: '2026-11-24T10:00:00Z', lastUpdatedTime: '2026-11-24T10:00:00Z' };
      return {
        status: 200,
        answer: { name: 'recorded', instanceId: id, runtimeStatus, input: null, output: null, ...times },
      };
    }
    if (method === 'DELETE') {
      if (runtimeStatus === undefined) return { status: 404 };
      // As the extension does, which spares what still runs.
      if (!['Completed', 'Failed', 'Terminated', 'Canceled'].includes(runtimeStatus)) return { status: 412 };
      statuses.delete(id);
      return { status: 200, answer: { instancesDeleted: 1 } };
    }
    if (path.startsWith('/orchestrators/')) {
      if (runtimeStatus === 'Running') return { status: 409 };
      statuses.set(id, 'Running');
      onStart();
    }
    starts.push({ path, body });
    return { status: 202, answer: { id } };
  }

  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { status, answer } = answerTo(request.method, request.url ?? '', body);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(answer === undefined ? undefined : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    starts,
    questions,
    statuses,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
