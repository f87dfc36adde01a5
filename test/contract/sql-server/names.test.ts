import { afterAll, beforeAll, expect, test } from 'vitest';
import type sql from 'mssql';
import { misunderstood, sampleNames } from '../../support/sql-names.ts';
import { startSampleServers } from '../../support/sample-servers.ts';
import type { SampleServers } from '../../support/sample-servers.ts';

let servers: SampleServers;
let pool: sql.ConnectionPool;

beforeAll(async () => {
  servers = await startSampleServers();
  pool = servers.source;
  await pool.query('CREATE TABLE [canary] ([id] int NOT NULL); INSERT INTO [canary] ([id]) VALUES (1);');
});

afterAll(() => servers?.stop());

test('2,000 names of any kind come back as they went, and nothing else is executed', async () => {
  expect(await misunderstood(pool, sampleNames(2_000, 1))).toEqual({ wrong: [], statements: 30 });
});
