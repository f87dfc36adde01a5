// Replication runs of the sample, by the pipelines as the app puts them into a factory.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { companyTables, loadSample } from '../../../local/sample/load-sample.ts';
import { closeReplication } from '../../../shared/sql/scripts.ts';
import { quoteName } from '../../../shared/sql/quote-name.ts';
import type { PlannedTable } from '../../../shared/plan/plan.ts';
import {
  contentOf,
  copiedIn,
  destinationTable,
  expectEqualSides,
  logOf,
  sourceTable,
} from '../../support/replicated-tables.ts';
import { startReplicationWorld } from '../../support/replication-world.ts';
import type { ReplicationWorld } from '../../support/replication-world.ts';
import { rows } from '../../support/sample-servers.ts';

let world: ReplicationWorld;
let copied: readonly PlannedTable[];

beforeAll(async () => {
  // Some tables of the sample count as large, so that both ways are taken.
  world = await startReplicationWorld({ fill: loadSample, companyTables }, 16 * 1024);
  copied = world.plan.filter(({ copyMethod }) => copyMethod !== 'None');
}, 120_000);

afterAll(() => world.stop());

/** A table that is copied, in the first of the companies. */
function find(name: string, flow?: PlannedTable['flow']): PlannedTable {
  const found = copied.find((table) => table.tableName.startsWith(name) && (flow ?? table.flow) === table.flow);
  if (found === undefined) throw new Error(`The sample has no table ${name} that is copied this way.`);
  return found;
}

/** Why a table is read whole: it may not be tracked, or not all of its changes are known. */
const refusal = expect.stringMatching(
  /^Its changes cannot be tracked\. Error 4997 in .*requires a primary key/,
) as string;
const unknownChanges = expect.stringMatching(
  /^Change tracking does not know all changes since version \d+\.$/,
) as string;

/** Tables of which the environment keeps no rows of its own. */
const withoutPreserved = () => copied.filter(({ copyMethod }) => copyMethod !== 'Preserve');

/** Changes tables of the source; {} stands for the table. */
async function change(statements: readonly (readonly [PlannedTable, string])[]): Promise<void> {
  for (const [table, statement] of statements) {
    await rows(
      world.source,
      statement.replaceAll('{}', () => sourceTable(table)),
    );
  }
}

const log = (replicationId: number) => logOf(world, replicationId);

test('a full replication copies every planned table, small and large, to the last digit', async () => {
  const amount = '-123456789012345678.12345678901234567891';
  const ledger = find('G_L Entry');
  const preserved = copied.filter(({ copyMethod }) => copyMethod === 'Preserve');
  const loyalty = find('Loyalty Program');
  const refusing = find('Item');
  await rows(world.source, `UPDATE ${sourceTable(ledger)} SET [Amount] = ${amount} WHERE [Entry No_] = 7`);
  await rows(
    world.source,
    `ALTER TABLE ${sourceTable(refusing)} DROP CONSTRAINT ${quoteName(`${refusing.sourceTable}$Key1`)}`,
  );
  await rows(world.destination, `INSERT INTO ${destinationTable(loyalty)} ([Code]) VALUES (N'CLOUD'), (N'GOLD')`);
  await rows(world.destination, `INSERT INTO ${destinationTable(ledger)} ([Entry No_]) VALUES (9999)`);

  expect(await world.replicate(1, 'full')).toMatchObject({ status: 'Succeeded', message: '' });
  expect(await log(1)).toEqual({ tables: copied.length, succeeded: copied.length, failed: [] });
  await expectEqualSides(world, withoutPreserved());
  expect((await contentOf(world.destination, destinationTable(ledger), ledger)).join('')).toContain(amount);
  expect(preserved).toContain(loyalty);
  expect(
    await rows(world.destination, `SELECT [Code], [Description] FROM ${destinationTable(loyalty)} ORDER BY [Code]`),
  ).toEqual([
    { Code: 'CLOUD', Description: '' },
    { Code: 'GOLD', Description: 'Gold' },
    { Code: 'SILVER', Description: 'Silver' },
  ]);
  expect((await copiedIn(world, 1)).get(refusing.controlId)).toEqual({ rows: 200, fullReason: refusal });
  // Tables whose changes the plan reads, each noted, so that it can be turned off; and the service's own.
  const tracked = await rows(world.source, 'SELECT OBJECT_NAME([object_id]) AS [name] FROM sys.change_tracking_tables');
  const byChanges = copied.filter((table) => table.copyMethod !== 'Full' && table !== refusing);
  expect(new Set(tracked.map(({ name }) => name))).toEqual(
    new Set([...byChanges.map(({ sourceTable: name }) => name), 'Version']),
  );
  const noted = await rows(world.source, 'SELECT [name] FROM [mig].[ChangeTracking]');
  expect(new Set(noted.map(({ name }) => name))).toEqual(new Set([...byChanges.map(sourceTable), 'DATABASE']));
});

test('a further replication brings what has changed since, and no other row of tables whose changes are known', async () => {
  const [ledger, customer, header] = [find('G_L Entry'), find('Customer', 'Large'), find('Sales Header')];
  const [link, loyalty] = [find('Record Link'), find('Loyalty Program')];
  const [refusing, emptied] = [find('Item'), find('Upgrade Tags')];
  const restored = copied.findLast(({ tableName }) => tableName.startsWith('Customer$'));
  await change([
    // First of all, so that no version lies between the replication and this.
    [emptied, 'TRUNCATE TABLE {}'],
    [ledger, 'DELETE FROM {} WHERE [Entry No_] < 5'],
    [ledger, 'UPDATE {} SET [Amount] = 0.5 WHERE [Entry No_] IN (7, 8)'],
    [ledger, 'INSERT INTO {} ([Entry No_]) VALUES (1001), (6000)'],
    [ledger, 'DELETE FROM {} WHERE [Entry No_] IN (20, 6000)'],
    [ledger, 'INSERT INTO {} ([Entry No_], [Amount]) VALUES (20, -20)'],
    [ledger, 'UPDATE {} SET [Entry No_] = 5010 WHERE [Entry No_] = 10'],
    [customer, "UPDATE {} SET [City] = N'Zürich', [Picture] = 0x00FF WHERE [No_] = N'C00001'"],
    [customer, "UPDATE {} SET [No_] = N'X00002' WHERE [No_] = N'C00002'"],
    [customer, "DELETE FROM {} WHERE [No_] = N'C00003'"],
    [customer, "UPDATE {} SET [No_] = N'c00009' WHERE [No_] = N'C00009'"],
    [header, "UPDATE {} SET [Document Type] = 2 WHERE [No_] = N'SO1'"],
    [header, "INSERT INTO {} ([Document Type], [No_]) VALUES (1, N'SO999'), (2, N'SO999')"],
    [header, "DELETE FROM {} WHERE [No_] = N'SO2'"],
    [link, "INSERT INTO {} ([Record ID], [URL1]) VALUES (0x12, N'https://new')"],
    [loyalty, "DELETE FROM {} WHERE [Code] = N'GOLD'"],
    [loyalty, "UPDATE {} SET [Description] = N'Silber' WHERE [Code] = N'SILVER'"],
    [refusing, "UPDATE {} SET [Blocked] = 1 WHERE [No_] = N'1001'"],
  ]);
  // As if the source had lost the versions that the environment has seen.
  await rows(
    world.destination,
    'UPDATE [mig].[ReplicationTable] SET [syncedVersion] = 1000000 WHERE [controlId] = @controlId',
    { controlId: restored?.controlId },
  );

  expect(await world.replicate(2, 'delta')).toMatchObject({ status: 'Succeeded', message: '' });
  const changed = (count: number) => ({ rows: count, fullReason: null });
  expect(await copiedIn(world, 2)).toEqual(
    new Map<unknown, unknown>([
      [ledger.controlId, changed(5)],
      [customer.controlId, changed(3)],
      [header.controlId, changed(3)],
      [link.controlId, changed(1)],
      [loyalty.controlId, changed(1)],
      [refusing.controlId, { rows: 200, fullReason: refusal }],
      [emptied.controlId, { rows: 0, fullReason: unknownChanges }],
      [restored?.controlId, { rows: 120, fullReason: unknownChanges }],
    ]),
  );
  await expectEqualSides(world, withoutPreserved());
  expect(
    await rows(world.destination, `SELECT [Code], [Description] FROM ${destinationTable(loyalty)} ORDER BY [Code]`),
  ).toEqual([
    { Code: 'CLOUD', Description: '' },
    { Code: 'GOLD', Description: 'Gold' },
    { Code: 'SILVER', Description: 'Silber' },
  ]);
});

test('without changes nothing is copied but what is read whole, with the statements that the source has already', async () => {
  expect(await world.replicate(20, 'delta')).toMatchObject({ status: 'Succeeded', message: '' });
  expect(await copiedIn(world, 20)).toEqual(new Map([[find('Item').controlId, { rows: 200, fullReason: refusal }]]));
  const [known] = await rows(world.source, 'SELECT DISTINCT [planId], [replicationId] FROM [mig].[Plan]');
  expect(known).toMatchObject({ replicationId: 20 });
  const sent = await rows(world.destination, 'EXEC [mig].[GetPlan] @replicationId = 20, @knownPlanId = @planId', {
    planId: known?.['planId'],
  });
  expect(sent).toHaveLength(copied.length);
  expect(new Set(sent.map(({ full, changes }) => full ?? changes))).toEqual(new Set([null]));
});

test('what change tracking has forgotten, or learns from now on, is read whole and then by its changes again', async () => {
  const [ledger, header, refusing] = [find('G_L Entry'), find('Sales Header'), find('Item')];
  await change([
    [ledger, 'DELETE FROM {} WHERE [Entry No_] = 30'],
    [header, "DELETE FROM {} WHERE [No_] = N'SO3'"],
  ]);
  await world.forgetChanges();
  await change([
    [header, "DELETE FROM {} WHERE [No_] = N'SO4'"],
    [refusing, `ALTER TABLE {} ADD CONSTRAINT ${quoteName(`${refusing.sourceTable}$Key1`)} PRIMARY KEY ([No_])`],
  ]);
  expect(await world.replicate(21, 'delta')).toMatchObject({ status: 'Succeeded', message: '' });
  const whole = await copiedIn(world, 21);
  expect(new Set(whole.keys())).toEqual(
    new Set(copied.filter(({ copyMethod }) => copyMethod !== 'Full').map(({ controlId }) => controlId)),
  );
  for (const table of whole.values()) expect(table).toMatchObject({ fullReason: unknownChanges });
  await expectEqualSides(world, withoutPreserved());
});

test('after a run that was killed half-way the next one is right', async () => {
  const [ledger, customer, header] = [find('G_L Entry'), find('Customer', 'Large'), find('Sales Header')];
  const changeAll = (n: number) =>
    change([
      [ledger, `DELETE FROM {} WHERE [Entry No_] = ${100 + n}; UPDATE {} SET [Amount] = ${n} WHERE [Entry No_] > 280`],
      [customer, `UPDATE {} SET [No_] = N'K${n}' WHERE [No_] = N'C0009${n}'; INSERT INTO {} ([No_]) VALUES (N'N${n}')`],
      [header, `UPDATE {} SET [Document Type] = ${n} WHERE [No_] = N'SO5'; DELETE FROM {} WHERE [No_] = N'SO1${n}'`],
    ]);
  await changeAll(3);
  const killed = await world.kill(22, 'delta', /^activity 'ApplyTable': Succeeded$/);
  expect(killed.status).toBe('Cancelled');
  const { tables: all, succeeded } = await log(22);
  expect(succeeded).toBeGreaterThan(0);
  expect(succeeded).toBeLessThan(all);
  await rows(
    world.destination,
    "EXEC [mig].[EndReplication] @replicationId = 22, @pipelineRunId = @runId, @error = N'It was cancelled.'",
    { runId: killed.runId },
  );
  await changeAll(4);
  expect(await world.replicate(23, 'delta')).toMatchObject({ status: 'Succeeded', message: '' });
  for (const table of (await copiedIn(world, 23)).values()) expect(table).toMatchObject({ fullReason: null });
  await expectEqualSides(world, withoutPreserved());
});

test('when changes are forgotten while they are read, the table is read again as a whole', async () => {
  const tables = [find('Sales Header', 'Small'), find('G_L Entry', 'Large')];
  for (const { controlId, columns } of tables) {
    // Stands for the changes: nothing has changed.
    const none = columns.map(({ ordinal, type, carriedAs }) => `CAST(NULL AS ${carriedAs ?? type}) AS [c${ordinal}]`);
    await rows(
      world.source,
      'UPDATE [mig].[Plan] SET [changes] = @changes, [fromVersion] = CHANGE_TRACKING_CURRENT_VERSION(), [replicationId] = 2 WHERE [controlId] = @controlId',
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

test('a replication that was closed before its pipeline began is refused, and touches nothing', async () => {
  const closed = await rows(world.destination, closeReplication, { replicationId: 91, error: 'It was canceled.' });
  expect(closed).toMatchObject([{ tables: 0, succeededTables: 0, failedTables: 0 }]);
  const { status, message } = await world.replicate(91, 'full');
  expect({ status, message }).toEqual({
    status: 'Failed',
    message: expect.stringContaining('The replicationId belongs to another run') as string,
  });
  expect(await log(91)).toEqual({ tables: 0, succeeded: 0, failed: [] });
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
