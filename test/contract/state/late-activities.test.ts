import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { SecretClient } from '@azure/keyvault-secrets';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startDataFactory } from '../../../local/data-factory/server.ts';
import type { DataFactory } from '../../../local/data-factory/server.ts';
import { runActivity } from '../../../orchestrators/activities/run.ts';
import { activities } from '../../../orchestrators/contract.ts';
import { AuditLog } from '../../../shared/audit/audit-log.ts';
import { EnvironmentDirectory } from '../../../shared/environments/directory.ts';
import { DataFactories } from '../../../shared/factory/data-factory.ts';
import { FactoryBook } from '../../../shared/factory/book.ts';
import { RuntimeBook } from '../../../shared/runtimes/runtime-book.ts';
import { Secrets } from '../../../shared/secrets.ts';
import { Attempts } from '../../../shared/setup/attempts.ts';
import { RunIntents } from '../../../shared/setup/run-intents.ts';
import type { Services } from '../../../shared/services.ts';
import { SqlDatabases } from '../../../shared/sql/database.ts';
import { WaitBook } from '../../../shared/waits/wait-book.ts';
import { settingsFor } from '../../support/api/http-call.ts';
import { noClient } from '../../support/no-client.ts';
import { firstAttempt as attempt, newSetupTable } from '../../support/setup/setup-table.ts';
import type { SetupTable } from '../../support/setup/setup-table.ts';
import { audit, course, milestone, newSetup } from '../../support/setup/stored-setup.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const factory = {
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'migration',
  name: 'factory-1',
};
const placed = { ...attempt, key: newSetup.key, factory };
const waiting = { ...placed, instanceId: 'instance' };
const unused = 'https://unused.example.com';
const settings = settingsFor({ issuer: `${unused}/{tenantId}`, audience: 'api', keysUrl: unused });

type Name = keyof typeof activities;

/** An input of each activity that is fenced. */
const inputs: { readonly [Each in Name]?: object } = {
  selectFactory: placed,
  releaseFactory: { ...placed, entities: 0 },
  leaveRuntime: { ...placed, runtimeName: 'shir-0123456789ab', remove: true },
  ensureRuntime: waiting,
  putConnections: placed,
  restoreConnections: placed,
  renewStaging: placed,
  putPreparation: placed,
  startPreparation: { ...waiting, stage: 'assess' },
  restorePreparation: placed,
  startSourceUndo: { ...waiting, stage: 'release' },
  cancelRuns: placed,
  takeCatalogues: { ...placed, runId: 'run-1', assessmentId: 'looks' },
  evaluateChecks: { ...placed, runId: 'run-1' },
  recordInventory: { ...placed, runId: 'run-1' },
  planTables: placed,
  putReplication: placed,
  markEnvironmentReady: placed,
  clearEnvironmentMark: placed,
  releaseClaims: placed,
  removeFromDestination: placed,
  finish: { ...placed, environment: 'Production', pipelines: [] },
  removeEntities: placed,
  removeStaging: placed,
  releaseEnvironment: placed,
  removeSecret: placed,
  beginUndo: placed,
};
const names = Object.keys(inputs) as Name[];
const [forward, undo] = [names.filter(isOf('forward')), names.filter(isOf('undo'))];

function isOf(fence: string) {
  return (name: Name) => activities[name].fence === fence;
}

let endpoints: Tables;
let dataFactory: DataFactory;
let setups: SetupTable;
let services: Services;
/** Calls to anything but the table of the setups. */
let touched: number;

beforeAll(async () => {
  endpoints = await startTables();
  const { tls, verifyToken, getToken } = endpoints;
  const factories = [{ ...factory, location: 'westeurope' }];
  dataFactory = await startDataFactory({ tls, verifyToken, getToken, factories });
});

afterAll(async () => {
  await dataFactory.stop();
});

beforeEach(() => {
  const tables = new TablesInMemory();
  setups = newSetupTable(tables);
  touched = 0;
  const counting: PipelinePolicy = {
    name: 'counts',
    sendRequest(request, next) {
      touched += 1;
      return next(request);
    },
  };
  const client = new DataFactoryManagementClient(endpoints.credential, factory.subscriptionId, {
    endpoint: dataFactory.url,
    credentialScopes: 'https://management.azure.com/.default',
    retryOptions: { maxRetries: 0 },
    additionalPolicies: [{ policy: counting, position: 'perCall' }],
  });
  // Nobody listens there: a call is counted, and fails.
  const vault = new SecretClient('https://127.0.0.1:9', endpoints.credential, {
    retryOptions: { maxRetries: 0 },
    additionalPolicies: [{ policy: counting, position: 'perCall' }],
  });
  const noStorage = () => {
    touched += 1;
    return Promise.reject(new Error('There is no storage'));
  };
  const gateways: Partial<Services> = {
    store: setups.store,
    attempts: new Attempts(tables.table(counting)),
    findings: setups.findings,
    clock: setups.clock,
    settings,
    book: new FactoryBook(tables.table(counting), setups.clock),
    environments: new EnvironmentDirectory(
      tables.table(counting),
      setups.store,
      new AuditLog(tables.table()),
      setups.clock,
    ),
    runtimes: new RuntimeBook(tables.table(counting)),
    runIntents: new RunIntents(setups.table, setups.clock),
    waits: new WaitBook(tables.table(counting), setups.clock),
    secrets: new Secrets(vault),
    factories: new DataFactories(() => client, setups.clock),
    staging: { remove: noStorage, of: () => ({ open: noStorage }) } as unknown as Services['staging'],
    databases: new SqlDatabases(() => {
      touched += 1;
      return Promise.reject(new Error('There is no destination'));
    }),
  };
  // The fenced activities use no other gateway.
  services = gateways as Services;
});

const run = (name: Name, more: object = {}) => runActivity(name, { ...inputs[name], ...more }, services, noClient);

async function expectNothingDone(name: Name, reason: string, more?: object) {
  const before = await setups.rows('');
  expect(await run(name, more)).toEqual({ stopped: reason });
  expect(touched).toBe(0);
  expect(await setups.rows('')).toEqual(before);
}

test('every activity that is fenced is tried here', () => {
  // Those of a replication run work for a setup that is ready.
  const ofRuns = new Set<Name>(['refreshPlan', 'beginRun', 'startReplication', 'cancelReplication', 'closeRun']);
  const fenced = (Object.keys(activities) as Name[]).filter(
    (name) => activities[name].fence !== 'none' && !ofRuns.has(name),
  );
  expect(names).toEqual(fenced);
});

// The undo begins in the rows of its own setup.
const outside = names.filter((name) => name !== 'beginUndo');

test.each(outside)('%s does its work for the attempt that works', async (name) => {
  await setups.createAt(name === 'selectFactory' ? [] : course.slice(0, 1));
  // It may fail in the end: here is no database and no run.
  await Promise.allSettled([run(name)]);
  expect(touched).toBeGreaterThan(0);
});

test.each(forward)('a late %s is superseded once its attempt takes back what it made', async (name) => {
  await setups.createAt(course.slice(0, 1));
  expect(await run('beginUndo')).toBeNull();
  await expectNothingDone(name, 'superseded');
});

test('the attempt after one that took back what it made goes forward again', async () => {
  await setups.createAt([]);
  await run('beginUndo');
  await setups.store.record(attempt, milestone('failed'));
  await setups.replay(await setups.store.require(attempt), 'FactorySelection');
  expect(await setups.store.open({ ...attempt, attempt: 2 }, 'run-2')).toMatchObject({ setup: { undoing: false } });
});

describe.each(forward)('a late %s', (name) => {
  test.each([
    ['superseded', 'ready', course],
    ['superseded', 'failed', [milestone('failed')]],
    ['superseded', 'canceled', [milestone('cancelRequested'), milestone('canceled')]],
    ['canceled', 'canceling', [milestone('cancelRequested')]],
  ])('is %s and changes nothing when its attempt is %s', async (reason, _state, milestones) => {
    await setups.createAt(milestones);
    await expectNothingDone(name, reason);
  });
});

describe.each(names)('a late %s changes nothing', (name) => {
  test('when the next attempt has begun', async () => {
    const failed = await setups.createAt([milestone('failed')]);
    await setups.replay(failed, 'FactorySelection');
    await setups.store.open({ ...attempt, attempt: 2 }, 'run-2');
    await expectNothingDone(name, 'superseded');
  });

  test('when its attempt was given to a cleanup', async () => {
    await setups.store.beginCleanup(await setups.createAt(course.slice(0, 1)), 1);
    await expectNothingDone(name, 'superseded');
  });

  test('when it is of a cleanup that another one has followed', async () => {
    await setups.store.beginCleanup(await setups.createAt(course.slice(0, 1)), 2);
    await expectNothingDone(name, 'superseded', { cleanup: 1 });
  });

  test('when nothing is left of its setup', async () => {
    await setups.table.createTable();
    await expectNothingDone(name, 'superseded');
  });
});

test.each(undo)('a late %s takes nothing from a setup that is ready', async (name) => {
  await setups.createAt(course);
  await expectNothingDone(name, 'superseded');
});

test.each(outside.filter(isOf('undo')))('%s of an attempt that somebody wants to end does its work', async (name) => {
  await setups.store.requestCancel(await setups.createAt([]), { ...audit, requestId: 'request-2' });
  await Promise.allSettled([run(name)]);
  expect(touched).toBeGreaterThan(0);
});

test('a selection that another call has overtaken goes by what that one recorded', async () => {
  await setups.createAt([]);
  const { book } = services;
  const reserve = book.reserve.bind(book);
  book.reserve = async (...place) => {
    await setups.store.record(attempt, {
      name: 'factorySelected',
      data: { factory: { ...factory, name: 'factory-2' }, candidates: [] },
    });
    return reserve(...place);
  };
  const choice = run('selectFactory', { known: factory });
  await expect(choice).rejects.toThrow('Another call has chosen factory-2');
  expect(await run('selectFactory')).toMatchObject({ factory: { name: 'factory-2' } });
});

test('a late reservation finds what its attempt has chosen, and takes no other place', async () => {
  await setups.createAt(course.slice(0, 1));
  expect(await run('selectFactory')).toMatchObject({ factory: { name: 'factory-1' } });
  expect(touched).toBe(0);
});
