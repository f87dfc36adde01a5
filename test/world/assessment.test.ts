/** Assessments over their life: made once more, canceled, given to a cleanup, removed. */
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sample } from '../../local/stack/databases.ts';
import { catalogueBlob, stagingContainer } from '../../shared/factory/names.ts';
import { storedAssessmentId } from '../../shared/setup/assessment.ts';
import { sampleSetupBody } from '../../local/demo/sample-setup.ts';
import { requireDescribed } from '../support/api/openapi.ts';
import { violations } from '../support/world/invariants.ts';
import { startWorld } from '../support/world/world.ts';
import type { World } from '../support/world/world.ts';

const TABLE = 'CRONUS International Ltd_$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972';

let world: World;
let sample: Sample;

beforeAll(async () => {
  world = await startWorld({ samples: ['AzureSql'], size: 'Small' });
  [sample] = world.endpoints.databases.samples;
  await world.register(sample);
  for (const side of ['source', 'destination'] as const) {
    await sample.execute(side, `CREATE TABLE [dbo].[${TABLE}] ([No_] nvarchar(10) NOT NULL PRIMARY KEY)`);
  }
});
afterAll(async () => {
  await world.close();
  await world.endpoints.stop();
});

async function put(assessmentId: string, wanted: object = {}): Promise<void> {
  const body = { ...sampleSetupBody(sample), ...wanted };
  const answer = await world.call('PUT', `assessments/${assessmentId}`, { body });
  requireDescribed('putAssessment', answer);
  expect(answer.status).toBe(201);
}

const until = (assessmentId: string, ...states: readonly string[]) =>
  world.until(storedAssessmentId(assessmentId), ...(states as Parameters<World['until']>[1][]));

const catalogues = async () => [
  await world.inspect.catalogue(sample, 'source'),
  await world.inspect.catalogue(sample, 'destination'),
];

test('is made once more, and says what has changed since; then it is removed without a trace', async () => {
  const before = await catalogues();
  await put('looks');
  expect((await until('looks', 'Completed', 'Failed')).state).toBe('Completed');
  const again = async () => {
    const { status } = await world.call('POST', 'assessments/looks/replay', { body: {} });
    expect(status).toBe(202);
    const { attempt, state } = await until('looks', 'Completed', 'Failed');
    expect(state).toBe('Completed');
    const query = { with: String(attempt - 1) };
    const { body } = await world.call('GET', `assessments/looks/attempts/${attempt}/diff`, { query });
    return body;
  };
  expect(await again()).toMatchObject({ unchanged: true, tables: { total: 0 } });
  expect(await catalogues()).toEqual(before);
  await sample.execute('source', `INSERT INTO [dbo].[${TABLE}] ([No_]) VALUES (N'new')`);
  expect(await again()).toMatchObject({
    unchanged: false,
    tables: { value: [{ name: TABLE, attempt: { rows: 1 }, with: { rows: 0 } }] },
  });
  expect(await violations(world)).toEqual([]);
  await world.call('DELETE', 'assessments/looks');
  expect((await until('looks', 'Deleted', 'Failed')).state).toBe('Deleted');
  expect([await world.inspect.secrets(), await world.inspect.entities()]).toEqual([[], []]);
  expect(await violations(world)).toEqual([]);
});

test('is given to a cleanup when its orchestration is dead, which asks no database', async () => {
  await put('dies');
  await until('dies', 'Running');
  await world.terminate(storedAssessmentId('dies'));
  expect(await until('dies', 'Completed', 'Failed')).toMatchObject({
    state: 'Failed',
    failure: { code: 'StepFailed' },
  });
  expect(await violations(world)).toEqual([]);
});

test('ends when it is canceled, and its container goes', async () => {
  await put('canceled');
  await until('canceled', 'Running');
  expect((await world.call('POST', 'assessments/canceled/cancel')).status).toBe(202);
  expect((await until('canceled', 'Canceled', 'Completed', 'Failed')).state).toBe('Canceled');
  expect(await violations(world)).toEqual([]);
});

describe('a setup that names an assessment', () => {
  const stagesOf = async (setupId: string) => {
    const { key } = await world.head(setupId);
    const runs = (await world.inspect.runs()).filter(({ pipeline }) => pipeline === `mig_${key}_prepare`);
    return runs.map(({ stage }) => stage).sort();
  };

  /** Begins it, does something before its first step, and waits for its end. */
  async function setUp(
    setupId: string,
    assessmentId: string,
    meanwhile: () => Promise<unknown> = () => Promise.resolve(),
  ) {
    const body = { ...sampleSetupBody(sample), assessmentId };
    const accepted = await world.call('PUT', `migrationSetups/${setupId}`, { body });
    expect(accepted.status).toBe(201);
    await meanwhile();
    expect((await world.until(setupId, 'Ready', 'Failed')).state).toBe('Ready');
    const setup = await world.call('GET', `migrationSetups/${setupId}`);
    requireDescribed('getSetup', setup);
    return setup.body;
  }

  async function remove(setupId: string) {
    await world.delete(setupId);
    expect((await world.until(setupId, 'Deleted', 'Failed')).state).toBe('Deleted');
  }

  const tablesOf = async (path: string) => (await world.call('GET', `${path}/tables`)).body;

  test('takes its catalogues over as long as they hold, and reads them anew after that', async () => {
    await put('reused');
    const { lastModifiedAt } = await until('reused', 'Completed');
    const taken = await setUp('takes-over', 'reused');
    expect(taken).toMatchObject({ catalogues: { takenOver: true, attempt: 1 } });
    const { at } = taken['catalogues'] as { at: string };
    expect(at <= lastModifiedAt).toBe(true);
    expect(await stagesOf('takes-over')).toEqual(['assess', 'install']);
    expect(await tablesOf('migrationSetups/takes-over')).toEqual(await tablesOf('assessments/reused'));
    await remove('takes-over');

    await sample.execute(
      'source',
      'CREATE TABLE [dbo].[CRONUS International Ltd_$Shelf] ([No_] nvarchar(10) NOT NULL)',
    );
    const reason = 'Tables of the source, or the right to see them, have changed since the assessment.';
    expect(await setUp('reads', 'reused')).toMatchObject({ catalogues: { takenOver: false, reason } });
    expect(await stagesOf('reads')).toEqual(['assess', 'catalogue', 'install']);
    const { value } = await tablesOf('migrationSetups/reads');
    expect(value).toContainEqual(expect.objectContaining({ sourceTable: 'CRONUS International Ltd_$Shelf' }));
    await remove('reads');
    expect(await violations(world)).toEqual([]);
  });

  test('is canceled while it reads them anew', async () => {
    const body = { ...sampleSetupBody(sample), assessmentId: 'reused' };
    expect((await world.call('PUT', 'migrationSetups/stops', { body })).status).toBe(201);
    const reads = async () => (await world.inspect.rows('waits')).some(({ eventName }) => eventName === 'catalogue');
    while (!(await reads())) await world.advance(5_000);
    expect((await world.post('stops', 'cancel')).status).toBe(202);
    // No time passes in which the run could be looked at.
    await world.hub.settle();
    expect((await world.head('stops')).state).toBe('Canceled');
    expect(await violations(world)).toEqual([]);
    await remove('stops');
  });

  test('reads both anew when one of them is gone, also what it has taken over by then', async () => {
    await put('half');
    const { key } = await until('half', 'Completed');
    const { blobUrl } = world.endpoints.storage;
    const { folder, file } = catalogueBlob(1, 'destination');
    const container = new BlobServiceClient(blobUrl, world.credential).getContainerClient(stagingContainer(key));
    await container.deleteBlob(`${folder}/${file}`);
    const { catalogues: found } = await setUp('whole', 'half');
    expect(found).toEqual({ takenOver: false, reason: 'The catalogues of the assessment are removed.' });
    expect(await stagesOf('whole')).toEqual(['assess', 'catalogue', 'install']);
    expect(await tablesOf('migrationSetups/whole')).toEqual(await tablesOf('assessments/half'));
    await remove('whole');
  });

  test('goes on without it when it is removed meanwhile', async () => {
    await put('removed');
    await until('removed', 'Completed');
    const { catalogues: found } = await setUp('alone', 'removed', () => world.call('DELETE', 'assessments/removed'));
    expect(found).toEqual({ takenOver: false, reason: 'The assessment is removed.' });
    await remove('alone');
    expect(await violations(world)).toEqual([]);
  });
});

test('beside a setup that is ready it says so, and leaves the setup as it is', async () => {
  await world.begin('ready', sample);
  await world.until('ready', 'Ready');
  const before = await catalogues();
  await put('beside', { thresholds: { companyCountWarning: 1 } });
  expect((await until('beside', 'Completed', 'Failed')).state).toBe('Completed');
  const { body } = await world.call('GET', 'assessments/beside');
  expect(body['checks']).toMatchObject({ failedChecks: ['VER-04'] });
  const { body: checks } = await world.call('GET', 'assessments/beside/checks');
  expect(checks['value']).toContainEqual(
    expect.objectContaining({ id: 'CMP-04', status: 'failed', severity: 'warns' }),
  );
  expect(await catalogues()).toEqual(before);
  expect((await world.head('ready')).state).toBe('Ready');
  expect(await violations(world)).toEqual([]);
});

test('of more companies than a Lookup lists says so, and tells no tables by them; of as many it does', async () => {
  const digits = '(VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9))';
  const names = `SELECT CONCAT(N'Company ', d.[n], c.[n], b.[n], a.[n]) AS [name] FROM ${digits} AS a ([n])
    CROSS JOIN ${digits} AS b ([n]) CROSS JOIN ${digits} AS c ([n]) CROSS JOIN ${digits} AS d ([n])`;
  const insert = `INSERT INTO [dbo].[Company] ([Name]) SELECT [name] FROM (${names}) AS n`;
  await sample.execute('source', `${insert} WHERE [name] < N'Company 4998'`);
  await put('many');
  expect((await until('many', 'Completed', 'Failed')).state).toBe('Completed');
  expect(await findingsOf('many')).toMatchObject({
    companies: { status: 'failed', measured: '5001', expected: '1 to 5000' },
    strays: { status: 'skipped', cause: 'Only 5000 of 5001 companies were listed (CMP-01).' },
    isPlanned: false,
  });
  await sample.execute('source', "DELETE FROM [dbo].[Company] WHERE [Name] = N'Company 0000'");
  await world.call('POST', 'assessments/many/replay', { body: {} });
  expect((await until('many', 'Completed', 'Failed')).state).toBe('Completed');
  expect(await findingsOf('many')).toMatchObject({
    companies: { status: 'passed', measured: '5000' },
    strays: { status: 'failed' },
    isPlanned: true,
  });
  await sample.execute('source', "DELETE FROM [dbo].[Company] WHERE [Name] LIKE N'Company %'");
});

async function findingsOf(assessmentId: string) {
  const list = async (of: string) => {
    const { body } = await world.call('GET', `assessments/${assessmentId}/${of}`);
    return body['value'] as Record<string, unknown>[];
  };
  const checks = await list('checks');
  return {
    companies: checks.find(({ id }) => id === 'CMP-01'),
    strays: checks.find(({ id }) => id === 'CMP-06'),
    isPlanned: (await list('tables')).length > 0,
  };
}
