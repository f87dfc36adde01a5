// What a setup leaves in both databases: who holds them, who may write there, and what is gone afterwards.
import type sql from 'mssql';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sampleDatabases } from '../../../local/sample/load-sample.ts';
import { replacePlan } from '../../../shared/plan/control-rows.ts';
import type { PlanOwner } from '../../../shared/plan/control-rows.ts';
import type { PlannedTable } from '../../../shared/plan/plan.ts';
import { SqlDatabase } from '../../../shared/sql/database.ts';
import * as scripts from '../../../shared/sql/scripts.ts';
import { rows, run, startSampleServers } from '../../support/sample-servers.ts';
import type { SampleServers } from '../../support/sample-servers.ts';
import { trackChanges } from '../../support/track-changes.ts';

const ours = { setupKey: 'a'.repeat(64), attempt: 2 };
const earlier = { ...ours, attempt: 1 };
const later = { ...ours, attempt: 3 };
const stranger = { setupKey: 'b'.repeat(64), attempt: 1 };

const hybrid = '[dbo].[Hybrid Company$58623bfa-0559-4bc2-ae1c-0979c29fd9e0]';
const companies = JSON.stringify(
  ['Known Ltd.', 'New Ltd.'].map((name) => ({ name, displayName: name, sqlName: name, sizeGigabytes: 1 })),
);

let servers: SampleServers;
let source: sql.ConnectionPool;
let destination: sql.ConnectionPool;

beforeAll(async () => {
  servers = await startSampleServers();
  ({ source, destination } = servers);
});

afterAll(() => servers?.stop());

const claim = (pool: sql.ConnectionPool, claimant: PlanOwner) => rows(pool, scripts.claim, { ...claimant });
const holder = (pool: sql.ConnectionPool) => rows(pool, 'SELECT [setupKey], [attempt] FROM [mig].[Claim]');

async function install(claimant: PlanOwner): Promise<void> {
  await claim(destination, claimant);
  await claim(source, claimant);
  await run(source, scripts.sourceObjects);
  await run(destination, scripts.destinationObjects);
}

async function remove(claimant: PlanOwner, removeSource: boolean) {
  const left: Record<'source' | 'destination', unknown[]> = { source: [], destination: [] };
  for (const [side, pool, batches] of [
    ['source', source, scripts.sourceRemoval],
    ['destination', destination, scripts.destinationRemoval],
  ] as const) {
    for (const batch of batches) {
      const result = await rows(pool, batch, { ...claimant, removeSource });
      left[side].push(...result.map(({ name }) => name));
    }
  }
  return left;
}

/** All that a database holds beside the rows of its own tables. */
async function contentOf(pool: sql.ConnectionPool) {
  return {
    schemas: await rows(pool, 'SELECT [name] FROM sys.schemas ORDER BY [name]'),
    objects: await rows(
      pool,
      'SELECT SCHEMA_NAME([schema_id]) AS [schema], [name], [type] FROM sys.objects ORDER BY [schema], [name], [type]',
    ),
    tracking: await rows(
      pool,
      'SELECT [retention_period] FROM sys.change_tracking_databases WHERE [database_id] = DB_ID()',
    ),
    tracked: await rows(
      pool,
      'SELECT OBJECT_NAME([object_id]) AS [name] FROM sys.change_tracking_tables ORDER BY [name]',
    ),
  };
}

const companiesOnline = () =>
  rows(destination, `SELECT [Name], [Display Name], [Replicate] FROM ${hybrid} ORDER BY [Name]`);

function plannedTable(controlId: number): PlannedTable {
  return {
    controlId,
    sourceSchema: 'dbo',
    sourceTable: `T${controlId}`,
    destinationTable: `T${controlId}`,
    company: '',
    tableName: `T${controlId}`,
    appId: '',
    copyMethod: 'Full',
    flow: 'Small',
    groupNumber: 1,
    columns: [],
    rowCount: 0,
    byteCount: 0,
    reason: '',
    code: 'NoPrimaryKey',
    missingOnline: [],
    problems: '',
  };
}

async function* planOf(count: number): AsyncGenerator<PlannedTable> {
  for (let controlId = 1; controlId <= count; controlId += 1) yield await Promise.resolve(plannedTable(controlId));
}

function writePlan(owner: PlanOwner, count: number, stillCurrent = () => Promise.resolve(true)) {
  const progress = { stillCurrent, written: () => undefined };
  return replacePlan(new SqlDatabase(destination), owner, planOf(count), progress);
}

const planned = async () => (await rows(destination, 'SELECT [controlId] FROM [mig].[ReplicationTable]')).length;

describe('a claim', () => {
  test('of two setups that want the same two databases at once, one gets both and the other error 50010', async () => {
    const connections = await Promise.all(
      [ours, stranger].map(async (claimant) => ({
        claimant,
        pools: [
          await servers.connect('online', sampleDatabases.destination, 'owner'),
          await servers.connect('onprem', sampleDatabases.source, 'owner'),
        ],
      })),
    );
    for (let round = 0; round < 20; round += 1) {
      const outcomes = await Promise.allSettled(
        connections.map(async ({ claimant, pools }) => {
          for (const pool of pools) await claim(pool, claimant);
          return claimant;
        }),
      );
      const won = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value);
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as unknown);
      expect(won).toHaveLength(1);
      expect(lost).toMatchObject([{ number: 50010, message: expect.not.stringMatching(/[0-9a-f]{8}/) as unknown }]);
      for (const pool of [source, destination]) {
        expect(await holder(pool)).toEqual(won);
        for (const claimant of [ours, stranger]) await rows(pool, scripts.releaseClaim, claimant);
        expect(await holder(pool)).toEqual([]);
      }
    }
  });

  test('is taken over by a later attempt of its setup, and by no earlier one', async () => {
    await claim(destination, earlier);
    await claim(destination, ours);
    await claim(destination, ours);
    await expect(claim(destination, earlier)).rejects.toMatchObject({ number: 50010 });
    expect(await holder(destination)).toEqual([ours]);
  });

  test('is given back by its own attempt only, as often as wanted', async () => {
    for (const other of [earlier, later, stranger]) await rows(destination, scripts.releaseClaim, other);
    expect(await holder(destination)).toEqual([ours]);
    for (let times = 0; times < 2; times += 1) await rows(destination, scripts.releaseClaim, ours);
    expect(await holder(destination)).toEqual([]);
  });
});

describe('before anything was installed', () => {
  test.each([
    ['a claim given back', scripts.releaseClaim, []],
    ['a mark taken back', scripts.clearMark, []],
    ['the environment marked', scripts.markReady, [{ outcome: 'superseded' }]],
    ['a plan asked for', scripts.planIsOpen, [{ isOpen: false }]],
    ['a plan put in place', scripts.replacePlan, [{ outcome: 'superseded' }]],
    ['all removed', scripts.destinationRemoval.join(';'), []],
  ])('%s is no error', async (_what, script, expected) => {
    await remove(later, true);
    const planId = '00000000-0000-0000-0000-000000000000';
    expect(await rows(destination, script, { ...ours, companies, planId, tables: 0 })).toEqual(expected);
    expect(await rows(destination, "SELECT 1 AS [found] FROM sys.schemas WHERE [name] = N'mig'")).toEqual([]);
  });
});

describe('the table plan', () => {
  beforeEach(() => install(ours));

  test('is replaced as a whole, also by two runs of the same step at once', async () => {
    expect(await writePlan(ours, 2_100)).toBe('replaced');
    const outcomes = await Promise.allSettled([writePlan(ours, 1_500), writePlan(ours, 1_500)]);
    expect(outcomes).toContainEqual({ status: 'fulfilled', value: 'replaced' });
    expect(await planned()).toBe(1_500);
    expect(await rows(destination, 'SELECT [controlId] FROM [mig].[PlanPart]')).toEqual([]);
  });

  test('stays as it is for whoever does not hold the claim', async () => {
    for (const other of [earlier, later, stranger]) expect(await writePlan(other, 5)).toBe('superseded');
    expect(await planned()).toBe(1_500);
  });

  test('stays as it is when another attempt begins while a new one is written', async () => {
    let asked = 0;
    const onlyOnce = () => Promise.resolve((asked += 1) <= 2);
    expect(await writePlan(ours, 2_100, onlyOnce)).toBe('superseded');
    expect(await planned()).toBe(1_500);
  });

  test('stays as it is when the claim is lost just before it is put in place', async () => {
    const planId = '11111111-1111-1111-1111-111111111111';
    await rows(destination, scripts.releaseClaim, ours);
    const outcome = await rows(destination, scripts.replacePlan, { ...ours, replicationId: 0, planId, tables: 0 });
    expect(outcome).toEqual([{ outcome: 'superseded' }]);
    expect(await planned()).toBe(1_500);
  });

  test('keeps its synced versions once the environment is marked, whatever runs again', async () => {
    await rows(destination, scripts.markReady, { ...ours, companies });
    await rows(destination, 'UPDATE [mig].[ReplicationTable] SET [syncedVersion] = 7');
    const mark = await rows(destination, 'SELECT * FROM [mig].[Environment]');
    await install(ours);
    expect(await rows(destination, scripts.planIsOpen, { ...ours, replicationId: 0 })).toEqual([{ isOpen: false }]);
    const swap = { ...ours, replicationId: 0, planId: '11111111-1111-1111-1111-111111111111', tables: 0 };
    expect(await rows(destination, scripts.replacePlan, swap)).toEqual([{ outcome: 'superseded' }]);
    expect(await writePlan(ours, 5)).toBe('superseded');
    expect(await rows(destination, scripts.markReady, { ...ours, companies })).toEqual([{ outcome: 'marked' }]);
    const synced = 'SELECT COUNT(*) AS [tables] FROM [mig].[ReplicationTable] WHERE [syncedVersion] = 7';
    expect(await rows(destination, synced)).toEqual([{ tables: 1_500 }]);
    expect(await rows(destination, 'SELECT * FROM [mig].[Environment]')).toEqual(mark);
  });

  test('is made anew by a replication run that has not begun; a table keeps its number and its version', async () => {
    await rows(destination, 'DELETE FROM [mig].[ReplicationTable] WHERE [controlId] IN (1, 3)');
    await rows(
      destination,
      "INSERT INTO [mig].[Replication] ([replicationId], [pipelineRunId], [mode], [startedAt], [endedAt]) VALUES (4, N'run', N'full', SYSUTCDATETIME(), SYSUTCDATETIME())",
    );
    expect(await writePlan({ ...ours, replicationId: 4 }, 5)).toBe('superseded');
    expect(await writePlan({ ...ours, replicationId: 5 }, 5)).toBe('replaced');
    const kept =
      'SELECT [controlId], [sourceTable], [syncedVersion] FROM [mig].[ReplicationTable] ORDER BY [controlId]';
    expect(await rows(destination, kept)).toEqual([
      { controlId: 2, sourceTable: plannedTable(2).sourceTable, syncedVersion: '7' },
      { controlId: 4, sourceTable: plannedTable(4).sourceTable, syncedVersion: '7' },
      { controlId: 5, sourceTable: plannedTable(5).sourceTable, syncedVersion: '7' },
      { controlId: 1_501, sourceTable: plannedTable(1).sourceTable, syncedVersion: '0' },
      { controlId: 1_503, sourceTable: plannedTable(3).sourceTable, syncedVersion: '0' },
    ]);
    const other = (async function* () {
      const columns = [{ ordinal: 1, name: 'No_', type: 'int', isKey: true }];
      yield await Promise.resolve({ ...plannedTable(2), columns });
    })();
    const progress = { stillCurrent: () => Promise.resolve(true), written: () => undefined };
    expect(await replacePlan(new SqlDatabase(destination), { ...ours, replicationId: 5 }, other, progress)).toBe(
      'replaced',
    );
    expect(await rows(destination, kept)).toMatchObject([{ controlId: 2, syncedVersion: '0' }]);
    await remove(ours, true);
  });
});

describe('the mark', () => {
  test('is refused to whoever does not hold the claim, and nothing is published then', async () => {
    await install(ours);
    const before = await companiesOnline();
    for (const other of [earlier, later, stranger]) {
      expect(await rows(destination, scripts.markReady, { ...other, companies })).toEqual([{ outcome: 'superseded' }]);
    }
    expect(await rows(destination, 'SELECT 1 AS [mark] FROM [mig].[Environment]')).toEqual([]);
    expect(await companiesOnline()).toEqual(before);
    await remove(ours, true);
  });
});

describe('removal', () => {
  const preTracked = 'CRONUS _LOCAL_ & Söhne$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972';
  const known = { Name: 'Known Ltd.', 'Display Name': 'Known Ltd.', Replicate: 1 };
  let before: { source: unknown; destination: unknown };

  const content = async () => ({ source: await contentOf(source), destination: await contentOf(destination) });
  const turnOff = async () => {
    await rows(source, `ALTER TABLE [dbo].[${preTracked}] DISABLE CHANGE_TRACKING`);
    await rows(source, 'ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF');
  };

  async function setUp(): Promise<void> {
    await install(ours);
    await rows(source, trackChanges);
    await writePlan(ours, 3);
    await rows(destination, scripts.markReady, { ...ours, companies });
  }

  beforeAll(async () => {
    await rows(
      destination,
      `INSERT INTO ${hybrid} ([Name], [Display Name], [Replicate]) VALUES (N'Known Ltd.', N'old', 1)`,
    );
    before = await content();
  });

  test('leaves both databases as they were; what was only updated or replicated is named', async () => {
    await setUp();
    await rows(
      destination,
      "INSERT INTO [mig].[ReplicationRun] ([replicationId], [controlId], [status], [fromVersion]) VALUES (1, 2, N'Succeeded', 0)",
    );
    expect(await companiesOnline()).toHaveLength(2);
    expect(await remove(ours, true)).toEqual({
      source: [],
      destination: ['Display Name and Estimated Size of the company Known Ltd.', 'replicated data of T2'],
    });
    expect(await content()).toEqual(before);
    expect(await companiesOnline()).toEqual([known]);
    expect(await remove(ours, true)).toEqual({ source: [], destination: [] });
  });

  test('keeps the change tracking that it turned on unless asked, and names it', async () => {
    await setUp();
    const { tracking, tracked } = await contentOf(source);
    const { source: left } = await remove(ours, false);
    // Each table but the service's own, and the database.
    expect(left).toHaveLength(tracked.length);
    expect(left).toContain('change tracking of the database');
    expect(left).toContain(`change tracking of [dbo].[${preTracked}]`);
    // The service's own table is gone with its schema.
    expect(await contentOf(source)).toMatchObject({
      tracking,
      tracked: tracked.filter(({ name }) => name !== 'Version'),
    });
    expect(await rows(source, "SELECT 1 AS [found] FROM sys.schemas WHERE [name] = N'mig'")).toEqual([]);
  });

  test('never turns off what was on before', async () => {
    // The test before left all of it on, now without a note.
    const earlierContent = await contentOf(source);
    await setUp();
    await remove(ours, true);
    expect(await contentOf(source)).toEqual(earlierContent);
    for (const { name } of earlierContent.tracked) {
      if (name !== preTracked) await rows(source, `ALTER TABLE [dbo].[${String(name)}] DISABLE CHANGE_TRACKING`);
    }
    const oneTracked = await contentOf(source);
    await setUp();
    expect(await remove(ours, true)).toMatchObject({ source: [] });
    expect(await contentOf(source)).toEqual(oneTracked);
    await turnOff();
    expect(await content()).toEqual(before);
  });

  test('keeps the tracking of the database as long as somebody else needs it, and names it', async () => {
    await rows(source, 'CREATE TABLE [dbo].[Theirs] ([id] int NOT NULL CONSTRAINT [PK_Theirs] PRIMARY KEY)');
    await setUp();
    await rows(source, 'ALTER TABLE [dbo].[Theirs] ENABLE CHANGE_TRACKING');
    expect(await remove(ours, true)).toMatchObject({ source: ['change tracking of the database'] });
    expect(await contentOf(source)).toMatchObject({ tracked: [{ name: 'Theirs' }] });
    await rows(source, 'DROP TABLE [dbo].[Theirs]');
    await rows(source, 'ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF');
    expect(await content()).toEqual(before);
  });

  test('touches nothing that another setup or a later attempt holds, and names nothing', async () => {
    await setUp();
    const installed = await content();
    for (const other of [stranger, earlier]) {
      expect(await remove(other, true)).toEqual({ source: [], destination: [] });
      expect(await content()).toEqual(installed);
      expect(await companiesOnline()).toHaveLength(2);
    }
    await remove(later, true);
    expect(await content()).toEqual(before);
  });
});
