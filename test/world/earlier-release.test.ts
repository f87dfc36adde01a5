/** What release 1.0.0 has begun, and this one goes on with. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleSetupBody } from '../../local/demo/sample-setup.ts';
import type { Sample } from '../../local/stack/databases.ts';
import type { Placed } from '../../orchestrators/subjects.ts';
import { entityNames } from '../../shared/factory/names.ts';
import { preparationPipeline } from '../../shared/factory/preparation-pipeline.ts';
import { storedAssessmentId } from '../../shared/setup/assessment.ts';
import { databaseMarkOf } from '../../shared/setup/database-mark.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import { violations } from '../support/world/invariants.ts';
import { startWorld } from '../support/world/world.ts';
import type { World } from '../support/world/world.ts';

let world: World;
let sample: Sample;

beforeAll(async () => {
  world = await startWorld({ samples: ['AzureSql'], size: 'Small' });
  [sample] = world.endpoints.databases.samples;
  await world.register(sample);
});
afterAll(async () => {
  await world.close();
  await world.endpoints.stop();
});

/** Puts the preparation of a run that is about to begin as release 1.0.0 had put it. */
async function putEarlierPreparation(input: unknown): Promise<undefined> {
  const placed = input as Placed;
  const { factory, key, attempt } = placed;
  const names = entityNames(key);
  const listCompanies = scripts.listCompanies.replace(',\n  COUNT(*) OVER () AS [total]', '');
  const context = { key, names, sourceKind: 'AzureSql' } as const;
  const claimant = { setupKey: databaseMarkOf(world.eventSource, placed), attempt };
  const document = preparationPipeline(context, claimant, { ...scripts, listCompanies });
  await world.factories.put(factory, 'pipelines', names.pipelines.prepare, document);
}

async function remove(setupId: string): Promise<void> {
  await world.delete(setupId);
  expect((await world.until(setupId, 'Deleted', 'Failed')).state).toBe('Deleted');
  expect(await violations(world)).toEqual([]);
}

test('an assessment whose pipeline is of 1.0.0 completes, and a setup that names it reads the catalogues anew', async () => {
  world.activityFault = ({ name, input }) => (name === 'startPreparation' ? putEarlierPreparation(input) : undefined);
  await world.call('PUT', 'assessments/earlier', { body: sampleSetupBody(sample) });
  const assessed = await world.until(storedAssessmentId('earlier'), 'Completed', 'Failed');
  expect(assessed).toMatchObject({ state: 'Completed' });
  world.activityFault = () => undefined;

  const body = { ...sampleSetupBody(sample), assessmentId: 'earlier' };
  expect((await world.call('PUT', 'migrationSetups/later', { body })).status).toBe(201);
  expect((await world.until('later', 'Ready', 'Failed')).state).toBe('Ready');
  const reason = 'There is nothing to compare: release 1.0.0 took no fingerprints of tables.';
  const { body: setup } = await world.call('GET', 'migrationSetups/later');
  expect(setup).toMatchObject({ catalogues: { takenOver: false, reason } });
  await remove('later');
});

test('a setup that names an assessment, and whose orchestration does not know it, reads the catalogues itself', async () => {
  const accepted = await world.call('PUT', 'migrationSetups/under-way', { body: sampleSetupBody(sample) });
  expect(accepted.status).toBe(201);
  const partition = `${world.endpoints.tenantId}|under-way`;
  const { request } = await world.head('under-way');
  const named = JSON.stringify({ ...request, assessmentId: 'earlier' });
  await world.table('setups').updateEntity({ partitionKey: partition, rowKey: 'head', request: named }, 'Merge');
  expect((await world.until('under-way', 'Ready', 'Failed')).state).toBe('Ready');
  const { body: setup } = await world.call('GET', 'migrationSetups/under-way');
  expect(setup['assessmentId']).toBe('earlier');
  expect(setup).not.toHaveProperty('catalogues');
  await remove('under-way');
});

test('a setup that compares, and whose pipeline a worker of 1.0.0 has put, has the catalogues that this one reads', async () => {
  world.activityFault = ({ name, input }) => (name === 'startPreparation' ? putEarlierPreparation(input) : undefined);
  const body = { ...sampleSetupBody(sample), assessmentId: 'earlier' };
  expect((await world.call('PUT', 'migrationSetups/between', { body })).status).toBe(201);
  expect((await world.until('between', 'Ready', 'Failed')).state).toBe('Ready');
  world.activityFault = () => undefined;
  await remove('between');
});
