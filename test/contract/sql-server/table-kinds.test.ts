// Memory-optimized and temporal tables: what the catalog says of them, and what is refused.
import type sql from 'mssql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServers, startTestServers } from '../../support/sql-server.ts';

let servers: TestServers;
let pool: sql.ConnectionPool;

beforeAll(async () => {
  servers = await startTestServers();
  pool = await servers.connect('source');
  await pool.request().batch(`
    ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON;
    CREATE TABLE dbo.queue (id int NOT NULL PRIMARY KEY NONCLUSTERED) WITH (MEMORY_OPTIMIZED = ON, DURABILITY = SCHEMA_ONLY);
    CREATE TABLE dbo.[plain] (id int NOT NULL PRIMARY KEY) ON [PRIMARY] WITH (DATA_COMPRESSION = PAGE);
    CREATE TABLE dbo.price (
      id int NOT NULL PRIMARY KEY, amount decimal(18, 2) NOT NULL, valid_from datetime2 GENERATED ALWAYS AS ROW START NOT NULL,
      valid_to datetime2 GENERATED ALWAYS AS ROW END NOT NULL, PERIOD FOR SYSTEM_TIME (valid_from, valid_to))
    WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE = dbo.price_history))`);
});

afterAll(async () => {
  await pool.close();
  await servers.stop();
});

const run = (statement: string) => pool.request().query(statement);

test('the catalog tells what a table is', async () => {
  const { recordset } = await run(`
    SELECT t.name, t.is_memory_optimized, t.durability, t.temporal_type, h.name AS history, t.temporal_type_desc
    FROM sys.tables AS t LEFT JOIN sys.tables AS h ON h.object_id = t.history_table_id
    WHERE t.name IN (N'queue', N'plain', N'price', N'price_history') ORDER BY t.name`);
  const none = { is_memory_optimized: false, durability: 0, temporal_type: 0, history: null };
  expect(recordset).toEqual([
    { ...none, name: 'plain', temporal_type_desc: 'NON_TEMPORAL_TABLE' },
    {
      ...none,
      name: 'price',
      temporal_type: 2,
      history: 'price_history',
      temporal_type_desc: 'SYSTEM_VERSIONED_TEMPORAL_TABLE',
    },
    { ...none, name: 'price_history', temporal_type: 1, temporal_type_desc: 'HISTORY_TABLE' },
    { ...none, name: 'queue', is_memory_optimized: true, durability: 1, temporal_type_desc: 'NON_TEMPORAL_TABLE' },
  ]);
});

test('a history has the columns of its table, without the key', async () => {
  const { recordset } = await run(`
    SELECT OBJECT_NAME(c.object_id) AS [table], c.name, y.name AS type, c.precision, c.generated_always_type AS generated
    FROM sys.columns AS c JOIN sys.types AS y ON y.user_type_id = c.user_type_id
    WHERE c.object_id IN (OBJECT_ID(N'dbo.price'), OBJECT_ID(N'dbo.price_history')) ORDER BY c.object_id, c.column_id`);
  const columns = (table: string, from: number, to: number) => [
    { table, name: 'id', type: 'int', precision: 10, generated: 0 },
    { table, name: 'amount', type: 'decimal', precision: 18, generated: 0 },
    { table, name: 'valid_from', type: 'datetime2', precision: 27, generated: from },
    { table, name: 'valid_to', type: 'datetime2', precision: 27, generated: to },
  ];
  expect(recordset).toEqual([...columns('price', 1, 2), ...columns('price_history', 0, 0)]);
  const keys = await run(`SELECT 1 FROM sys.key_constraints WHERE parent_object_id = OBJECT_ID(N'dbo.price_history')`);
  expect(keys.recordset).toEqual([]);
});

test('a row is valid from when it was written, for ever', async () => {
  await run(`INSERT INTO dbo.price (id, amount) VALUES (1, 9.95)`);
  const { recordset } = await run(`
    SELECT CASE WHEN valid_from <= SYSUTCDATETIME() THEN 1 ELSE 0 END AS begun, YEAR(valid_to) AS [end] FROM dbo.price`);
  expect(recordset).toEqual([{ begun: 1, end: 9999 }]);
});

test.each([
  ['UPDATE dbo.price SET amount = 1', 40_510],
  ['DELETE FROM dbo.price', 40_510],
  ['DROP TABLE dbo.price', 13_552],
  ['DROP TABLE dbo.price_history', 13_552],
  ['ALTER TABLE dbo.queue ENABLE CHANGE_TRACKING', 10_794],
  ['ALTER TABLE dbo.[plain] SET (SYSTEM_VERSIONING = ON (HISTORY_TABLE = dbo.plain_history))', 13_510],
  ['ALTER TABLE dbo.[plain] SET (SYSTEM_VERSIONING = OFF)', 13_591],
  ['ALTER TABLE dbo.price SET (SYSTEM_VERSIONING = ON)', 40_510],
  ['ALTER TABLE dbo.price SET (LOCK_ESCALATION = AUTO)', 40_510],
  ['CREATE TABLE dbo.l (id int) WITH (LEDGER = ON)', 40_510],
  ['SELECT * FROM dbo.price FOR SYSTEM_TIME ALL', 40_510],
])('%s: %i', async (statement, number) => {
  await expect(run(statement)).rejects.toMatchObject({ number });
});

test('without versioning, both are tables as all others', async () => {
  await run(`
    ALTER TABLE dbo.price SET (SYSTEM_VERSIONING = OFF);
    UPDATE dbo.price SET amount = 2;
    DROP TABLE dbo.price, dbo.price_history`);
  expect((await run(`SELECT 1 FROM sys.tables WHERE name LIKE N'price%'`)).recordset).toEqual([]);
});
