// The preparation pipeline on the local Data Factory: what its stages do with databases that two setups want.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { catalogueDataset, stagingLinkedService } from '../../../shared/factory/connections.ts';
import { catalogueBlob } from '../../../shared/factory/names.ts';
import { DataFactories } from '../../../shared/factory/data-factory.ts';
import { preparationActivities, preparationPipeline } from '../../../shared/factory/preparation-pipeline.ts';
import type { PreparationStage } from '../../../shared/factory/preparation-pipeline.ts';
import { runFailure } from '../../../shared/factory/run-failure.ts';
import { readCatalogue } from '../../../shared/plan/catalogue.ts';
import { databaseMarkOf } from '../../../shared/setup/database-mark.ts';
import * as scripts from '../../../shared/sql/scripts.ts';
import { trackChanges } from '../../support/track-changes.ts';
import { linked, startDataFactorySqlFixture } from '../fixtures/data-factory-sql.ts';
import type { DataFactorySqlFixture } from '../fixtures/data-factory-sql.ts';
import { FACTORY, GROUP, runEnd, SUBSCRIPTION } from '../fixtures/data-factory.ts';

const factory = { subscriptionId: SUBSCRIPTION, resourceGroup: GROUP, name: FACTORY };
const setup = { tenantId: '6f2b9a1c-0000-4000-8000-000000000001', setupId: 'first-setup' };
/** The same setup in two deployments, which know nothing of each other. */
const deployments = ['one', 'two'].map((name) => ({
  pipeline: `prepare_${name}`,
  key: `prepare-${name}`,
  claimant: { setupKey: databaseMarkOf(`https://${name}.example.com`, setup), attempt: 1 },
}));

let fixture: DataFactorySqlFixture;
let factories: DataFactories;
let runs = 0;

beforeAll(async () => {
  fixture = await startDataFactorySqlFixture();
  const { client } = fixture;
  factories = new DataFactories(() => client, { now: () => new Date() });
  for (const { pipeline, key, claimant } of deployments) {
    const stagedIn = `staging_${pipeline}`;
    await factories.put(factory, 'linkedServices', stagedIn, stagingLinkedService(await fixture.staging.open(key)));
    const names = {
      runtime: 'shir-source',
      linkedServices: { staging: stagedIn, source: 'source', destination: 'destination' },
      datasets: { source: 'source_table', destination: 'destination_table', catalogue: `catalogue_${pipeline}` },
      pipelines: { prepare: pipeline, large: '', small: '', replicate: '' },
    };
    await factories.put(factory, 'datasets', names.datasets.catalogue, catalogueDataset(names, key));
    const document = preparationPipeline({ key, names, sourceKind: 'SqlServer' }, claimant, scripts);
    await factories.put(factory, 'pipelines', pipeline, document);
  }
  await query('source', 'CREATE TABLE [dbo].[Item$Sold] ([id] int NOT NULL CONSTRAINT [PK_Sold] PRIMARY KEY)');
});

afterAll(() => fixture.stop());

async function start(pipeline: string, parameters: Readonly<Record<string, string | boolean>>) {
  runs += 1;
  const runId = await factories.createRun(factory, pipeline, { ...parameters, operationId: `run-${runs}` });
  const { status = '', message = '' } = await runEnd(fixture, runId);
  return { status, message, outputs: await factories.activityOutputs(factory, runId) };
}

const runStage = (pipeline: string, stage: PreparationStage, removeSource = false) =>
  start(pipeline, { stage, removeSource });

const scriptOutputSchema = z.object({ resultSets: z.array(z.object({ rows: z.array(z.unknown()).default([]) })) });

const rowsOf = (output: unknown) => scriptOutputSchema.parse(output).resultSets.flatMap(({ rows }) => rows);

/** Runs T-SQL on a side, as a pipeline does it. */
async function query(side: 'source' | 'destination', text: string): Promise<unknown[]> {
  const activity = {
    name: 'query',
    type: 'Script',
    linkedServiceName: linked(side),
    scripts: [{ type: 'Query', text }],
  };
  const parameters = { operationId: { type: 'String' } };
  const document = { properties: { activities: [activity], parameters } };
  await factories.put(factory, 'pipelines', 'query', document);
  const { status, message, outputs } = await start('query', {});
  expect({ status, message }).toMatchObject({ status: 'Succeeded' });
  return rowsOf(outputs.get('query'));
}

const holders = async () =>
  Promise.all(
    (['source', 'destination'] as const).map((side) => query(side, 'SELECT [setupKey], [attempt] FROM [mig].[Claim]')),
  );

test('assesses: writes down both catalogues, which can be read at once, and changes nothing', async () => {
  const [{ pipeline, key } = { pipeline: '', key: '' }] = deployments;
  expect(await runStage(pipeline, 'assess')).toMatchObject({ status: 'Succeeded' });
  const namesOf = async (side: 'source' | 'destination') => {
    const tables = await Array.fromAsync(readCatalogue(fixture.staging.read(key, catalogueBlob(1, side))));
    return tables.map(({ tableName, rowCount, columns }) => [tableName, rowCount, columns.length]);
  };
  expect(await namesOf('source')).toEqual([
    ['Item', 2, 6],
    ['Item$Sold', 0, 1],
  ]);
  expect(await namesOf('destination')).toEqual([['ItemCopy', 1, 6]]);
  for (const side of ['source', 'destination'] as const) {
    expect(await query(side, "SELECT [name] FROM sys.schemas WHERE [name] = N'mig'")).toEqual([]);
  }
});

test('two setups install at once: one is prepared, the other fails with 50010 and learns nothing of the first', async () => {
  const outcomes = await Promise.all(deployments.map(({ pipeline }) => runStage(pipeline, 'install')));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['Failed', 'Succeeded']);
  const first = deployments[outcomes.findIndex(({ status }) => status === 'Succeeded')];
  const refused = deployments[outcomes.findIndex(({ status }) => status === 'Failed')];
  const { message = '' } = outcomes.find(({ status }) => status === 'Failed') ?? {};

  const failure = runFailure('install', 'Failed', message);
  expect(failure.code).toBe('50010');
  expect(JSON.stringify(failure)).not.toContain(first?.claimant.setupKey.slice(0, 8) ?? 'no winner');
  expect(await holders()).toEqual([[first?.claimant], [first?.claimant]]);

  // What the refused one takes back and removes is not the first one's.
  for (const stage of ['release', 'remove'] as const) {
    expect(await runStage(refused?.pipeline ?? '', stage, true)).toMatchObject({ status: 'Succeeded' });
  }
  expect(await holders()).toEqual([[first?.claimant], [first?.claimant]]);

  await query('source', trackChanges);
  const kept = await runStage(first?.pipeline ?? '', 'remove');
  expect(rowsOf(kept.outputs.get(preparationActivities.sourceRemoval))).toEqual([
    { name: 'change tracking of [dbo].[Item$Sold]' },
    { name: 'change tracking of the database' },
  ]);
  expect(await query('source', "SELECT [name] FROM sys.schemas WHERE [name] = N'mig'")).toEqual([]);
});

test('a source that is given back can be taken by another setup, and loses the change tracking that it turned on', async () => {
  await query(
    'source',
    'ALTER TABLE [dbo].[Item$Sold] DISABLE CHANGE_TRACKING; ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF',
  );
  const claimants: unknown[] = [];
  for (const { pipeline } of deployments) {
    // The app gives the destination back itself.
    await query('destination', 'DELETE FROM [mig].[Claim]');
    expect(await runStage(pipeline, 'install')).toMatchObject({ status: 'Succeeded' });
    claimants.push(...(await query('source', 'SELECT [setupKey], [attempt] FROM [mig].[Claim]')));
    expect(await runStage(pipeline, 'release')).toMatchObject({ status: 'Succeeded' });
  }
  await query('source', trackChanges);
  expect(claimants).toEqual(deployments.map(({ claimant }) => claimant));

  const removed = await runStage(deployments[0]?.pipeline ?? '', 'remove', true);
  expect(removed.status).toBe('Succeeded');
  expect(rowsOf(removed.outputs.get(preparationActivities.sourceRemoval))).toEqual([]);
  expect(await query('source', 'SELECT [object_id] FROM sys.change_tracking_tables')).toEqual([]);
});
