// The product's T-SQL on the sample databases, over TDS, in the order in which a setup runs it.
import type sql from 'mssql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleDatabases } from '../../../local/sample/load-sample.ts';
import { evaluateChecks } from '../../../shared/checks/catalogue.ts';
import {
  companySchema,
  companyTotalSchema,
  destinationProbeSchema,
  extensionSchema,
  sourceProbeSchema,
} from '../../../shared/checks/probe.ts';
import { SqlDatabase } from '../../../shared/sql/database.ts';
import * as scripts from '../../../shared/sql/scripts.ts';
import { replacePlan } from '../../../shared/plan/control-rows.ts';
import { summarizePlan } from '../../../shared/plan/plan.ts';
import type { PlannedTable } from '../../../shared/plan/plan.ts';
import { besideProbes, measureDestination, measureSource, planOf } from '../../support/measured.ts';
import { each } from '../../support/plan/catalogues.ts';
import { rows, run, startSampleServers } from '../../support/sample-servers.ts';
import type { SampleServers } from '../../support/sample-servers.ts';

/** A setup as the databases know it. */
const ours = { setupKey: 'a'.repeat(64), attempt: 1 };

let servers: SampleServers;
let source: sql.ConnectionPool;
let destination: sql.ConnectionPool;
let reader: sql.ConnectionPool;

beforeAll(async () => {
  servers = await startSampleServers();
  ({ source, destination } = servers);
  reader = await servers.connect('onprem', sampleDatabases.source, 'reader');
});

afterAll(() => servers?.stop());

describe('before the setup', () => {
  test('the sample passes all checks that block', async () => {
    const measured = { ...(await measureSource(source)), destination: await measureDestination(destination) };
    const results = evaluateChecks({ ...besideProbes, ...measured });
    expect(results.filter(({ status, severity }) => status === 'failed' && severity === 'blocks')).toEqual([]);
  });

  test('companies are listed with their names in tables and their sizes', async () => {
    const companies = companySchema.array().parse(await rows(source, scripts.listCompanies));
    expect(companies.map(({ name, sqlName, isEvaluation }) => ({ name, sqlName, isEvaluation }))).toEqual([
      { name: 'CRONUS [LOCAL] & Söhne', sqlName: 'CRONUS _LOCAL_ & Söhne', isEvaluation: false },
      { name: 'CRONUS Česko s.r.o.', sqlName: 'CRONUS Česko s_r_o_', isEvaluation: true },
      { name: 'CRONUS International Ltd.', sqlName: 'CRONUS International Ltd_', isEvaluation: false },
    ]);
    for (const { sizeGigabytes } of companies) expect(sizeGigabytes).toBeGreaterThan(0);
  });

  test('every company comes with how many there are', async () => {
    expect(companyTotalSchema.array().parse(await rows(source, scripts.listCompanies))).toEqual([
      { total: 3 },
      { total: 3 },
      { total: 3 },
    ]);
  });

  test('a login without rights is measured too, and fails the check of its rights', async () => {
    const [row] = await rows(reader, scripts.sourceProbe);
    const probe = sourceProbeSchema.parse(row);
    expect(probe).toMatchObject({ login: 'reader', isSysadmin: false, hasControl: false });
    await rows(reader, scripts.listCompanies);
  });

  test('the catalogue is written down without the right to see sizes too, and lists what the login may see', async () => {
    const all = await rows(source, scripts.catalogue);
    const seen = await rows(reader, scripts.catalogue);
    const withoutSizes = all.map((row) => ({ ...row, rowCount: '0', byteCount: '0' }));
    expect(withoutSizes).toEqual(expect.arrayContaining(seen));
    expect(seen.length).toBeGreaterThan(0);
  });

  test('databases without the tables of Business Central are measured too', async () => {
    const [row] = await rows(await servers.connect('onprem', 'master', 'owner'), scripts.sourceProbe);
    expect(sourceProbeSchema.parse(row)).toMatchObject({ applicationVersion: null, extensions: null });
  });

  test('the owner has control of a readable secondary, and it is measured as one that cannot be written', async () => {
    const [row] = await rows(await servers.connect('onprem', 'replica', 'owner'), scripts.sourceProbe);
    expect(sourceProbeSchema.parse(row)).toMatchObject({ isReadOnly: true, hasControl: true });
    const [other] = await rows(await servers.connect('onprem', 'replica', 'owner'), scripts.destinationProbe);
    expect(destinationProbeSchema.parse(other)).toMatchObject({ isReadOnly: true, hasControl: true });
  });

  test('sizes are seen in a database whose name has a dot', async () => {
    const dotted = await servers.connect('onprem', 'BC.250', 'owner');
    await run(dotted, ['CREATE TABLE [dbo].[Company] ([Name] nvarchar(30) NOT NULL)']);
    await rows(dotted, "INSERT INTO [dbo].[Company] ([Name]) VALUES (N'CRONUS')");
    const companies = companySchema.array().parse(await rows(dotted, scripts.listCompanies));
    expect(companies).toMatchObject([{ name: 'CRONUS', sizeGigabytes: 0 }]);
    const [row] = await rows(dotted, scripts.sourceProbe);
    expect(sourceProbeSchema.parse(row)).toMatchObject({ hasControl: true });
  });

  test('change tracking is seen on Azure SQL Database', async () => {
    const switchTo = (state: string) => rows(destination, `ALTER DATABASE CURRENT SET CHANGE_TRACKING = ${state}`);
    await switchTo('ON (CHANGE_RETENTION = 4 DAYS)');
    const [row] = await rows(destination, scripts.sourceProbe);
    expect(sourceProbeSchema.parse(row)).toMatchObject({ changeTrackingOn: true, changeTrackingRetentionDays: 4 });
    await switchTo('OFF');
  });
});

describe('the setup', () => {
  test('creates its objects on both sides, as often as it is run', async () => {
    for (let times = 0; times < 2; times += 1) {
      for (const pool of [source, destination]) await rows(pool, scripts.claim, ours);
      await run(source, scripts.sourceObjects);
      await run(destination, scripts.destinationObjects);
    }
    const [{ procedures } = {}] = await rows(
      destination,
      "SELECT COUNT(*) AS [procedures] FROM sys.procedures WHERE SCHEMA_NAME([schema_id]) = N'mig'",
    );
    expect(procedures).toBe(16);
  });

  test('keeps the rows of a pack together in the key of their table, so that no pack waits for the rows of another', async () => {
    expect(
      await rows(
        destination,
        `SELECT c.[name] FROM sys.indexes AS i
         JOIN sys.index_columns AS k ON k.[object_id] = i.[object_id] AND k.[index_id] = i.[index_id]
         JOIN sys.columns AS c ON c.[object_id] = k.[object_id] AND c.[column_id] = k.[column_id]
         WHERE i.[object_id] = OBJECT_ID(N'[mig].[PackStage]') AND i.[is_primary_key] = 1 ORDER BY k.[key_ordinal]`,
      ),
    ).toEqual([{ name: 'replicationId' }, { name: 'packNumber' }, { name: 'controlId' }]);
  });

  test('notes at the source for whom it was prepared, and turns no change tracking on', async () => {
    for (const setupKey of ['b'.repeat(64), ours.setupKey]) {
      await source.request().input('setupKey', setupKey).execute('[mig].[MarkSource]');
    }
    const [row] = await rows(source, scripts.sourceProbe);
    expect(sourceProbeSchema.parse(row)).toMatchObject({ changeTrackingOn: false, preparedFor: ours.setupKey });
  });

  test('leaves it to the replication to track changes, which needs the right to, and says so', async () => {
    const begin = rows(reader, 'EXEC [mig].[EnableChangeTracking] @replicationId = 1');
    await expect(begin).rejects.toThrow(/may not turn it on\. Grant it ALTER on the database, or run there: ALTER/);
    expect(await rows(source, 'SELECT [name] FROM [mig].[ChangeTracking]')).toEqual([]);
  });

  test('lists the extensions that are installed online', async () => {
    const extensions = extensionSchema.array().parse(await rows(destination, scripts.listExtensions));
    expect(extensions).toHaveLength(7);
    expect(extensions[0]).toEqual({
      appId: '437dbf0e-84ff-417a-965d-ed2bb9650972',
      name: 'Base Application',
      publisher: 'Microsoft',
      version: '26.3.36158.0',
    });
  });

  test('plans every table of the sample', async () => {
    const tables = await Array.fromAsync(planOf(source, destination));
    await savePlan(tables);
    expect(summarizePlan(tables)).toEqual({
      byCopyMethod: { Delta: 21, Full: 4, Preserve: 2, None: 22 },
      large: 1,
      small: 26,
      packs: 1,
      rows: 3_077,
      leftOut: 12,
    });
    const reasons = new Map(
      tables.map(({ tableName, reason, problems }) => [tableName, `${reason} ${problems}`.trim()]),
    );
    expect(reasons.get('User')).toMatch('buffer');
    expect(reasons.get('Payment Terms$437dbf0e-84ff-417a-965d-ed2bb9650972')).toMatch('[Code] L,|[Discount _] T,');
    expect(reasons.get('Old Posting Buffer$437dbf0e-84ff-417a-965d-ed2bb9650972')).toMatch('50004');
    expect(reasons.get('Archived Document$a7d0b2c4-6e18-4f3a-8b95-2c1d3e4f5a60')).toMatch('not installed online');
    expect(reasons.get('Email Account$63ca2fa4-4f03-4f2b-a480-172fef340d3f')).toMatch('ReplicateData is false');
    expect(reasons.get('Report Inbox$437dbf0e-84ff-417a-965d-ed2bb9650972')).toMatch('turned off online');
  });

  test('marks the environment and publishes the companies; a second time it keeps what the client chose', async () => {
    const companies = JSON.stringify(await rows(source, scripts.listCompanies));
    const hybrid = '[dbo].[Hybrid Company$58623bfa-0559-4bc2-ae1c-0979c29fd9e0]';
    expect(await rows(destination, scripts.markReady, { ...ours, companies })).toEqual([{ outcome: 'marked' }]);
    await rows(destination, `UPDATE ${hybrid} SET [Replicate] = 1 WHERE [Name] = N'CRONUS International Ltd_'`);
    for (const pool of [source, destination]) await rows(pool, scripts.claim, { ...ours, attempt: 2 });
    const second = await rows(destination, scripts.markReady, { ...ours, attempt: 2, companies });
    expect(second).toEqual([{ outcome: 'marked' }]);
    expect(
      await rows(destination, `SELECT [Name], [Display Name], [Replicate] FROM ${hybrid} ORDER BY [Name]`),
    ).toEqual([
      { Name: 'CRONUS _LOCAL_ & Söhne', 'Display Name': 'CRONUS Lokal & Söhne', Replicate: 0 },
      { Name: 'CRONUS Česko s_r_o_', 'Display Name': 'CRONUS Česko s.r.o.', Replicate: 0 },
      { Name: 'CRONUS International Ltd_', 'Display Name': 'CRONUS International Ltd.', Replicate: 1 },
    ]);
    expect(await rows(destination, 'SELECT [setupKey], [attempt] FROM [mig].[Environment]')).toEqual([
      { ...ours, attempt: 2 },
    ]);
  });

  test('an environment that is taken fails its check for any other setup', async () => {
    const [row] = await rows(destination, scripts.destinationProbe);
    expect(destinationProbeSchema.parse(row).boundTo).toBe(ours.setupKey);
  });
});

describe('the mark', () => {
  test('is taken back by its own attempt and no other, and only if there is one', async () => {
    await rows(destination, scripts.clearMark, { ...ours, setupKey: 'b'.repeat(64), attempt: 2 });
    await rows(destination, scripts.clearMark, ours);
    expect(await rows(destination, 'SELECT [attempt] FROM [mig].[Environment]')).toEqual([{ attempt: 2 }]);
    await rows(destination, scripts.clearMark, { ...ours, attempt: 2 });
    await rows(destination, scripts.clearMark, { ...ours, attempt: 2 });
    expect(await rows(destination, 'SELECT [attempt] FROM [mig].[Environment]')).toEqual([]);
  });
});

async function savePlan(tables: readonly PlannedTable[]): Promise<void> {
  const progress = { stillCurrent: () => Promise.resolve(true), written: () => undefined };
  expect(await replacePlan(new SqlDatabase(destination), ours, each(tables), progress)).toBe('replaced');
}
