import sql from 'mssql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, TOKEN, type TestServers, startTestServers, withToken } from '../../support/sql-server.ts';

let servers: TestServers;
let pool: sql.ConnectionPool;

beforeAll(async () => {
  servers = await startTestServers();
  pool = await servers.connect('source');
  await pool.request().batch('CREATE TABLE dbo.item (id int NOT NULL PRIMARY KEY, name nvarchar(20) NULL)');
});

afterAll(async () => {
  await pool.close();
  await servers.stop();
});

async function login(server: 'source' | 'destination', settings: Partial<sql.config>): Promise<unknown> {
  const connection = await servers.connect(server, settings);
  const { recordset } = await connection.request().query('SELECT DB_NAME() AS [database], ORIGINAL_LOGIN() AS [login]');
  await connection.close();
  return recordset[0];
}

describe('a login', () => {
  test('with a password reaches its database', async () => {
    expect(await login('source', { database: 'archive' })).toEqual({ database: 'archive', login: 'admin' });
  });

  test('without a database reaches master', async () => {
    const connection = await servers.connect('source', { database: '' });
    const { recordset } = await connection.request().query('SELECT DB_NAME() AS [database]');
    await connection.close();
    expect(recordset).toEqual([{ database: 'master' }]);
  });

  test.each([
    ['a wrong password', { password: `${PASSWORD}?` }],
    ['an unknown name', { user: 'nobody' }],
    ['an access token where only passwords are taken', withToken(TOKEN)],
  ])('with %s fails with 18456', async (_name, settings) => {
    await expect(servers.connect('source', settings)).rejects.toMatchObject({
      code: 'ELOGIN',
      originalError: { message: expect.stringContaining('Login failed for user') as string },
    });
  });

  test('with an access token is an owner', async () => {
    const connection = await servers.connect('destination', withToken(TOKEN));
    const { recordset } = await connection
      .request()
      .query(
        "SELECT ORIGINAL_LOGIN() AS [login], IS_ROLEMEMBER('db_owner') AS [owner], IS_SRVROLEMEMBER('sysadmin') AS [admin]",
      );
    await connection.close();
    expect(recordset).toEqual([{ login: 'https://database.windows.net/', owner: 1, admin: 0 }]);
  });

  test('with a refused access token fails', async () => {
    await expect(servers.connect('destination', withToken('another'))).rejects.toMatchObject({ code: 'ELOGIN' });
  });

  test.each([
    ['unknown', 'admin', 'nowhere'],
    ['not open to the login', 'reader', 'archive'],
  ])('to a database that is %s fails with 4060', async (_name, user, database) => {
    await expect(servers.connect('source', { user, database })).rejects.toThrow(/Cannot open database/);
  });

  test('may start with TLS, as TDS 8 does', async () => {
    expect(await login('source', { options: { encrypt: 'strict' as unknown as boolean } })).toMatchObject({
      login: 'admin',
    });
  });

  test('without TLS is refused', async () => {
    await expect(servers.connect('source', { options: { encrypt: false } })).rejects.toThrow(/encrypt/i);
  });

  test('with a certificate of an unknown authority is not attempted by the client', async () => {
    const options = { encrypt: true, cryptoCredentialsDetails: { ca: [] } };
    await expect(servers.connect('source', { options })).rejects.toMatchObject({ code: 'ESOCKET' });
  });
});

describe('values', () => {
  test('survive the way to the server and back', async () => {
    const { recordset } = await pool
      .request()
      .input('int', sql.Int, -5)
      .input('bigint', sql.BigInt, '9007199254740993')
      .input('bit', sql.Bit, true)
      .input('text', sql.NVarChar(sql.MAX), 'ü'.repeat(5000))
      .input('ansi', sql.VarChar(10), 'latin é')
      .input('bytes', sql.VarBinary(sql.MAX), Buffer.alloc(9000, 7))
      .input('decimal', sql.Decimal(18, 4), 1.2345)
      .input('float', sql.Float, 1.5)
      .input('guid', sql.UniqueIdentifier, '6F9619FF-8B86-D011-B42D-00C04FC964FF')
      .input('time', sql.DateTime2, new Date('2026-02-28T12:34:56.789Z'))
      .input('offset', sql.DateTimeOffset, new Date(0))
      .input('day', sql.Date, new Date(0))
      .input('none', sql.NVarChar, null)
      .query(
        'SELECT @int AS i, @bigint AS b, @bit AS t, @text AS n, @ansi AS v, @bytes AS x, @decimal AS d, @float AS f, @guid AS g, @time AS m, @offset AS o, @day AS y, @none AS z',
      );
    expect(recordset[0]).toEqual({
      i: -5,
      b: '9007199254740993',
      t: true,
      n: 'ü'.repeat(5000),
      v: 'latin é',
      x: Buffer.alloc(9000, 7),
      d: 1.2345,
      f: 1.5,
      g: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
      m: new Date('2026-02-28T12:34:56.789Z'),
      o: new Date(0),
      y: new Date(0),
      z: null,
    });
  });
});

describe('bulk load', () => {
  function rows(count: number, firstId: number): sql.Table {
    const table = new sql.Table('dbo.item');
    table.columns.add('id', sql.Int, { nullable: false });
    table.columns.add('name', sql.NVarChar(20), { nullable: true });
    for (let index = 0; index < count; index++) table.rows.add(firstId + index, index % 2 ? null : `tab\t\\${index}`);
    return table;
  }

  test('writes all rows', async () => {
    expect((await pool.request().bulk(rows(5000, 0))).rowsAffected).toBe(5000);
    const { recordset } = await pool
      .request()
      .query('SELECT COUNT(*) AS n, COUNT(name) AS named, MAX(CASE WHEN id = 2 THEN name END) AS [name] FROM dbo.item');
    expect(recordset).toEqual([{ n: 5000, named: 2500, name: 'tab\t\\2' }]);
  });

  test('writes none when one is a duplicate', async () => {
    await expect(pool.request().bulk(rows(10, 4995))).rejects.toMatchObject({ number: 2627 });
    const { recordset } = await pool.request().query('SELECT COUNT(*) AS n FROM dbo.item WHERE id >= 5000');
    expect(recordset).toEqual([{ n: 0 }]);
  });

  test('is read back as a stream', async () => {
    const request = pool.request();
    request.stream = true;
    let count = 0;
    request.on('row', () => count++);
    const done = new Promise((resolve, reject) => request.on('done', resolve).on('error', reject));
    await request.query('SELECT id, name FROM dbo.item').catch(() => undefined);
    await done;
    expect(count).toBe(5000);
  });
});

describe('a transaction', () => {
  const countOf = async () =>
    (await pool.request().query('SELECT COUNT(*) AS n FROM dbo.moved')).recordset[0] as unknown;

  test('that is rolled back leaves nothing, one that commits stays', async () => {
    await pool.request().batch('CREATE TABLE dbo.moved (id int NOT NULL)');
    const undone = new sql.Transaction(pool);
    await undone.begin();
    await new sql.Request(undone).query('INSERT INTO dbo.moved VALUES (1)');
    await undone.rollback();
    expect(await countOf()).toEqual({ n: 0 });
    const kept = new sql.Transaction(pool);
    await kept.begin();
    await new sql.Request(kept).query('INSERT INTO dbo.moved VALUES (1), (2)');
    await kept.commit();
    expect(await countOf()).toEqual({ n: 2 });
  });

  test('makes other connections wait until it ends', async () => {
    const open = new sql.Transaction(pool);
    await open.begin();
    await new sql.Request(open).query('DELETE FROM dbo.moved');
    const waiting = countOf();
    await open.commit();
    expect(await waiting).toEqual({ n: 0 });
  });
});

test('a prepared statement runs with other values', async () => {
  const statement = new sql.PreparedStatement(pool);
  statement.input('a', sql.Int);
  await statement.prepare('SELECT @a + 1 AS b');
  const results = [await statement.execute({ a: 4 }), await statement.execute({ a: 5 })];
  await statement.unprepare();
  expect(results.map((result) => result.recordset as unknown)).toEqual([[{ b: 5 }], [{ b: 6 }]]);
});

test('a cancelled request ends, and the connection goes on', async () => {
  const request = pool.request();
  const endless = request.query('WHILE 1 = 1 SELECT 1 AS one');
  await new Promise((sent) => setImmediate(sent));
  request.cancel();
  await expect(endless).rejects.toMatchObject({ code: 'ECANCEL' });
  expect((await pool.request().query('SELECT 2 AS two')).recordset).toEqual([{ two: 2 }]);
});

test('databases and servers do not see each other, but names of three parts do on one server', async () => {
  await pool.request().batch('CREATE TABLE archive.dbo.old (id int NOT NULL); INSERT INTO archive.dbo.old VALUES (7)');
  await expect(pool.request().query('SELECT id FROM dbo.old')).rejects.toMatchObject({ number: 208 });
  expect((await pool.request().query('SELECT id FROM archive..old')).recordset).toEqual([{ id: 7 }]);
  const destination = await servers.connect('destination', withToken(TOKEN));
  await expect(destination.request().query('SELECT id FROM archive.dbo.old')).rejects.toMatchObject({ number: 911 });
  await destination.close();
});

test('the in-process database runs T-SQL and reports errors', async () => {
  const archive = servers.database('source', 'archive');
  await archive.execute('CREATE TABLE dbo.local (id int NOT NULL); INSERT INTO dbo.local VALUES (3)');
  await expect(archive.execute('INSERT INTO dbo.local VALUES (NULL)')).rejects.toMatchObject({ number: 515 });
  expect((await pool.request().query('SELECT id FROM archive.dbo.local')).recordset).toEqual([{ id: 3 }]);
});
