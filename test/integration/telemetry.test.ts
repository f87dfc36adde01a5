/** What the app records of a setup, as Application Insights gets it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Row } from '../support/telemetry/application-insights.ts';
import { runTracedSetup, startObservedStack } from '../support/telemetry/traced-setup.ts';
import type { ObservedStack } from '../support/telemetry/traced-setup.ts';

const setupId = 'traced';

describe.each([
  ['that does not record orchestrations', false],
  ['that records orchestrations', true],
])('under a host %s', (_which, recordsDurable) => {
  let stack: ObservedStack;
  let run: Awaited<ReturnType<typeof runTracedSetup>>;

  beforeAll(async () => {
    stack = await startObservedStack(recordsDurable);
    const [sample] = stack.databases.samples;
    if (sample === undefined) throw new Error('There is no sample');
    run = await runTracedSetup(stack, setupId, sample);
    // It sends what is left.
    await stack.host.stop();
  });
  afterAll(() => stack.stop());

  const spans = (): Row[] => stack.insights.rows.filter(({ table }) => table === 'dependencies');
  const ofSetup = (): Row[] => spans().filter((row) => row.customDimensions['migration.setup.id'] === setupId);

  test('the request and every activity belong to the trace of the caller', () => {
    expect(new Set(ofSetup().map((row) => row.operation_Id))).toEqual(new Set([run.traceId]));
    expect(ofSetup().map(({ name }) => name)).toEqual(
      expect.arrayContaining(['putSetup', 'openAttempt', 'selectFactory', 'startPreparation', 'planTables', 'finish']),
    );
  });

  test('so do the calls of the SDKs, below the activity that made them', () => {
    const traced = spans().filter((row) => row.operation_Id === run.traceId);
    const byId = new Map(traced.map((row) => [row.id, row]));
    const parentOf = (name: string) =>
      traced.filter((row) => row.name === name).map((row) => byId.get(row.operation_ParentId)?.name);
    expect(parentOf('SecretClient.setSecret')).toEqual(['putSetup']);
    expect(parentOf('ServiceBusSender.send')).toEqual(expect.arrayContaining(['selectFactory', 'finish']));
    expect(parentOf('SqlDatabases.use')).toEqual(expect.arrayContaining(['evaluateChecks', 'planTables']));
    const services = new Set(traced.map((row) => row.customDimensions['az.namespace']));
    for (const service of ['Microsoft.Data.Tables', 'Microsoft.Storage', 'Microsoft.KeyVault']) {
      expect(services).toContain(service);
    }
  });

  test('so does each event, down to the handler of a consumer', () => {
    const recorded = new Map(spans().map(({ id, name }) => [id, name]));
    const announcedBy = new Map<string | undefined, string | undefined>();
    expect(run.handled.map(({ type }) => type.split('.').at(-2))).toEqual(
      expect.arrayContaining(['accepted', 'ready']),
    );
    for (const { type, traceparents } of run.handled) {
      expect(new Set(traceparents).size, type).toBe(1);
      const [, traceId, spanId, flags] = String(traceparents[0]).split('-');
      expect({ traceId, flags }, type).toEqual({ traceId: run.traceId, flags: '01' });
      announcedBy.set(type.split('.').at(-2), recorded.get(spanId));
    }
    // Whoever publishes it: what the request announced was left to the first activity.
    expect(Object.fromEntries(announcedBy)).toMatchObject({
      accepted: 'putSetup',
      'factory-selected': 'selectFactory',
      'checks-completed': 'evaluateChecks',
      ready: 'finish',
    });
  });

  test('nothing that is a secret, or the name of something of the customer, is told', () => {
    const text = stack.insights.text();
    // The search is worth something only if the setup is told of.
    expect(text.includes(setupId)).toBe(true);
    const [{ source, destination }] = stack.databases.samples;
    const canaries = [source.password, source.server, source.database, destination.server, destination.database];
    const names = ['CRONUS', '$437dbf0e', 'IR@', 'sig=', 'eyJ'];
    expect([...canaries, ...names].filter((canary) => text.includes(canary))).toEqual([]);
  });
});
