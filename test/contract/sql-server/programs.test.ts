import sql from 'mssql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Stage, startStage } from '../../support/sql-server.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});

afterAll(() => stage.stop());

describe('a program', () => {
  test.each<[string, string, unknown]>([
    [
      'loops',
      "DECLARE @i int = 0, @s nvarchar(50) = N''; WHILE 1 = 1 BEGIN SET @i += 1; IF @i = 2 CONTINUE; IF @i > 4 BREAK; SET @s = @s + CAST(@i AS nvarchar(5)); END; SELECT @s AS s",
      [[{ s: '134' }]],
    ],
    [
      'assigns from a row',
      "DECLARE @a int, @b nvarchar(20); SELECT @a = height, @b = [No_] FROM stage.customer WHERE [No_] = N'C1'; SELECT @a AS a, @b AS b",
      [[{ a: 1, b: 'C1' }]],
    ],
    [
      'walks a cursor',
      "DECLARE @n nvarchar(20), @all nvarchar(100) = N''; DECLARE c CURSOR LOCAL FAST_FORWARD FOR SELECT [No_] FROM stage.customer ORDER BY [No_]; OPEN c; FETCH NEXT FROM c INTO @n; WHILE @@FETCH_STATUS = 0 BEGIN SET @all += @n; FETCH NEXT FROM c INTO @n; END; CLOSE c; DEALLOCATE c; SELECT @all AS a",
      [[{ a: 'C1C2C3' }]],
    ],
    [
      'goes on with a static cursor after a rollback',
      `DECLARE @n nvarchar(20); DECLARE c CURSOR LOCAL FORWARD_ONLY STATIC READ_ONLY FOR SELECT N'a' UNION ALL SELECT N'b';
       OPEN c; FETCH NEXT FROM c INTO @n; ROLLBACK; FETCH NEXT FROM c INTO @n; SELECT @n AS n; BEGIN TRANSACTION; CLOSE c; DEALLOCATE c`,
      [[{ n: 'b' }]],
    ],
    [
      'runs text with parameters',
      "DECLARE @o int; EXEC sp_executesql N'SELECT @o = @a + 1', N'@a int, @o int OUTPUT', @a = 4, @o = @o OUTPUT; SELECT @o AS o",
      [[{ o: 5 }]],
    ],
    [
      'takes and releases a lock',
      "DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'r', @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 0; SELECT @r AS r; EXEC @r = sp_releaseapplock @Resource = N'r', @LockOwner = 'Session'; SELECT @r AS r",
      [[{ r: 0 }], [{ r: 0 }]],
    ],
    [
      'handles errors and raises others',
      "BEGIN TRY BEGIN TRY THROW 50001, N'in', 1; END TRY BEGIN CATCH SELECT ERROR_NUMBER() AS n, ERROR_MESSAGE() AS m; THROW 50002, N'out', 2; END CATCH END TRY BEGIN CATCH SELECT ERROR_NUMBER() AS n, ERROR_STATE() AS s; END CATCH",
      [[{ n: 50001, m: 'in' }], [{ n: 50002, s: 2 }]],
    ],
    [
      'compares variables without case in conditions',
      "DECLARE @x nvarchar(5) = N'abc'; IF @x = N'ABC' SELECT 1 AS eq ELSE SELECT 0 AS eq",
      [[{ eq: 1 }]],
    ],
    [
      'inserts what a procedure returns',
      "CREATE TABLE #r (x nvarchar(20)); INSERT INTO #r EXEC sp_executesql N'SELECT [No_] FROM stage.customer'; SELECT COUNT(*) AS n FROM #r",
      [[{ n: 3 }]],
    ],
  ])('%s', async (_name, script, expected) => {
    expect(await stage.results(script)).toEqual(expected);
  });

  test.each(['COMMIT', 'ROLLBACK'])('gives a lock of its transaction back with %s', async (end) => {
    const take = `EXEC @r = sp_getapplock @Resource = N't', @LockMode = 'Exclusive', @LockTimeout = 0`;
    const release = `EXEC @r = sp_releaseapplock @Resource = N't', @LockOwner = 'Session'; SELECT @r AS r`;
    const script = `DECLARE @r int; BEGIN TRANSACTION; ${take}; SELECT @r AS r; ${end} TRANSACTION; ${release}`;
    expect((await stage.pool.request().batch(script)).recordsets).toEqual([[{ r: 0 }], [{ r: -999 }]]);
  });

  test.each<[string, number, string]>([
    ['a lock of a transaction without one', 3918, "EXEC sp_getapplock @Resource = N't', @LockMode = 'Exclusive'"],
    ['a change of the database in a transaction', 226, 'BEGIN TRANSACTION; ALTER DATABASE CURRENT SET RECOVERY SIMPLE'],
    [
      'a schema with a procedure to be dropped',
      3729,
      "EXEC (N'CREATE SCHEMA [full]'); EXEC (N'CREATE PROCEDURE [full].[p] AS SELECT 1'); DROP SCHEMA [full]",
    ],
    [
      'to fetch from a cursor that is not static after a rollback',
      16917,
      `DECLARE @n int; DECLARE c CURSOR LOCAL FAST_FORWARD FOR SELECT id FROM stage.batch; OPEN c;
       BEGIN TRANSACTION; FETCH NEXT FROM c INTO @n; ROLLBACK; FETCH NEXT FROM c INTO @n`,
    ],
    [
      'change tracking to be turned off for a database with a tracked table',
      22115,
      `CREATE TABLE stage.tracked (id int NOT NULL PRIMARY KEY);
       ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON; ALTER TABLE stage.tracked ENABLE CHANGE_TRACKING;
       ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF`,
    ],
  ])('refuses %s', async (_what, number, script) => {
    await expect(stage.pool.request().batch(`SET XACT_ABORT ON; ${script}`)).rejects.toMatchObject({ number });
  });

  test('dooms its transaction under XACT_ABORT', async () => {
    const script = `SET XACT_ABORT ON;
      BEGIN TRY BEGIN TRAN; INSERT INTO stage.event (text) VALUES (N'tx'); SELECT 1 / 0 AS z; COMMIT; END TRY
      BEGIN CATCH SELECT XACT_STATE() AS x, @@TRANCOUNT AS t; ROLLBACK; END CATCH;
      SELECT COUNT(*) AS n FROM stage.event WHERE text = N'tx'; SET XACT_ABORT OFF`;
    expect((await stage.pool.request().batch(script)).recordsets).toEqual([[{ x: -1, t: 1 }], [{ n: 0 }]]);
  });

  test('goes on after a statement that fails', async () => {
    const request = stage.pool
      .request()
      .batch("INSERT INTO stage.customer ([No_]) VALUES (N'C1'); INSERT INTO stage.event (text) VALUES (N'after')");
    await expect(request).rejects.toMatchObject({ number: 2627 });
    expect(await stage.rows("SELECT COUNT(*) AS n FROM stage.event WHERE text = N'after'")).toEqual([{ n: 1 }]);
  });
});

describe('a procedure', () => {
  beforeAll(async () => {
    await stage.pool.request()
      .batch(`CREATE OR ALTER PROCEDURE stage.finish @batch int, @note nvarchar(20) = N'none', @count int OUTPUT AS
      BEGIN
        SET NOCOUNT ON; SET XACT_ABORT ON;
        BEGIN TRY
          BEGIN TRAN;
          IF NOT EXISTS (SELECT 1 FROM stage.batch WHERE id = @batch) THROW 50001, N'no batch', 3;
          UPDATE stage.batch SET state = @note WHERE id = @batch;
          SET @count = @@ROWCOUNT;
          COMMIT;
        END TRY
        BEGIN CATCH
          IF @@TRANCOUNT > 0 ROLLBACK;
          THROW;
        END CATCH
        RETURN 4;
      END`);
  });

  test('answers outputs and its return value, with the default of a parameter', async () => {
    const result = await stage.pool.request().input('batch', 2).output('count', sql.Int).execute('stage.finish');
    expect(result).toMatchObject({ output: { count: 1 }, returnValue: 4 });
    expect(await stage.rows('SELECT state FROM stage.batch WHERE id = 2')).toEqual([{ state: 'none' }]);
  });

  test('raises its error with number, state, line and name, and leaves no transaction', async () => {
    const request = stage.pool.request().batch('DECLARE @n int; EXEC stage.finish @batch = 99, @count = @n OUTPUT');
    await expect(request).rejects.toMatchObject({
      number: 50001,
      state: 3,
      lineNumber: 6,
      procName: 'stage.finish',
      message: 'no batch',
    });
    expect(await stage.rows('SELECT @@TRANCOUNT AS t')).toEqual([{ t: 0 }]);
  });

  test('shows in the catalog until it is dropped', async () => {
    await stage.pool.request().batch('CREATE PROCEDURE stage.gone @a int AS SELECT @a AS a');
    expect(
      await stage.rows(
        "SELECT p.name, m.definition FROM sys.procedures p JOIN sys.sql_modules m ON m.object_id = p.object_id WHERE p.name = N'gone'",
      ),
    ).toEqual([{ name: 'gone', definition: 'CREATE PROCEDURE stage.gone @a int AS SELECT @a AS a' }]);
    await stage.pool.request().batch('DROP PROCEDURE IF EXISTS stage.gone');
    await expect(stage.pool.request().query('EXEC stage.gone 1')).rejects.toMatchObject({ number: 2812 });
  });
});
