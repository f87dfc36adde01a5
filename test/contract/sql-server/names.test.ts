import { afterAll, beforeAll, expect, test } from 'vitest';
import type sql from 'mssql';
import { misunderstood, sampleNames } from '../../support/sql-names.ts';
import { startTestServers } from '../../support/sql-server.ts';
import type { TestServers } from '../../support/sql-server.ts';

let servers: TestServers;
let pool: sql.ConnectionPool;

beforeAll(async () => {
  servers = await startTestServers();
  pool = await servers.connect('source');
  await pool.query('CREATE TABLE [canary] ([id] int NOT NULL); INSERT INTO [canary] ([id]) VALUES (1);');
});

afterAll(async () => {
  await pool.close();
  await servers.stop();
});

test('2,000 names of any kind come back as they went, and nothing else is executed', async () => {
  expect(await misunderstood(pool, sampleNames(2_000, 1))).toEqual({ wrong: [], statements: 30 });
});
