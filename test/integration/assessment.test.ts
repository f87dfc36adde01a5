import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { assess as assessHere } from '../../cli/assess.ts';
import type { AssessOptions } from '../../cli/assess.ts';
import type { Assessment } from '../../cli/assessment.ts';
import { inDatabase, inspectFactory } from '../../local/demo/inspection.ts';
import { registerEnvironment, sampleSetupBody } from '../../local/demo/sample-setup.ts';
import type { Answer, SetupClient } from '../../local/demo/setup-client.ts';
import { registerRuntimeNode } from '../../local/data-factory/runtime-node.ts';
import { startStack } from '../../local/stack/stack.ts';
import type { Stack } from '../../local/stack/stack.ts';
import { checkCatalogue } from '../../shared/checks/catalogue.ts';
import { hostKind } from '../support/host-kind.ts';
import { pictureOf } from '../support/setup/database-picture.ts';
import { operatorClient, provisioningClient } from '../support/setup/setup-run.ts';

interface AssessmentDocument {
  readonly state: string;
  readonly phases: readonly { readonly phase: string; readonly state: string }[];
  readonly runtime: { readonly name: string };
  readonly checks: { readonly failed: number; readonly failedChecks: readonly string[] };
  readonly tables: { readonly byCopyMethod: Readonly<Record<string, number>> };
  readonly factory: { readonly subscriptionId: string; readonly resourceGroup: string; readonly name: string };
}

let stack: Stack;
let client: SetupClient;

beforeAll(async () => {
  stack = await startStack({ hostKind, appDirectory: process.cwd(), samples: ['SqlServer'] });
  client = provisioningClient(stack);
  await registerEnvironment(stack, sample());
  // A check that blocks a setup is a result of an assessment.
  await sample().execute('source', 'ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = 120');
});

afterAll(() => stack.stop());

function sample() {
  const [only] = stack.databases.samples;
  if (only === undefined) throw new Error('There is no sample');
  return only;
}

const sides = ['source', 'destination'] as const;

function pictures() {
  return Promise.all(sides.map((side) => inDatabase(stack, sample(), side, pictureOf)));
}

const ask = (method: string, path: string, body?: unknown) => client.send(method, `assessments/${path}`, body);

/** Assesses the sample, with a node for the runtime as soon as there is one. */
async function assess(assessmentId: string): Promise<{ readonly accepted: Answer; readonly operation: Answer }> {
  const accepted = await ask('PUT', assessmentId, sampleSetupBody(sample()));
  const authKey = await vi.waitFor(
    async () => {
      const { status, body } = await ask('POST', `${assessmentId}/runtime/listKeys`);
      expect(status).toBe(200);
      return (body as { authKey1: string }).authKey1;
    },
    { timeout: 30_000, interval: 100 },
  );
  await registerRuntimeNode(stack.dataFactory.url, { authKey, nodeName: `node-of-${assessmentId}` });
  await vi.waitFor(
    async () => {
      const { status, body } = await ask('POST', `${assessmentId}/runtime/check`);
      // It waits for nothing if it found the node before.
      expect(status === 409 || (body as { result: string }).result === 'Found').toBe(true);
    },
    { timeout: 30_000, interval: 300 },
  );
  const operation = await client.follow(accepted.headers.get('operation-location') ?? '', 100);
  return { accepted, operation };
}

async function assessmentAs(reader: SetupClient, assessmentId: string): Promise<AssessmentDocument> {
  return (await reader.send('GET', `assessments/${assessmentId}`)).body as AssessmentDocument;
}

describe('two assessments of one environment at once', () => {
  let before: Awaited<ReturnType<typeof pictures>>;
  let runs: Awaited<ReturnType<typeof assess>>[];
  let assessed: AssessmentDocument;

  beforeAll(async () => {
    before = await pictures();
    runs = await Promise.all([assess('first'), assess('second')]);
    assessed = await assessmentAs(operatorClient(stack), 'first');
  });

  test('are completed, with a check that blocks as their result', () => {
    expect(runs.map(({ accepted }) => accepted.status)).toEqual([201, 201]);
    expect(runs.map(({ operation }) => operation.body)).toMatchObject([
      { assessmentId: 'first', status: 'Succeeded' },
      { assessmentId: 'second', status: 'Succeeded' },
    ]);
    expect(assessed).toMatchObject({ state: 'Completed', checks: { failed: 1, failedChecks: ['SRV-02'] } });
    expect(assessed.phases.map(({ phase, state }) => `${phase} ${state}`)).toEqual([
      'FactorySelection Finished',
      'RuntimeRegistration Finished',
      'Assessment Finished',
      'Cleanup Finished',
    ]);
  });

  test('change nothing in either database', async () => {
    const after = await pictures();
    // The comparison is worth something only if it sees what is there.
    expect(Object.keys(before[0] ?? {}).length).toBeGreaterThan(40);
    expect(after).toEqual(before);
  });

  test('leave nothing in the factory but the runtime', async () => {
    const { pipelines, datasets, linkedServices, runtimes } = await inspectFactory(stack, assessed.factory);
    expect([pipelines, datasets, linkedServices]).toEqual([[], [], []]);
    expect(runtimes).toContain(assessed.runtime.name);
  });

  test('tell every check, the companies and what would come of the tables', async () => {
    const checks = await ask('GET', 'first/checks');
    expect((checks.body as { value: unknown[] }).value).toHaveLength(checkCatalogue.length);
    const companies = await ask('GET', 'first/companies');
    expect((companies.body as { value: unknown[] }).value).toHaveLength(3);
    expect(assessed.tables.byCopyMethod).toEqual({ Delta: 21, Full: 4, Preserve: 2, None: 22 });
    const { body: tables } = await client.send('GET', 'assessments/first/tables');
    expect((tables as { value: unknown[] }).value).toHaveLength(49);
    const { body: summary } = await client.send('GET', 'assessments/first/tables/summary');
    expect(summary).toMatchObject({ copied: { tables: 27 }, left: { tables: 22 } });
  });

  test('say of the tables and of what was measured in both databases what the command line says', async () => {
    const { source, destination } = sample();
    const place = ({ server, database }: typeof destination) =>
      `Server=${server};Database=${database};User ID=${source.userName}`;
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const env = { BC_SOURCE_PASSWORD: source.password, BC_DESTINATION_PASSWORD: source.password };
    const options = { source: place(source), destination: place(destination), product: 'DynamicsBCLast', json: '-' };
    await assessHere(options as AssessOptions, { stdin: {}, stdout, stderr, env });
    const told = JSON.parse(await text(stdout.end())) as Assessment;
    const { body: tables } = await client.send('GET', 'assessments/first/tables');
    expect(told.plan?.tables).toEqual((tables as { value: unknown[] }).value);
    const { body: checks } = await ask('GET', 'first/checks');
    const measured = told.checks.filter(({ status }) => status !== 'skipped');
    expect(measured.length).toBeGreaterThan(30);
    expect((checks as { value: unknown[] }).value).toEqual(expect.arrayContaining(measured));
  });

  test('do not have the environment: a setup for it is accepted, and needs no other runtime', async () => {
    const accepted = await client.put('first', { ...sampleSetupBody(sample()), assessmentId: 'first' });
    expect(accepted.status).toBe(201);
    const ended = await client.follow(accepted.headers.get('operation-location') ?? '', 100);
    expect(ended.body).toMatchObject({ setupId: 'first', status: 'Failed', error: { code: '50001' } });
    const { body } = await client.get('first');
    expect(body).toMatchObject({ assessmentId: 'first', runtime: { name: assessed.runtime.name } });
    const { runtimes } = await inspectFactory(stack, assessed.factory);
    expect(runtimes.filter((name) => name === assessed.runtime.name)).toHaveLength(1);
  });

  test('are listed, and not among the setups', async () => {
    const idsOf = ({ body }: Answer) =>
      (body as { value: { setupId?: string; assessmentId?: string }[] }).value.map(
        ({ setupId, assessmentId }) => setupId ?? `assessment ${assessmentId}`,
      );
    expect(idsOf(await client.send('GET', 'assessments')).toSorted()).toEqual([
      'assessment first',
      'assessment second',
    ]);
    expect(idsOf(await client.send('GET', 'migrationSetups'))).toEqual(['first']);
  });
});
