/** Every signal that the app can send is provoked, as an operator would see it in Application Insights. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TableClient } from '@azure/data-tables';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCompanies, replicate } from '../../local/demo/replication.ts';
import { FactoryBook } from '../../shared/factory/book.ts';
import { apiVersion, factorySchema } from '../../shared/setup/setup.ts';
import { attributes } from '../../shared/telemetry/attributes.ts';
import { metrics } from '../../shared/telemetry/metrics.ts';
import { operatorClient, provisioningClient, runSetup } from '../support/setup/setup-run.ts';
import type { Row } from '../support/telemetry/application-insights.ts';
import { startObservedStack } from '../support/telemetry/traced-setup.ts';
import type { ObservedStack } from '../support/telemetry/traced-setup.ts';

let stack: ObservedStack;

beforeAll(async () => {
  stack = await startObservedStack(false, ['AzureSql', 'AzureSql', 'AzureSql']);
  const [first, second, third] = stack.databases.samples;
  if (second === undefined || third === undefined) throw new Error('There are too few samples');
  stack.dataFactory.faults.throttleNext(1);
  await runSetup(stack, 'ready', first);
  await second.execute('source', 'ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = 120');
  await runSetup(stack, 'too-old', second);

  const client = provisioningClient(stack);
  await createCompanies(client, 'ready', first);
  await replicate(client, 'ready', 'full');
  await replayFailed();
  for (const timer of ['settleSetups', 'startMeasuring', 'measureService']) await stack.host.callTimer(timer);
  await fillFactories();
  stack.serviceBus.faults.refuseNext(1, 'busy');
  await runSetup(stack, 'no-place', third);
  // It sends what is left.
  await stack.host.stop();
});
afterAll(() => stack.stop());

/** A bulk replay of what failed, which fails again. */
async function replayFailed(): Promise<void> {
  const authorization = `Bearer ${await stack.accessToken('operations')}`;
  const begun = await fetch(`${stack.host.url}/api/replays?api-version=${apiVersion}`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ filter: { errorCode: '50001' }, perMinute: 600 }),
  });
  expect(begun.status, await begun.text()).toBe(202);
  await operatorClient(stack).follow(begun.headers.get('operation-location') ?? '', 100);
}

/** Lets the books say that no factory has room, once all were counted. */
async function fillFactories(): Promise<void> {
  const { settings } = stack;
  const endpoint = settings['MIGRATION_STATE_TABLE_ENDPOINT'] ?? '';
  const table = new TableClient(endpoint, 'factories', stack.credential('operations'));
  const book = new FactoryBook(table, { now: () => new Date() });
  const factories = factorySchema.array().parse(JSON.parse(settings['MIGRATION_FACTORIES'] ?? '[]'));
  while ((await book.readAll(factories)).some(({ measuredAt }) => measuredAt === undefined)) await nextTurn();
  for (const factory of factories) {
    await book.measured(await book.get(factory), { entities: 5_000, activeRuns: 0 });
  }
}

const measured = (): Row[] =>
  stack.insights.rows.filter(({ table, name }) => table === 'customMetrics' && name.startsWith('migration.'));
const lines = (): Row[] => stack.insights.rows.filter(({ table }) => table === 'traces');

describe('metrics', () => {
  test.each(Object.values(metrics))('$name is there, with all its dimensions and no other', ({ name, by }) => {
    const rows = measured().filter((row) => row.name === name);
    const seen = new Set(rows.flatMap(({ customDimensions }) => Object.keys(customDimensions)));
    expect([...seen].toSorted()).toEqual(by.map((key) => attributes[key].name).toSorted());
    expect(rows.length).toBeGreaterThan(0);
  });

  test('no other one is sent', () => {
    const known = new Set<string>(Object.values(metrics).map(({ name }) => name));
    expect(measured().filter(({ name }) => !known.has(name))).toEqual([]);
  });
});

test('spans and lines have the attributes that are documented, and no other', () => {
  const rows = stack.insights.rows.filter(({ table }) => table === 'dependencies' || table === 'traces');
  const seen = new Set(rows.flatMap(({ customDimensions }) => Object.keys(customDimensions)));
  const known = new Set<string>(Object.values(attributes).map(({ name }) => name));
  expect([...seen].filter((name) => !known.has(name))).toEqual([]);
});

test('every attribute is used', () => {
  const seen = new Set(stack.insights.rows.flatMap(({ customDimensions }) => Object.keys(customDimensions)));
  // Of these Application Insights makes columns.
  const columns = new Set<string>([attributes.method.name, attributes.database.name]);
  const missing = Object.values(attributes).filter(({ name }) => !seen.has(name) && !columns.has(name));
  expect(missing).toEqual([]);
});

describe('lines of the log', () => {
  const about = (outcome: string) =>
    lines().filter(({ customDimensions }) => customDimensions['migration.outcome'] === outcome);

  test('an activity that failed is named once, with its setup, attempt, phase and code', () => {
    const found = about('failed').filter(({ customDimensions }) => customDimensions['migration.attempt'] === '1');
    expect(found.map(({ message }) => message)).toEqual(['Activity evaluateChecks: failed']);
    expect(found[0]?.customDimensions).toMatchObject({
      'migration.activity': 'evaluateChecks',
      'migration.setup.id': 'too-old',
      'migration.tenant.id': stack.tenantId,
      'migration.phase': 'Assessment',
      'migration.error.code': '50001',
    });
  });

  test('so is a setup that failed', () => {
    const codes = about('setupFailed').map((line) => line.customDimensions['migration.error.code']);
    expect(new Set(codes)).toEqual(new Set(['50001', '52090']));
  });

  test('so is one that is tried again, in the trace of its setup', () => {
    const [line] = about('retried');
    expect(line?.customDimensions).toMatchObject({
      'migration.setup.id': 'ready',
      'migration.error.code': 'TooManyRequests',
    });
    const spans = stack.insights.rows.filter(({ table }) => table === 'dependencies');
    const span = spans.find(({ id }) => id === line?.operation_ParentId);
    expect(span).toMatchObject({ operation_Id: line?.operation_Id, success: false });
  });
});

test('nothing tells a secret, or the name of something of a customer', () => {
  const text = stack.insights.text();
  const names = stack.databases.samples.flatMap(({ source, destination }) => [
    source.password,
    source.server,
    source.database,
    destination.server,
    destination.database,
  ]);
  expect(text.includes('too-old')).toBe(true);
  // What a service says of an error may quote anything.
  names.push('request is being throttled');
  expect([...names, 'CRONUS', '$437dbf0e', 'IR@', 'sig=', 'eyJ'].filter((name) => text.includes(name))).toEqual([]);
});
