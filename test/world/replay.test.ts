/** One setup that fails once in every phase, each time for another reason, and is replayed from there until it is ready. */
import { readFileSync } from 'node:fs';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleSetupBody } from '../../local/demo/sample-setup.ts';
import type { Sample } from '../../local/stack/databases.ts';
import { FactoryBook } from '../../shared/factory/book.ts';
import { stagingContainer } from '../../shared/factory/names.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';
import type { ActivityFault } from '../support/durable/faults.ts';
import { factories } from '../support/world/endpoints.ts';
import { violations } from '../support/world/invariants.ts';
import { startWorld } from '../support/world/world.ts';
import type { World } from '../support/world/world.ts';
import { milestonesFromRow } from '../../shared/setup/milestone-data.ts';
import { attemptRowKey } from '../../shared/setup/rows.ts';

const setupId = 'often-failed';
let world: World;
let sample: Sample;

beforeAll(async () => {
  world = await startWorld({ samples: ['SqlServer'], size: 'Small' });
  [sample] = world.endpoints.databases.samples;
  // No orchestration dies here, and hours pass.
  world.settleEveryMs = 3_600_000;
});
afterAll(async () => {
  await world.close();
  await world.endpoints.stop();
});

/** Replays, and lets time pass until the attempt has ended. */
async function replay(body: object = {}): Promise<SetupRecord> {
  const { attempt } = await world.head(setupId);
  const answer = await world.post(setupId, 'replay', body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  const ended = await world.until(setupId, 'Ready', 'Failed');
  expect(ended.attempt).toBe(attempt + 1);
  return ended;
}

/** Lets every try of an activity fail. */
function failing(name: string, fault: ActivityFault): void {
  world.activityFault = (run) => (run.name === name ? fault : undefined);
}

function expectFailure({ state, phase, failure }: SetupRecord, wanted: { phase: string; code: string }): void {
  expect({ state, phase, code: failure?.code }, failure?.cause).toEqual({ state: 'Failed', ...wanted });
}

/** The milestones that an attempt reached itself, and those that it took over. */
async function checkpoints(attempt: number): Promise<{ own: string[]; taken: string[] }> {
  const row = await world.table('setups').getEntity(`${world.endpoints.tenantId}|${setupId}`, attemptRowKey(attempt));
  const found = milestonesFromRow(attempt, row);
  const names = (taken: boolean) =>
    found.filter(({ origin }) => (origin !== attempt) === taken).map(({ name }) => name);
  return { own: names(false), taken: names(true) };
}

/** Lets the books say that no factory has room; the answer makes room again. */
async function fillFactories(): Promise<() => Promise<void>> {
  const book = new FactoryBook(world.table('factories'), { now: () => new Date() });
  const carry = async (entities: number) => {
    for (const factory of factories) await book.measured(await book.get(factory), { entities, activeRuns: 0 });
  };
  await carry(5_000);
  return () => carry(0);
}

/** Claims a database as another deployment does. */
async function claimForStranger(side: 'source' | 'destination'): Promise<void> {
  const claim = readFileSync(new URL('../../shared/sql/claim.sql', import.meta.url), 'utf8');
  const stranger = `DECLARE @setupKey nvarchar(64) = N'${'f'.repeat(64)}', @attempt int = 7;`;
  await sample.execute(side, `${stranger}\n${claim}`);
}

describe('replay', () => {
  test('from each phase, after a failure in it, and nothing is doubled', async () => {
    const makeRoom = await fillFactories();
    await world.begin(setupId, sample, { password: 'wrong' });
    expectFailure(await world.until(setupId, 'Failed'), { phase: 'FactorySelection', code: '52090' });
    expect(await world.inspect.entities()).toEqual([]);
    await makeRoom();

    expectFailure(await replay(), { phase: 'RuntimeRegistration', code: '52071' });
    const [runtime, ...others] = await world.inspect.entities();
    expect(runtime).toMatch(/integrationRuntimes\/shir-/);
    expect(others).toEqual([]);

    await world.registerNode(setupId);
    const wrongPassword = await replay();
    expect(wrongPassword).toMatchObject({ state: 'Failed', phase: 'Assessment' });
    expect(await world.inspect.secrets()).toEqual([wrongPassword.secretName]);

    await sample.execute('source', 'ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = 110');
    const tooOld = await replay({ source: { password: sample.source.password } });
    world.bodies.set(setupId, sampleSetupBody(sample));
    expect(tooOld).toMatchObject({ state: 'Failed', phase: 'Assessment', from: 'RuntimeRegistration' });
    expect(tooOld.failure?.cause).toMatch(/110/);
    expect(await world.inspect.secrets()).toEqual([tooOld.secretName]);
    await sample.execute('source', 'ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = 150');

    await claimForStranger('source');
    expectFailure(await replay(), { phase: 'Installation', code: '50010' });
    expect(await world.inspect.mig(sample, 'destination', 'Claim')).toEqual([]);
    expect(await world.inspect.mig(sample, 'source', 'Claim')).toMatchObject([
      { setupKey: 'f'.repeat(64), attempt: 7 },
    ]);
    await sample.execute('source', 'DELETE FROM [mig].[Claim]');

    const { dataFactory } = world.endpoints.proxies;
    dataFactory.decide = ({ path }) =>
      path.includes('/queryActivityruns') ? { when: 'before', answer: { status: 503 } } : undefined;
    expectFailure(await replay(), { phase: 'Inventory', code: 'StepFailed' });
    dataFactory.decide = () => undefined;
    failing('planTables', 'fail before');
    expectFailure(await replay(), { phase: 'TablePlan', code: 'StepFailed' });
    world.activityFault = () => undefined;
    // Two of its pipelines are there by then.
    dataFactory.decide = ({ method, path }) =>
      method === 'PUT' && path.includes('_replicate') ? { when: 'before', answer: { status: 503 } } : undefined;
    expectFailure(await replay(), { phase: 'ReplicationPipeline', code: 'StepFailed' });
    dataFactory.decide = () => undefined;
    failing('markEnvironmentReady', 'fail before');
    expectFailure(await replay(), { phase: 'Ready', code: 'StepFailed' });
    // Without the catalogues that the plan comes from, the assessment is not taken over.
    const blobs = new BlobServiceClient(world.endpoints.storage.blobUrl, world.credential);
    await blobs.deleteContainer(stagingContainer(tooOld.key));
    failing('finish', 'fail before');
    const assessedAgain = await replay();
    expectFailure(assessedAgain, { phase: 'Cleanup', code: 'StepFailed' });
    expect(assessedAgain.from).toBe('Assessment');
    expect(await violations(world)).toEqual([]);

    world.activityFault = () => undefined;
    const dryRun = await world.post(setupId, 'replay', { dryRun: true });
    expect(dryRun.body).toMatchObject({ from: 'Cleanup' });
    const ready = await replay();
    expect(ready).toMatchObject({ state: 'Ready', from: 'Cleanup' });
    expect(await violations(world)).toEqual([]);

    const { taken } = await checkpoints(ready.attempt);
    expect(taken.sort()).toEqual(
      [
        'checksCompleted',
        'environmentMarked',
        'factorySelected',
        'inventoryCompleted',
        'proceduresCreated',
        'replicationPipelineCreated',
        'runtimeCreated',
        'runtimeOnline',
        'tablesPlanned',
      ].sort(),
    );
    const runtimes = world.endpoints.proxies.dataFactory.passed.filter(
      ({ method, path }) => method === 'PUT' && /integrationruntimes/i.test(path),
    );
    expect(runtimes).toHaveLength(1);
  });
});
