// What a setup compares with its assessment, over TDS: it changes with all that a plan is made of, and with nothing else.
import type sql from 'mssql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleDatabases } from '../../../local/sample/load-sample.ts';
import * as scripts from '../../../shared/sql/scripts.ts';
import { rows, startSampleServers } from '../../support/sample-servers.ts';
import type { SampleServers } from '../../support/sample-servers.ts';

let servers: SampleServers;
let source: sql.ConnectionPool;

beforeAll(async () => {
  servers = await startSampleServers();
  ({ source } = servers);
  await source.batch(`CREATE TABLE [dbo].[CRONUS$Printed] ([No_] nvarchar(20) NOT NULL, [Amount] decimal(38, 20) NOT NULL,
    [timestamp] timestamp NOT NULL, CONSTRAINT [CRONUS$Printed$0] PRIMARY KEY ([No_]))`);
  await source.batch("INSERT INTO [dbo].[CRONUS$Printed] ([No_], [Amount]) VALUES (N'1', 1)");
  await source.batch('CREATE SCHEMA [own]');
});

afterAll(() => servers?.stop());

async function fingerprint(pool = source): Promise<string> {
  const [row] = await rows(pool, scripts.catalogueFingerprint);
  return String(row?.['fingerprint']);
}

const printed = '[dbo].[CRONUS$Printed]';

/** A table that the next one takes the place of. */
interface Drawn {
  readonly name?: string;
  readonly columns?: string;
  readonly key?: string;
  readonly isFilled?: boolean;
}

/** The fingerprint of the source with one table more. */
async function draw({
  name = '[dbo].[CRONUS$Drawn]',
  columns = '',
  key = '',
  isFilled = false,
}: Drawn): Promise<string> {
  const constraint = key === '' ? '' : `, CONSTRAINT [CRONUS$Drawn$0] PRIMARY KEY (${key})`;
  const more = columns === '' ? '' : `, ${columns}`;
  await source.batch(`CREATE TABLE ${name} ([First] int NOT NULL, [Second] int NOT NULL${more}${constraint})`);
  if (isFilled) await source.batch(`INSERT INTO ${name} ([First], [Second]) VALUES (1, 1)`);
  try {
    return await fingerprint();
  } finally {
    await source.batch(`DROP TABLE ${name}`);
  }
}

const text = '[Third] nvarchar(20) NULL';

test.each<[string, Drawn, Drawn]>([
  ['the name of a table', {}, { name: '[dbo].[CRONUS$Other]' }],
  ['its schema', {}, { name: '[own].[CRONUS$Drawn]' }],
  ['a column more', {}, { columns: text }],
  ['the name of a column', { columns: text }, { columns: '[Other] nvarchar(20) NULL' }],
  ['its type', { columns: text }, { columns: '[Third] nchar(20) NULL' }],
  ['its length', { columns: text }, { columns: '[Third] nvarchar(21) NULL' }],
  ['its precision', { columns: '[Third] decimal(20, 2) NULL' }, { columns: '[Third] decimal(21, 2) NULL' }],
  ['its scale', { columns: '[Third] decimal(20, 2) NULL' }, { columns: '[Third] decimal(20, 3) NULL' }],
  ['whether it may be NULL', { columns: text }, { columns: '[Third] nvarchar(20) NOT NULL' }],
  [
    'its collation',
    { columns: '[Third] nvarchar(20) COLLATE Latin1_General_100_CI_AS NULL' },
    { columns: '[Third] nvarchar(20) COLLATE Latin1_General_100_CS_AS NULL' },
  ],
  ['whether it counts', { columns: '[Third] int NOT NULL' }, { columns: '[Third] int IDENTITY(1, 1) NOT NULL' }],
  ['whether it is computed', { columns: '[Third] bigint NULL' }, { columns: '[Third] AS (CAST([First] AS bigint))' }],
  [
    'the order of columns',
    { columns: '[Third] int NULL, [Fourth] int NULL' },
    { columns: '[Fourth] int NULL, [Third] int NULL' },
  ],
  ['a primary key', {}, { key: '[First], [Second]' }],
  ['its order', { key: '[First], [Second]' }, { key: '[Second], [First]' }],
  ['whether there are rows', {}, { isFilled: true }],
])('tells %s', async (_what, one, other) => {
  const fingerprintOfOne = await draw(one);
  expect(await draw(other)).not.toBe(fingerprintOfOne);
  expect(await draw(one)).toBe(fingerprintOfOne);
});

test.each([
  ['more rows', `INSERT INTO ${printed} ([No_], [Amount]) VALUES (N'2', 2)`],
  ['other values', `UPDATE ${printed} SET [Amount] = 3`],
  ['another index', `CREATE INDEX [CRONUS$Printed$2] ON ${printed} ([Amount])`],
  ['what the service makes', 'CREATE SCHEMA [mig]'],
  ['a table of the service', 'CREATE TABLE [mig].[Setup] ([setupKey] int NOT NULL)'],
])('stays with %s', async (_what, change) => {
  const before = await fingerprint();
  await source.batch(change);
  expect(await fingerprint()).toBe(before);
});

test('is taken without the right to see sizes too, of what the login may see', async () => {
  const reader = await servers.connect('onprem', sampleDatabases.source, 'reader');
  expect(await fingerprint(reader)).toMatch(/^\d+-\d+$/);
  expect(await fingerprint(reader)).not.toBe(await fingerprint());
});

test('is taken of a database without a table', async () => {
  expect(await fingerprint(await servers.connect('onprem', 'BC.250', 'owner'))).toBe('0-');
});
