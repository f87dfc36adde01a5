// Replication runs of the sample, by the pipelines as the app puts them into a factory.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type sql from 'mssql';
import { quoteName } from '../../../shared/sql/quote-name.ts';
import type { PlannedTable } from '../../../shared/plan/plan.ts';
import { startReplicationWorld } from '../../support/replication-world.ts';
import type { ReplicationWorld } from '../../support/replication-world.ts';
import { rows } from '../../support/sample-servers.ts';

let world: ReplicationWorld;
let copied: readonly PlannedTable[];

beforeAll(async () => {
  // Some tables of the sample count as large, so that both ways are taken.
  world = await startReplicationWorld(32 * 1024);
  copied = world.plan.filter(({ copyMethod }) => copyMethod !== 'None');
}, 120_000);

afterAll(() => world.stop());

const destinationTable = ({ destinationTable: name }: PlannedTable) => `[dbo].${quoteName(name)}`;
const sourceTable = ({ sourceSchema, sourceTable: name }: PlannedTable) =>
  `${quoteName(sourceSchema)}.${quoteName(name)}`;

/** A table that is copied, in one of the companies. */
function find(name: string, flow?: PlannedTable['flow']): PlannedTable {
  const found = copied.find((table) => table.tableName.startsWith(name) && (flow ?? table.flow) === table.flow);
  if (found === undefined) throw new Error(`The sample has no table ${name} that is copied this way.`);
  return found;
}

/** All rows of a table, each column as text that shows the last digit. */
async function contentOf(pool: sql.ConnectionPool, table: string, { columns }: PlannedTable): Promise<string[]> {
  const values = columns.map(({ name, carriedAs }) =>
    carriedAs === undefined ? quoteName(name) : `CAST(${quoteName(name)} AS varchar(41)) AS ${quoteName(name)}`,
  );
  const content = await rows(pool, `SELECT ${values.join(', ')} FROM ${table}`);
  return content.map((row) => JSON.stringify(row)).sort();
}

async function log(replicationId: number) {
  const logged = await rows(
    world.destination,
    'SELECT [controlId], [status], [error] FROM [mig].[ReplicationRun] WHERE [replicationId] = @id ORDER BY [controlId]',
    { id: replicationId },
  );
  const failed = logged
    .filter(({ status }) => status === 'Failed')
    .map(({ controlId, error }) => ({ controlId, error }));
  return { tables: logged.length, succeeded: logged.filter(({ status }) => status === 'Succeeded').length, failed };
}

/** What a planned table holds on both sides, where the destination has only what the source has. */
async function expectEqualSides(tables: readonly PlannedTable[]): Promise<void> {
  for (const table of tables) {
    const [there, here] = await Promise.all([
      contentOf(world.source, sourceTable(table), table),
      contentOf(world.destination, destinationTable(table), table),
    ]);
    expect({ table: table.sourceTable, rows: here }).toEqual({ table: table.sourceTable, rows: there });
  }
}

test('a full replication copies every planned table, small and large, to the last digit', async () => {
  const amount = '-123456789012345678.12345678901234567891';
  const ledger = find('G_L Entry');
  const preserved = copied.filter(({ copyMethod }) => copyMethod === 'Preserve');
  const loyalty = find('Loyalty Program');
  await rows(world.source, `UPDATE ${sourceTable(ledger)} SET [Amount] = ${amount} WHERE [Entry No_] = 7`);
  await rows(world.destination, `INSERT INTO ${destinationTable(loyalty)} ([Code]) VALUES (N'CLOUD'), (N'GOLD')`);
  await rows(world.destination, `INSERT INTO ${destinationTable(ledger)} ([Entry No_]) VALUES (9999)`);

  expect(await world.replicate(1, 'full')).toMatchObject({ status: 'Succeeded', message: '' });
  expect(await log(1)).toEqual({ tables: copied.length, succeeded: copied.length, failed: [] });
  await expectEqualSides(copied.filter((table) => !preserved.includes(table)));
  expect((await contentOf(world.destination, destinationTable(ledger), ledger)).join('')).toContain(amount);
  expect(preserved).toContain(loyalty);
  expect(
    await rows(world.destination, `SELECT [Code], [Description] FROM ${destinationTable(loyalty)} ORDER BY [Code]`),
  ).toEqual([
    { Code: 'CLOUD', Description: '' },
    { Code: 'GOLD', Description: 'Gold' },
    { Code: 'SILVER', Description: 'Silver' },
  ]);
});

test('a further replication brings what has changed since, with the statements that the source has already', async () => {
  const [ledger, customer] = [find('G_L Entry'), find('Customer')];
  await rows(world.source, `DELETE FROM ${sourceTable(ledger)} WHERE [Entry No_] < 5`);
  await rows(world.source, `UPDATE ${sourceTable(ledger)} SET [Amount] = 0.5 WHERE [Entry No_] = 7`);
  await rows(world.source, `INSERT INTO ${sourceTable(ledger)} ([Entry No_]) VALUES (1001)`);
  await rows(world.source, `UPDATE ${sourceTable(customer)} SET [City] = N'Zürich' WHERE [No_] = N'C00001'`);

  expect(await world.replicate(2, 'delta')).toMatchObject({ status: 'Succeeded', message: '' });
  await expectEqualSides(copied.filter(({ copyMethod }) => copyMethod !== 'Preserve'));
  const [known] = await rows(world.source, 'SELECT DISTINCT [planId], [replicationId] FROM [mig].[Plan]');
  expect(known).toMatchObject({ replicationId: 2 });
  const sent = await rows(world.destination, 'EXEC [mig].[GetPlan] @replicationId = 2, @knownPlanId = @planId', {
    planId: known?.['planId'],
  });
  expect(sent).toHaveLength(copied.length);
  expect(new Set(sent.map(({ full, changes }) => full ?? changes))).toEqual(new Set([null]));
});

test('when changes are forgotten while they are read, the table is read again as a whole', async () => {
  const tables = [find('Sales Header', 'Small'), find('G_L Entry', 'Large')];
  for (const { controlId, columns } of tables) {
    // Stands for the changes: nothing has changed.
    const none = columns.map(({ ordinal, type, carriedAs }) => `CAST(NULL AS ${carriedAs ?? type}) AS [c${ordinal}]`);
    await rows(
      world.source,
      'UPDATE [mig].[Plan] SET [changes] = @changes, [fromVersion] = 1, [replicationId] = 2 WHERE [controlId] = @controlId',
      { controlId, changes: `SELECT N'D' AS [operation], ${none.join(', ')} WHERE 1 = 0` },
    );
  }
  // What the administrator says of a table decides at each question, as change tracking does.
  const answer = (isFullCopy: string) =>
    rows(
      world.source,
      `ALTER PROCEDURE [mig].[IsFullCopyTable] @SqlTableName nvarchar(250), @IsFullCopy bit OUTPUT AS
       ${isFullCopy}`,
    );
  await rows(world.source, 'CREATE TABLE [dbo].[asked] ([n] int NOT NULL IDENTITY(1, 1), [at] int NULL)');
  const [small, large] = [0, 1].map((index) => tables[index]?.controlId);
  const read = {
    small: async () => {
      const packed = await rows(
        world.source,
        'EXEC [mig].[PackTables] @replicationId = 2, @packNumber = @pack, @toVersion = 9',
        { pack: tables[0]?.groupNumber },
      );
      return packed.find(({ controlId }) => controlId === small)?.['rows'];
    },
    large: async () =>
      rows(world.source, 'EXEC [mig].[ReadTable] @replicationId = 2, @controlId = @large, @toVersion = 9', { large }),
  };
  await answer('SET @IsFullCopy = 0');
  expect([await read.small(), await read.large()]).toEqual([null, []]);
  await answer(
    'INSERT INTO [dbo].[asked] ([at]) VALUES (0); SET @IsFullCopy = (SELECT CASE WHEN COUNT(*) > 1 THEN 1 ELSE 0 END FROM [dbo].[asked])',
  );
  expect((await read.large()).length).toBeGreaterThan(100);
  await rows(world.source, 'DELETE FROM [dbo].[asked]');
  await answer(
    "IF @SqlTableName LIKE N'%Sales Header%' INSERT INTO [dbo].[asked] ([at]) VALUES (0); SET @IsFullCopy = (SELECT CASE WHEN COUNT(*) > 1 THEN 1 ELSE 0 END FROM [dbo].[asked])",
  );
  expect(await read.small()).not.toBeNull();
  await answer('SET @IsFullCopy = 0');
  await rows(world.source, 'DROP TABLE [dbo].[asked]');
});

test('a table that fails stops neither its pack nor the run, which fails with exactly those tables', async () => {
  const [inPack, alone, unreadable] = [
    find('Sales Header', 'Small'),
    find('G_L Entry', 'Large'),
    find('Loyalty Import', 'Small'),
  ];
  await rows(world.destination, `DROP VIEW [dbo].${quoteName(`${alone.destinationTable}$VSIFT$Key2`)}`);
  for (const table of [inPack, alone]) await rows(world.destination, `DROP TABLE ${destinationTable(table)}`);
  await rows(world.source, `DROP TABLE ${sourceTable(unreadable)}`);
  // A value that the source has twice may be there once.
  const twice = [find('Record Link', 'Small'), find('Customer', 'Large')];
  await rows(
    world.source,
    "INSERT INTO [dbo].[Record Link] ([Record ID], [URL1]) VALUES (0x01, N'https://twice (secret)')",
  );
  await rows(
    world.source,
    "INSERT INTO [dbo].[Record Link] ([Record ID], [URL1]) VALUES (0x02, N'https://twice (secret)')",
  );
  for (const [index, table] of twice.entries()) {
    const column = index === 0 ? '[URL1]' : '[City]';
    await rows(world.destination, `DELETE FROM ${destinationTable(table)}`);
    await rows(world.destination, `CREATE UNIQUE INDEX [once] ON ${destinationTable(table)} (${column})`);
  }

  const { status, message } = await world.replicate(3, 'full');
  expect({ status, message }).toEqual({
    status: 'Failed',
    message: expect.stringContaining(`5 of ${copied.length} tables failed.`) as string,
  });
  const { succeeded, failed } = await log(3);
  expect(succeeded).toBe(copied.length - 5);
  const missing = ({ sourceTable: name }: PlannedTable) =>
    expect.stringContaining(`: Invalid object name 'dbo.${name.slice(0, 30)}`) as string;
  // The number, the table and the index, and no value of a row.
  const duplicate = expect.stringMatching(
    /Error 26(?:01|27) in (?:Replication Record Link|CRONUS).*once.*key value is $/,
  ) as string;
  expect(failed).toEqual(
    [
      ...[inPack, alone, unreadable].map((table) => ({ controlId: table.controlId, error: missing(table) })),
      ...twice.map(({ controlId }) => ({ controlId, error: duplicate })),
    ].sort((a, b) => a.controlId - b.controlId),
  );
  expect(JSON.stringify(failed)).not.toMatch(/secret|Köln|Plzeň/);
});

test.each([
  ['the id of another run', 1, 'full', 'Start this one with an id that was never used'],
  ['a mode that there is none', 4, 'partial', 'The mode of a replication is delta or full'],
])('with %s a replication fails, says so and changes nothing', async (_, replicationId, mode, text) => {
  const before = await log(1);
  const { status, message } = await world.replicate(replicationId, mode);
  expect({ status, message }).toEqual({
    status: 'Failed',
    message: expect.stringMatching(new RegExp(`^Operation on target BeginReplication failed: .*${text}`)) as string,
  });
  expect(await log(1)).toEqual(before);
  expect(
    await rows(world.destination, 'SELECT [replicationId] FROM [mig].[Replication] WHERE [endedAt] IS NULL'),
  ).toEqual([]);
});

test('while another replication has not ended, none begins, also not from another factory', async () => {
  await rows(
    world.destination,
    "INSERT INTO [mig].[Replication] ([replicationId], [pipelineRunId], [mode], [startedAt]) VALUES (90, N'elsewhere', N'full', SYSUTCDATETIME())",
  );
  const { status, message } = await world.replicate(5, 'full');
  expect({ status, message }).toEqual({
    status: 'Failed',
    message: expect.stringContaining('Another replication of this environment has not ended') as string,
  });
  await rows(
    world.destination,
    "EXEC [mig].[EndReplication] @replicationId = 90, @pipelineRunId = N'elsewhere', @error = N''",
  );
});

test('without its source a replication fails, says why, and no table passes for copied', async () => {
  await world.node.stop();
  const { status, message } = await world.replicate(6, 'delta');
  const reason = expect.stringContaining(
    `The Self-hosted Integration Runtime '${world.names.runtime}' is offline`,
  ) as string;
  expect({ status, message }).toEqual({ status: 'Failed', message: reason });
  const { tables, failed } = await log(6);
  expect(failed).toHaveLength(tables);
  expect(new Set(failed.map(({ error }) => error))).toEqual(new Set([reason]));
});
