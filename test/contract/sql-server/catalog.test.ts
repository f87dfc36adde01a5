import type sql from 'mssql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TOKEN, type TestServers, startTestServers, withToken } from '../../support/sql-server.ts';

/** Business Central's names are longer than PostgreSQL's may be. */
const TABLE = 'CRONUS International Ltd_$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972';
const COLUMN = 'A Long Extension Field Name$437dbf0e-84ff-417a-965d-ed2bb9650972';

let servers: TestServers;
let pool: sql.ConnectionPool;

beforeAll(async () => {
  servers = await startTestServers();
  pool = await servers.connect('source');
  await pool.request().batch(`
    CREATE TABLE dbo.[${TABLE}] (
      [timestamp] timestamp NOT NULL, [No_] nvarchar(20) NOT NULL, [${COLUMN}] int NULL,
      amount decimal(38, 20) NOT NULL, code varchar(10) COLLATE Latin1_General_100_BIN2 NULL, picture image NULL,
      [$systemId] uniqueidentifier NOT NULL DEFAULT NEWID(), stamp datetime2(3) NULL, row int IDENTITY NOT NULL,
      CONSTRAINT [${TABLE}$Key1] PRIMARY KEY CLUSTERED ([No_]));
    CREATE UNIQUE NONCLUSTERED INDEX [$systemId] ON dbo.[${TABLE}] ([$systemId] DESC) INCLUDE (amount);
    INSERT INTO dbo.[${TABLE}] ([No_], [${COLUMN}], amount) VALUES (N'1', 2, 3), (N'2', NULL, 4);
    CREATE TABLE dbo.heap (id int NULL)`);
});

afterAll(async () => {
  await pool.close();
  await servers.stop();
});

async function rows(statement: string, connection = pool): Promise<unknown> {
  return (await connection.request().query(statement)).recordset as unknown;
}

describe('long names', () => {
  test('work in statements and results', async () => {
    expect(await rows(`SELECT t.[${COLUMN}] FROM dbo.[${TABLE}] AS t WHERE t.[No_] = N'1'`)).toEqual([{ [COLUMN]: 2 }]);
  });

  test('appear in full in the catalog and in errors', async () => {
    expect(await rows(`SELECT name FROM sys.tables WHERE name LIKE N'%$Customer$%'`)).toEqual([{ name: TABLE }]);
    expect(
      await rows(
        `SELECT c.name FROM sys.columns c WHERE c.object_id = OBJECT_ID(N'[dbo].[${TABLE}]') AND c.column_id = 3`,
      ),
    ).toEqual([{ name: COLUMN }]);
    await expect(
      pool.request().query(`INSERT INTO dbo.[${TABLE}] ([No_], amount) VALUES (N'1', 0)`),
    ).rejects.toMatchObject({ number: 2627, message: expect.stringContaining(`'${TABLE}$Key1'`) as string });
  });
});

describe('the catalog', () => {
  test('describes columns as they were declared', async () => {
    const described = await rows(`
      SELECT c.name, y.name AS type, c.max_length AS l, c.precision AS p, c.scale AS s, c.is_nullable AS n, c.is_identity AS i, c.collation_name AS c
      FROM sys.columns c JOIN sys.types y ON y.user_type_id = c.user_type_id
      WHERE c.object_id = OBJECT_ID(N'dbo.[${TABLE}]') ORDER BY c.column_id`);
    const collation = 'SQL_Latin1_General_CP1_CI_AS';
    expect(described).toEqual([
      { name: 'timestamp', type: 'timestamp', l: 8, p: 0, s: 0, n: false, i: false, c: null },
      { name: 'No_', type: 'nvarchar', l: 40, p: 0, s: 0, n: false, i: false, c: collation },
      { name: COLUMN, type: 'int', l: 4, p: 10, s: 0, n: true, i: false, c: null },
      { name: 'amount', type: 'decimal', l: 17, p: 38, s: 20, n: false, i: false, c: null },
      { name: 'code', type: 'varchar', l: 10, p: 0, s: 0, n: true, i: false, c: 'Latin1_General_100_BIN2' },
      { name: 'picture', type: 'image', l: 16, p: 0, s: 0, n: true, i: false, c: null },
      { name: '$systemId', type: 'uniqueidentifier', l: 16, p: 0, s: 0, n: false, i: false, c: null },
      { name: 'stamp', type: 'datetime2', l: 7, p: 23, s: 3, n: true, i: false, c: null },
      { name: 'row', type: 'int', l: 4, p: 10, s: 0, n: false, i: true, c: null },
    ]);
  });

  test('describes indexes, their columns and heaps', async () => {
    expect(
      await rows(`SELECT i.name, i.index_id AS x, i.type_desc AS t, i.is_unique AS u, i.is_primary_key AS k FROM sys.indexes i
        JOIN sys.tables t ON t.object_id = i.object_id ORDER BY t.name, i.index_id`),
    ).toEqual([
      { name: `${TABLE}$Key1`, x: 1, t: 'CLUSTERED', u: true, k: true },
      { name: '$systemId', x: 2, t: 'NONCLUSTERED', u: true, k: false },
      { name: null, x: 0, t: 'HEAP', u: false, k: false },
    ]);
    expect(
      await rows(`SELECT c.name, k.key_ordinal AS o, k.is_descending_key AS d, k.is_included_column AS i FROM sys.index_columns k
        JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
        WHERE k.object_id = OBJECT_ID(N'dbo.[${TABLE}]') AND k.index_id = 2 ORDER BY k.index_column_id`),
    ).toEqual([
      { name: '$systemId', o: 1, d: true, i: false },
      { name: 'amount', o: 0, d: false, i: true },
    ]);
    expect(await rows(`SELECT name, type FROM sys.key_constraints`)).toEqual([{ name: `${TABLE}$Key1`, type: 'PK' }]);
  });

  test('counts rows and pages', async () => {
    // A page of rows, and the one that lists it; nothing for a table without rows.
    expect(
      await rows(`CREATE TABLE dbo.blank (line nvarchar(max) NULL);
        SELECT OBJECT_NAME(s.object_id) AS name, s.row_count AS n, s.used_page_count AS pages FROM sys.dm_db_partition_stats s
        WHERE s.object_id IN (OBJECT_ID(N'dbo.[${TABLE}]'), OBJECT_ID(N'dbo.blank')) AND s.index_id <= 1 ORDER BY s.row_count;
        DROP TABLE dbo.blank`),
    ).toEqual([
      { name: 'blank', n: '0', pages: '0' },
      { name: TABLE, n: '2', pages: '2' },
    ]);
    expect(
      await rows(
        "SELECT p.rows AS n FROM sys.partitions p WHERE p.object_id = OBJECT_ID(N'dbo.heap') AND p.index_id IN (0, 1)",
      ),
    ).toEqual([{ n: '0' }]);
  });

  test('answers in the information schema', async () => {
    expect(
      await rows("SELECT TABLE_SCHEMA, TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = N'heap'"),
    ).toEqual([{ TABLE_SCHEMA: 'dbo', TABLE_TYPE: 'BASE TABLE' }]);
    expect(
      await rows(
        "SELECT DATA_TYPE, CHARACTER_MAXIMUM_LENGTH AS l FROM INFORMATION_SCHEMA.COLUMNS WHERE COLUMN_NAME = N'No_'",
      ),
    ).toEqual([{ DATA_TYPE: 'nvarchar', l: 20 }]);
  });

  test.each<[string, unknown]>([
    ["CASE WHEN OBJECT_ID(N'[dbo].[heap]', N'U') IS NULL THEN 0 ELSE 1 END", 1],
    ["OBJECT_ID(N'dbo.nothing')", null],
    ["OBJECT_ID(N'dbo.heap', N'P')", null],
    ["OBJECT_NAME(OBJECT_ID(N'HEAP'))", 'heap'],
    ["SCHEMA_NAME(SCHEMA_ID(N'dbo'))", 'dbo'],
    ["SCHEMA_ID(N'nothing')", null],
    ['TYPE_NAME(231)', 'nvarchar'],
    [`COL_LENGTH(N'dbo.[${TABLE}]', N'No_')`, 40],
    ["COL_LENGTH(N'dbo.heap', N'nothing')", null],
    ['DB_NAME()', 'shop'],
    ["DB_ID(N'nothing')", null],
    ["SERVERPROPERTY('ProductVersion')", '15.0.4410.1'],
    ["CAST(SERVERPROPERTY('ProductMajorVersion') AS int)", 15],
    ["SERVERPROPERTY('EngineEdition')", 2],
    ["DATABASEPROPERTYEX(DB_NAME(), 'Updateability')", 'READ_WRITE'],
    ['(SELECT COUNT(*) FROM sys.extended_properties)', 0],
    ['(SELECT COUNT(*) FROM sys.triggers)', 0],
  ])('%s is %j', async (expression, expected) => {
    expect(await rows(`SELECT ${expression} AS v`)).toEqual([{ v: expected }]);
  });

  test('tells an Azure SQL server from a SQL Server', async () => {
    const destination = await servers.connect('destination', withToken(TOKEN));
    const expected = [{ edition: 'SQL Azure', engine: 5, is: 'Microsoft SQL Azure (RTM) - 12.0.2000.8' }];
    expect(
      await rows(
        "SELECT SERVERPROPERTY('Edition') AS edition, SERVERPROPERTY('EngineEdition') AS engine, LEFT(@@VERSION, 39) AS [is]",
        destination,
      ),
    ).toEqual(expected);
    await destination.close();
  });
});

describe('a database', () => {
  const property = (name: string) => rows(`SELECT ${name} AS v FROM sys.databases WHERE name = DB_NAME()`);

  test('shows what ALTER DATABASE changes', async () => {
    await pool
      .request()
      .batch(
        'ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = 120; ALTER DATABASE shop SET RECOVERY SIMPLE WITH NO_WAIT',
      );
    expect(await property('compatibility_level')).toEqual([{ v: 120 }]);
    expect(await property('recovery_model_desc')).toEqual([{ v: 'SIMPLE' }]);
    expect(await rows('SELECT name, compatibility_level AS l FROM sys.databases ORDER BY database_id')).toEqual([
      { name: 'master', l: 150 },
      { name: 'shop', l: 120 },
      { name: 'archive', l: 110 },
      { name: 'shop.copy', l: 150 },
    ]);
  });

  test('that is a readable secondary says so under Updateability alone, and refuses every change', async () => {
    const copy = await servers.connect('source', { database: 'shop.copy' });
    expect(
      await rows(
        "SELECT is_read_only AS r, DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS u FROM sys.databases WHERE name = DB_NAME()",
        copy,
      ),
    ).toEqual([{ r: false, u: 'READ_ONLY' }]);
    for (const statement of [
      'CREATE TABLE dbo.t (id int)',
      'DELETE FROM dbo.t',
      'CREATE PROCEDURE dbo.p AS SELECT 1 AS a',
    ]) {
      await expect(copy.request().batch(statement)).rejects.toMatchObject({ number: 3906 });
    }
    await copy.close();
  });

  test('has one identifier in sys.databases and another one in the session on Azure SQL Database', async () => {
    const destination = await servers.connect('destination', withToken(TOKEN));
    const question = 'SELECT COUNT(*) AS n FROM sys.databases WHERE database_id = DB_ID()';
    expect([await rows(question), await rows(question, destination)]).toEqual([[{ n: 1 }], [{ n: 0 }]]);
    await destination.close();
  });

  test('tracks changes when told to, and says so', async () => {
    const enable = `ALTER TABLE dbo.[${TABLE}] ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = OFF)`;
    await expect(pool.request().batch(enable)).rejects.toMatchObject({ number: 1718 });
    expect(await rows('SELECT CHANGE_TRACKING_CURRENT_VERSION() AS v')).toEqual([{ v: null }]);
    await pool
      .request()
      .batch('ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 3 DAYS, AUTO_CLEANUP = ON)');
    await pool.request().batch(enable);
    expect(
      await rows(
        'SELECT retention_period AS p, retention_period_units_desc AS u, is_auto_cleanup_on AS c FROM sys.change_tracking_databases WHERE database_id = DB_ID()',
      ),
    ).toEqual([{ p: 3, u: 'DAYS', c: true }]);
    expect(
      await rows(
        'SELECT OBJECT_NAME(object_id) AS t, is_track_columns_updated_on AS c FROM sys.change_tracking_tables',
      ),
    ).toEqual([{ t: TABLE, c: false }]);
    expect(await rows('SELECT CHANGE_TRACKING_CURRENT_VERSION() AS v')).toEqual([{ v: '0' }]);
  });
});

describe('changes of a tracked table', () => {
  const version = async () => {
    const [row] = (await pool.request().query('SELECT CHANGE_TRACKING_CURRENT_VERSION() AS v')).recordset as {
      v: string;
    }[];
    return Number(row?.v);
  };
  /** What CHANGETABLE answers. */
  const changesSince = async (since: number | null) => {
    const changes = await pool
      .request()
      .query(
        `DECLARE @since bigint = ${since ?? 'NULL'}; SELECT c.* FROM CHANGETABLE(CHANGES dbo.tracked, @since) AS c ORDER BY c.SYS_CHANGE_VERSION, c.[Code]`,
      );
    return changes.recordset as Record<string, unknown>[];
  };
  /** Operation and key. */
  const summaryOf = (changes: readonly Record<string, unknown>[]) =>
    changes.map((change) => ['SYS_CHANGE_OPERATION', 'Code', 'No_'].map((name) => String(change[name])).join(' '));

  beforeAll(async () => {
    await pool.request().batch(`
      CREATE TABLE dbo.tracked ([Code] nvarchar(20) NOT NULL, [No_] decimal(38, 20) NOT NULL, [Raw] varbinary(8) NOT NULL,
        amount int NULL, CONSTRAINT tracked$Key1 PRIMARY KEY CLUSTERED ([No_], [Code], [Raw]));
      INSERT INTO dbo.tracked VALUES (N'untracked', 0, 0x00, 0);
      ALTER TABLE dbo.tracked ENABLE CHANGE_TRACKING`);
  });

  test.each<[string, string, string[]]>([
    ['an insert', "INSERT INTO dbo.tracked VALUES (N'a', 1.5, 0x01ff, 1), (N'b', 2, 0x02, 1)", ['I a 1.5', 'I b 2']],
    ['an update', "UPDATE dbo.tracked SET amount = 2 WHERE [Code] = N'a'", ['U a 1.5']],
    ['an update of nothing', 'UPDATE dbo.tracked SET amount = 2 WHERE amount = 77', []],
    ['a delete', "DELETE FROM dbo.tracked WHERE [Code] = N'a'", ['D a 1.5']],
    ['a key that changes', "UPDATE dbo.tracked SET [Code] = N'c' WHERE [Code] = N'b'", ['D b 2', 'I c 2']],
    ['a key in other letters', "UPDATE dbo.tracked SET [Code] = N'C' WHERE [Code] = N'c'", ['U c 2']],
    [
      'what comes and goes',
      "INSERT INTO dbo.tracked VALUES (N'd', 4, 0x, 1); DELETE FROM dbo.tracked WHERE [No_] = 4",
      ['D d 4'],
    ],
    [
      'what goes and comes back',
      "DELETE FROM dbo.tracked WHERE [No_] = 2; INSERT INTO dbo.tracked VALUES (N'C', 2, 0x02, 1)",
      ['U C 2'],
    ],
    [
      'an insert that is updated',
      "INSERT INTO dbo.tracked VALUES (N'e', 5, 0x, 1); UPDATE dbo.tracked SET amount = 6 WHERE [No_] = 5",
      ['I e 5'],
    ],
    [
      'a merge',
      `MERGE dbo.tracked AS t USING (VALUES (N'e', 5), (N'f', 6)) AS s ([Code], [No_]) ON t.[No_] = s.[No_]
       WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.[Code], s.[No_], 0x, 1);`,
      ['D e 5', 'I f 6'],
    ],
    ['a rollback', 'BEGIN TRANSACTION; DELETE FROM dbo.tracked; ROLLBACK', []],
  ])('%s', async (_name, statement, expected) => {
    const before = await version();
    await pool.request().batch(statement);
    expect(summaryOf(await changesSince(before))).toEqual(expected);
  });

  test('have the version of their transaction, and are seen when it is committed', async () => {
    const before = await version();
    await pool
      .request()
      .batch(`
      BEGIN TRANSACTION; UPDATE dbo.tracked SET amount = 9; DELETE FROM dbo.tracked WHERE [No_] = 0;
      SELECT CHANGE_TRACKING_CURRENT_VERSION() AS v; SELECT * FROM CHANGETABLE(CHANGES dbo.tracked, ${before}) AS c; COMMIT`)
      .then(({ recordsets }) => expect(recordsets).toEqual([[{ v: String(before) }], []]));
    expect(await version()).toBe(before + 1);
    const [first] = await changesSince(before);
    expect(first).toEqual({
      SYS_CHANGE_VERSION: String(before + 1),
      SYS_CHANGE_CREATION_VERSION: null,
      SYS_CHANGE_OPERATION: 'U',
      SYS_CHANGE_COLUMNS: null,
      SYS_CHANGE_CONTEXT: null,
      No_: 2,
      Code: 'C',
      Raw: Buffer.from('02', 'hex'),
    });
    expect(summaryOf(await changesSince(null))).toContain('D untracked 0');
  });

  test('are forgotten by the clean-up and by TRUNCATE, which moves the oldest version that can be asked for', async () => {
    const oldest = async () =>
      rows(
        "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(N'dbo.tracked')) AS v, CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(N'dbo.heap')) AS h",
      );
    expect(await oldest()).toEqual([{ v: '0', h: null }]);
    await servers.database('source', 'shop').forgetChanges();
    const cleaned = await version();
    expect([await oldest(), await changesSince(0)]).toEqual([[{ v: String(cleaned), h: null }], []]);
    await pool.request().batch("INSERT INTO dbo.tracked VALUES (N'g', 7, 0x, 1)");
    expect(summaryOf(await changesSince(cleaned))).toEqual(['I g 7']);
    await pool.request().batch('TRUNCATE TABLE dbo.tracked');
    expect([await oldest(), await changesSince(cleaned)]).toEqual([[{ v: String(cleaned + 1), h: null }], []]);
    expect(await version()).toBe(cleaned + 1);
  });

  test('are not kept of a table that is dropped or not tracked any more; the version stays', async () => {
    const last = await version();
    await pool.request().batch(`
      ALTER TABLE dbo.tracked DISABLE CHANGE_TRACKING; DELETE FROM dbo.tracked;
      ALTER TABLE dbo.tracked ENABLE CHANGE_TRACKING; INSERT INTO dbo.tracked VALUES (N'h', 8, 0x, 1)`);
    expect(summaryOf(await changesSince(0))).toEqual(['I h 8']);
    await pool.request().batch('DROP TABLE dbo.tracked; CREATE TABLE dbo.tracked ([Code] int NOT NULL PRIMARY KEY)');
    expect(await version()).toBe(last + 1);
    await expect(changesSince(0)).rejects.toMatchObject({
      number: 22105,
      message: "Change tracking is not enabled on table 'tracked'.",
    });
  });

  test.each<[string, number, string]>([
    ['of a table without a key', 4997, 'ALTER TABLE dbo.heap ENABLE CHANGE_TRACKING'],
    ['to be tracked twice', 4996, `ALTER TABLE dbo.[${TABLE}] ENABLE CHANGE_TRACKING`],
    ['not to be tracked twice', 4998, 'ALTER TABLE dbo.heap DISABLE CHANGE_TRACKING'],
    ['in a database that tracks already', 5088, 'ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON'],
    ['of a table that there is not', 208, 'SELECT * FROM CHANGETABLE(CHANGES dbo.nothing, 0) AS c'],
    ['without an alias', 22104, `SELECT * FROM CHANGETABLE(CHANGES dbo.[${TABLE}], 0)`],
    ['by another column than the key', 207, `SELECT c.amount FROM CHANGETABLE(CHANGES dbo.[${TABLE}], 0) AS c`],
    ['since an expression', 102, `SELECT * FROM CHANGETABLE(CHANGES dbo.[${TABLE}], 1 + 1) AS c`],
  ])('are refused %s', async (_name, number, statement) => {
    await expect(pool.request().batch(statement)).rejects.toMatchObject({ number });
  });
});

describe('permissions', () => {
  const QUESTION =
    "SELECT IS_SRVROLEMEMBER('sysadmin') AS s, IS_ROLEMEMBER('db_owner') AS o, IS_ROLEMEMBER('db_datareader') AS r, HAS_PERMS_BY_NAME(NULL, 'DATABASE', 'CREATE PROCEDURE') AS p, USER_NAME() AS u";

  test('are told truthfully', async () => {
    expect(await rows(QUESTION)).toEqual([{ s: 1, o: 0, r: 0, p: 1, u: 'dbo' }]);
    const reader = await servers.connect('source', { user: 'reader' });
    expect(await rows(QUESTION, reader)).toEqual([{ s: 0, o: 0, r: 1, p: 0, u: 'reader' }]);
    await reader.close();
  });

  test.each([
    ['[shop.copy]', 1],
    ['shop', 1],
    ['shop.copy', null],
    ['nowhere', null],
  ])('on the database that is named %s: %s', async (name, answer) => {
    expect(await rows(`SELECT HAS_PERMS_BY_NAME('${name}', 'DATABASE', 'CONTROL') AS p`)).toEqual([{ p: answer }]);
  });

  test.each([
    ['CREATE TABLE dbo.mine (id int)', 262],
    ['CREATE PROCEDURE dbo.mine AS SELECT 1 AS a', 262],
    ['INSERT INTO dbo.heap VALUES (1)', 229],
    ['USE archive', 916],
  ])('%s fails with %i for a login that may only read', async (statement, number) => {
    const reader = await servers.connect('source', { user: 'reader' });
    await expect(reader.request().batch(statement)).rejects.toMatchObject({ number });
    expect(await rows('SELECT COUNT(*) AS n FROM dbo.heap', reader)).toEqual([{ n: 0 }]);
    await reader.close();
  });
});
