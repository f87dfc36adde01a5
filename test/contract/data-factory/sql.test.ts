import type { ActivityUnion, DataFactoryManagementClient } from '@azure/arm-datafactory';
import { ManagedIdentityCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copy, lookup, script } from '../fixtures/data-factory-activities.ts';
import {
  expression,
  linked,
  startDataFactorySqlFixture,
  type DataFactorySqlFixture,
} from '../fixtures/data-factory-sql.ts';
import { stagingLinkedService } from '../../../shared/factory/connections.ts';
import { activityRuns, FACTORY, GROUP, putPipeline, runEnd } from '../fixtures/data-factory.ts';

const logged: string[] = [];
let fixture: DataFactorySqlFixture;
let client: DataFactoryManagementClient;
let signature: string;

const after = (activity: string) => ({ activity, dependencyConditions: ['Succeeded'] });

beforeAll(async () => {
  fixture = await startDataFactorySqlFixture();
  ({ client } = fixture);
  fixture.lines.on('line', (line: string) => logged.push(line));
  signature = await fixture.staging.open('signed');
  const { properties } = stagingLinkedService(signature);
  await client.linkedServices.createOrUpdate(GROUP, FACTORY, 'signed', { properties: properties as never });
});

afterAll(() => fixture.stop());

async function run(activities: readonly ActivityUnion[], parameters: Record<string, unknown> = {}) {
  const declared = Object.fromEntries(Object.keys(parameters).map((key) => [key, { type: 'String' as const }]));
  const name = await putPipeline(fixture, { activities: [...activities], parameters: declared });
  const { runId } = await client.pipelines.createRun(GROUP, FACTORY, name, { parameters });
  return { ended: await runEnd(fixture, runId), activities: await activityRuns(fixture, runId) };
}

/** Runs one activity and answers its record. */
async function runOne(activity: ActivityUnion, parameters?: Record<string, unknown>) {
  const { activities } = await run([activity], parameters);
  expect(activities).toHaveLength(1);
  return activities[0];
}

async function destinationRows(text: string): Promise<unknown> {
  const record = await runOne(script('destination', text));
  const output = record?.output as { readonly resultSets: readonly { readonly rows: unknown }[] } | undefined;
  return output?.resultSets[0]?.rows;
}

describe('Lookup', () => {
  test('gives the first row, on the self-hosted integration runtime of its linked service', async () => {
    expect(await runOne(lookup('probe', 'source', 'SELECT id, name, version FROM dbo.Item ORDER BY id'))).toMatchObject(
      {
        status: 'Succeeded',
        integrationRuntimeNames: ['shir-source'],
        error: { errorCode: '', message: '' },
        output: {
          firstRow: { id: 1, name: 'Bicycle', version: 9007199254740991 },
          effectiveIntegrationRuntime: 'shir-source',
        },
      },
    );
  });

  test('gives all rows, which later activities can use', async () => {
    const { ended } = await run(
      [
        lookup('all', 'source', 'SELECT id FROM dbo.Item WHERE id > @{pipeline().parameters.from} ORDER BY id', false),
        {
          ...lookup(
            'use',
            'source',
            "SELECT @{activity('all').output.value[0].id} AS id, @{activity('all').output.count} AS n",
          ),
          dependsOn: [after('all')],
        },
        {
          name: 'check',
          type: 'IfCondition',
          dependsOn: [after('use')],
          expression: expression('@equals(activity(\'use\').output.firstRow, json(\'{"id":2,"n":1}\'))'),
          ifFalseActivities: [script('source', "THROW 50000, N'wrong', 1")],
        },
      ],
      { from: '1' },
    );
    expect(ended.message).toBe('');
  });

  test('leaves out the columns that are NULL', async () => {
    const query = 'SELECT id, name FROM dbo.Item ORDER BY id';
    const record = await runOne(lookup('sparse', 'source', query, false));
    expect(record?.output).toMatchObject({ value: [{ id: 1, name: 'Bicycle' }, { id: 2 }] });
    expect(JSON.stringify(record?.output)).not.toContain('null');
  });

  test('gives no first row when there is none', async () => {
    const record = await runOne(lookup('none', 'source', 'SELECT id FROM dbo.Item WHERE id < 0'));
    expect(record?.output).not.toHaveProperty('firstRow');
  });

  test('stops silently at 5,000 rows', async () => {
    const values = Array.from({ length: 100 }, (_, index) => `(${index})`).join(',');
    const query = `SELECT a.n FROM (VALUES ${values}) AS a(n) CROSS JOIN (VALUES ${values}) AS b(n)`;
    const record = await runOne(lookup('many', 'source', query, false));
    expect(record?.output).toMatchObject({ count: 5_000 });
  });

  test('fails above 4 MB, also with one row', async () => {
    const values = Array.from({ length: 50 }, (_, index) => `(${index})`).join(',');
    const many = `SELECT REPLICATE(CAST(N'x' AS nvarchar(max)), 100000) AS t FROM (VALUES ${values}) AS a(n)`;
    const one = `SELECT REPLICATE(CAST(N'x' AS nvarchar(max)), 5000000) AS t`;
    for (const large of [lookup('many', 'source', many, false), lookup('one', 'source', one)]) {
      expect(await runOne(large)).toMatchObject({ status: 'Failed', error: { errorCode: '2001' } });
    }
  });

  test('fails with the number of the SQL error', async () => {
    expect(await runOne(lookup('missing', 'source', 'SELECT * FROM dbo.Missing'))).toMatchObject({
      status: 'Failed',
      error: {
        errorCode: '2100',
        failureType: 'UserError',
        message: expect.stringMatching(/^Failure happened on 'Source' side\..*SqlErrorNumber=208,/) as string,
      },
    });
  });
});

describe('Script', () => {
  test('returns the result sets of its queries and counts what the others changed', async () => {
    const record = await runOne({
      name: 'script',
      type: 'Script',
      linkedServiceName: linked('destination'),
      scripts: [
        { type: 'NonQuery', text: 'CREATE TABLE dbo.Note (id int NOT NULL, text nvarchar(50) NULL)' },
        {
          type: 'NonQuery',
          text: 'INSERT INTO dbo.Note VALUES (@id, @text), (2, NULL)',
          parameters: [
            { name: 'id', type: 'Int32', value: 1, direction: 'Input' },
            { name: 'text', type: 'String', value: "it's", direction: 'Input' },
          ],
        },
        { type: 'Query', text: 'SELECT id, text FROM dbo.Note ORDER BY id; SELECT COUNT(*) AS n FROM dbo.Note' },
      ],
    });
    expect(record).toMatchObject({
      status: 'Succeeded',
      output: {
        resultSetCount: 2,
        recordsAffected: 2,
        resultSets: [
          {
            rowCount: 2,
            rows: [
              { id: 1, text: "it's" },
              { id: 2, text: null },
            ],
          },
          { rowCount: 1, rows: [{ n: 2 }] },
        ],
        effectiveIntegrationRuntime: 'AutoResolveIntegrationRuntime (West Europe)',
      },
    });
  });

  test('fails with the text of the SQL error', async () => {
    expect(await runOne(script('destination', "THROW 50001, N'not today', 1"))).toMatchObject({
      error: {
        errorCode: '2011',
        message: expect.stringContaining('Sql error number: 50001. Error Message: not today') as string,
      },
    });
  });

  test('keeps a secure output for later activities only', async () => {
    const policy = { secureOutput: true };
    const secure = { ...script('destination', 'SELECT 1 AS one'), policy };
    const { ended, activities } = await run([
      secure,
      {
        name: 'check',
        type: 'IfCondition',
        dependsOn: [after('script')],
        expression: expression("@equals(activity('script').output.resultSets[0].rows[0].one, 1)"),
        ifFalseActivities: [{ ...script('destination', "THROW 50000, N'wrong', 1"), name: 'wrong' }],
      },
    ]);
    expect(ended.status).toBe('Succeeded');
    expect(activities[0]?.output).toEqual({});
  });
});

describe('Stored procedure', () => {
  test('runs with typed parameters and returns no rows', async () => {
    await run([script('destination', 'CREATE TABLE dbo.Called (id int NULL, name nvarchar(50) NULL)', 'NonQuery')]);
    await run([
      script(
        'destination',
        'CREATE OR ALTER PROCEDURE dbo.Remember @id int, @name nvarchar(50) AS BEGIN INSERT INTO dbo.Called VALUES (@id, @name); SELECT 1 AS ignored END',
        'NonQuery',
      ),
    ]);
    const record = await runOne(
      {
        name: 'procedure',
        type: 'SqlServerStoredProcedure',
        linkedServiceName: linked('destination'),
        storedProcedureName: '[dbo].[Remember]',
        storedProcedureParameters: {
          id: { type: 'Int', value: expression('@int(pipeline().parameters.id)') },
          name: { type: 'String', value: expression('@pipeline().parameters.id') },
        },
      },
      { id: '12' },
    );
    expect(record).toMatchObject({ status: 'Succeeded', output: { durationInQueue: { integrationRuntimeQueue: 0 } } });
    expect(await destinationRows('SELECT id, name FROM dbo.Called')).toEqual([{ id: 12, name: '12' }]);
  });

  test('that does not exist fails with error 2812', async () => {
    expect(
      await runOne({
        name: 'procedure',
        type: 'SqlServerStoredProcedure',
        linkedServiceName: linked('destination'),
        storedProcedureName: '[dbo].[Missing]',
      }),
    ).toMatchObject({
      error: { errorCode: '2402', message: expect.stringContaining('Sql error number: 2812.') as string },
    });
  });
});

describe('Copy', () => {
  const staging = (path: string, enableCompression: boolean, linkedService = 'stage') => ({
    enableStaging: true,
    stagingSettings: { linkedServiceName: linked(linkedService), path: expression(path), enableCompression },
  });
  const rows = [
    {
      id: 1,
      name: 'Bicycle',
      price: 1000.25,
      changed: '2026-01-02T03:04:05.678Z',
      picture: 'AP8=',
      version: 9007199254740991,
    },
    { id: 2, name: null, price: null, changed: null, picture: null, version: null },
  ];

  test.each([
    ['directly', {}],
    ['through a blob', staging('staging/@{pipeline().RunId}', false)],
    ['through a compressed blob in a container of its own', staging('mig-signed/@{pipeline().RunId}', true, 'signed')],
  ])('moves rows %s, after its script, without loss', async (_, rest) => {
    const record = await runOne(copy('SELECT version, picture, changed, price, name, id FROM dbo.Item', rest));
    expect(record).toMatchObject({ status: 'Succeeded', output: { rowsRead: 2, rowsCopied: 2 } });
    expect(await destinationRows('SELECT * FROM dbo.ItemCopy ORDER BY id')).toEqual(rows);
    const service = new BlobServiceClient(fixture.storage.blobUrl, new ManagedIdentityCredential());
    for await (const { name } of service.listContainers()) {
      expect(await Array.fromAsync(service.getContainerClient(name).listBlobsFlat())).toEqual([]);
    }
  });

  test.each([
    [
      'compression with the identity of the factory',
      staging('staging', true),
      'Staging with compression does not support a managed identity',
    ],
    ['a container that the signature is not for', staging('mig-other', true, 'signed'), "is not for 'mig-other'"],
  ])('refuses %s', async (_, rest, text) => {
    const record = await runOne(copy('SELECT id FROM dbo.Item', rest));
    expect(record).toMatchObject({ status: 'Failed', error: { message: expect.stringContaining(text) as string } });
  });

  test('really rests in the staging container', async () => {
    const record = await runOne(copy('SELECT id FROM dbo.Item', staging('Invalid_Container_Name', false)));
    expect(record).toMatchObject({ status: 'Failed' });
  });

  test.each([
    ['Source', 'SELECT * FROM dbo.Missing', 'ItemCopy', 208],
    ['Sink', 'SELECT id FROM dbo.Item', 'Missing', 208],
    ['Sink', 'SELECT id, 1 AS unknown FROM dbo.Item', 'ItemCopy', 207],
    ['Sink', 'SELECT 1 AS id UNION ALL SELECT 1', 'ItemCopy', 2627],
  ])('fails on its %s side: %s', async (side, query, table, number) => {
    expect(await runOne(copy(query, {}, table))).toMatchObject({
      status: 'Failed',
      error: {
        errorCode: '2200',
        message: expect.stringMatching(
          new RegExp(`^Failure happened on '${side}' side\\..*SqlErrorNumber=${number},`),
        ) as string,
      },
    });
  });

  test('reads what a procedure returns', async () => {
    await run([
      script(
        'source',
        'CREATE OR ALTER PROCEDURE dbo.ReadItems @from int AS BEGIN SET NOCOUNT ON; SELECT id, name FROM dbo.Item WHERE id >= @from END',
        'NonQuery',
      ),
    ]);
    const source = {
      type: 'SqlServerSource',
      sqlReaderStoredProcedureName: '[dbo].[ReadItems]',
      storedProcedureParameters: { from: { type: 'Int32', value: expression('@int(pipeline().parameters.from)') } },
    };
    const record = await runOne(copy('', { source }), { from: '2' });
    expect(record).toMatchObject({ status: 'Succeeded', output: { rowsCopied: 1 } });
    expect(await destinationRows('SELECT id FROM dbo.ItemCopy')).toEqual([{ id: 2 }]);
  });

  test.each([
    [28, 'Succeeded', ''],
    [29, 'Failed', "Failure happened on 'Source' side. The column 'price' has 29 digits"],
  ])('of a decimal with %i digits has %s', async (digits, status, text) => {
    const record = await runOne(copy(`SELECT id, CAST(price AS decimal(${digits}, 4)) AS price FROM dbo.Item`));
    expect(record).toMatchObject({ status, error: { message: expect.stringContaining(text) as string } });
  });

  test('does not find a table that its own script would make', async () => {
    const sink = { type: 'AzureSqlSink', preCopyScript: 'CREATE TABLE dbo.Late (id int NOT NULL)' };
    const record = await runOne(copy('SELECT id FROM dbo.Item', { sink }, 'Late'));
    expect(record).toMatchObject({
      status: 'Failed',
      error: { message: expect.stringMatching(/SqlErrorNumber=208,/) as string },
    });
  });

  test('refuses by name what it does not do', async () => {
    const record = await runOne(
      copy('SELECT id FROM dbo.Item', { sink: { type: 'AzureSqlSink', writeBehavior: 'upsert' } }),
    );
    expect(record).toMatchObject({ error: { message: expect.stringContaining('sink.writeBehavior') as string } });
  });
});

test.each([
  ['keeps to', 900_000, 'Succeeded', ''],
  ['is larger than', 920_000, 'Failed', '2002'],
])('an activity that %s the 896 KB of a payload has %s', async (_, length, status, errorCode) => {
  const text = expression(`@concat('SELECT 1 AS one --', pipeline().parameters.padding)`);
  const large = { ...script('source', ''), scripts: [{ type: 'Query', text }] };
  expect(await runOne(large, { padding: 'x'.repeat(length) })).toMatchObject({ status, error: { errorCode } });
});

describe('secrets', () => {
  test('that are wrong fail the login, with the place but without the password', async () => {
    const record = await runOne(script('wrong', 'SELECT 1 AS one'));
    expect(record).toMatchObject({
      status: 'Failed',
      error: {
        message: expect.stringMatching(
          /Cannot connect to SQL Database\..*Database: 'onprem', User: 'reader'.*SqlErrorNumber=18456,/,
        ) as string,
      },
    });
  });

  test('appear in no record and in no line of the log', async () => {
    const { ended, activities } = await run([lookup('probe', 'source', 'SELECT 1 AS one')]);
    const stored = [
      await client.linkedServices.get(GROUP, FACTORY, 'source'),
      await client.linkedServices.get(GROUP, FACTORY, 'signed'),
    ];
    const token = await fixture.identity.getToken('https://database.windows.net/');
    const text = JSON.stringify([ended, activities, stored, logged]);
    expect(logged.length).toBeGreaterThan(0);
    expect(text).not.toContain(fixture.password);
    expect(text).not.toContain(token.slice(-40));
    expect(text).not.toContain('sig=');
    expect(signature).toContain('sig=');
  });
});
