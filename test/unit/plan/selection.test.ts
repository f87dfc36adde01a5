import { describe, expect, test } from 'vitest';
import { readTableName, selectionFault, tableMappingSchema } from '../../../shared/plan/selection.ts';
import { app, column, installed, key, otherApp, plan, system, table, text } from '../../support/plan/catalogues.ts';

describe('the name of a table', () => {
  test.each([
    ['CRONUS A_$Card', 'CRONUS A_$Card'],
    ['[CRONUS A_$Card]', 'CRONUS A_$Card'],
    [`dbo.[Card$${app}]`, `Card$${app}`],
    ['DBO.Card', 'Card'],
    ['[dbo].[A]]B$Card]', 'A]B$Card'],
    ['[a].[b]', undefined],
    ['[Card', undefined],
    ['[Card]]', undefined],
    ['', undefined],
    ['x'.repeat(129), undefined],
  ])('%s', (spelling, name) => {
    expect(readTableName(spelling)).toBe(name);
    const mapping = { sourceTableName: spelling, appId: app.toUpperCase(), tableName: 'Member' };
    expect(tableMappingSchema.safeParse(mapping).data?.appId).toBe(name === undefined ? undefined : app);
  });
});

test('a selection that does not fit into its property is told of', () => {
  const companies = Array.from({ length: 400 }, (_, index) => `${'x'.repeat(26)}${1_000 + index}`);
  expect(selectionFault({ companies })).toBeUndefined();
  const tableMappings = Array.from({ length: 100 }, () => {
    return { sourceTableName: 'x'.repeat(128), appId: app, tableName: 'y'.repeat(128) };
  });
  expect(selectionFault({ companies, tableMappings })).toContain('24000');
});

test('tables of a company that is not selected stay, those of the whole database go', async () => {
  const tables = [table(`CRONUS A_$Item$${app}`), table(`CRONUS B$Item$${app}`), table(`Setup$${app}`)];
  const planned = await plan(tables, [tables[0] ?? table(''), table(`Setup$${app}`)], {
    selection: { companies: ['CRONUS B'] },
  });
  expect(planned.map(({ copyMethod, reason }) => [copyMethod, reason.slice(0, 28)])).toEqual([
    ['None', 'The company is not selected.'],
    ['Delta', 'Changes are tracked by the p'],
    ['Delta', 'Changes are tracked by the p'],
  ]);
});

describe('a mapping', () => {
  const onlineApps = [...installed(app, system), { appId: otherApp, publisher: 'Contoso' }];
  const old = [table('CRONUS A_$Card'), table('CRONUS B$Card'), table(`CRONUS A_$Card$${app}`), table('Card')];
  const member = `Member$${otherApp}`;
  const online = [table(`CRONUS A_$${member}`)];
  const mapped = async (sourceTableName: string, change: object = {}, source = old, target = online) => {
    const mapping = { sourceTableName, appId: otherApp, tableName: 'Member', ...change };
    const planned = await plan(source, target, { onlineApps, selection: { tableMappings: [mapping] } });
    return planned.slice(source.length);
  };
  const places = async (sourceTableName: string) =>
    (await mapped(sourceTableName)).map(({ sourceTable, destinationTable, copyMethod }) => [
      sourceTable,
      copyMethod === 'None' ? undefined : destinationTable,
    ]);

  test('names a table in four spellings', async () => {
    expect(await places('[CRONUS A_$Card]')).toEqual([['CRONUS A_$Card', `CRONUS A_$${member}`]]);
    expect(await places(`dbo.[cronus a_$card$${app}]`)).toEqual([[`CRONUS A_$Card$${app}`, `CRONUS A_$${member}`]]);
    expect(await places('Card')).toEqual([
      ['CRONUS A_$Card', `CRONUS A_$${member}`],
      ['CRONUS B$Card', `CRONUS B$${member}`],
      ['Card', undefined],
    ]);
    expect(await places(`Card$${app}`)).toEqual([[`CRONUS A_$Card$${app}`, `CRONUS A_$${member}`]]);
  });

  test('leaves alone what is planned by its own name, and counts on', async () => {
    const [first, ...others] = await plan(old, [...online, ...old], { onlineApps });
    const all = await plan(old, [...online, ...old], {
      onlineApps,
      selection: { tableMappings: [{ sourceTableName: '[CRONUS A_$Card]', appId: otherApp, tableName: 'Member' }] },
    });
    expect(all.slice(0, old.length)).toEqual([first, ...others]);
    expect(all.at(-1)).toMatchObject({ controlId: old.length + 1, company: 'CRONUS A.', copyMethod: 'Delta' });
  });

  test.each([
    ['to an app that is not there', { appId: '5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41' }, /not installed online/],
    ['to a table of Microsoft', { appId: app }, /own data only/],
    ['to what steers the migration', { appId: '58623bfa-0559-4bc2-ae1c-0979c29fd9e0' }, /steers the migration/],
    ['to a table that is not there', { tableName: 'Nothing' }, /Nothing.*50004/],
  ])('%s says so', async (_what, change, reason) => {
    const [planned] = await mapped('[CRONUS A_$Card]', change);
    expect(planned).toMatchObject({ copyMethod: 'None', reason: expect.stringMatching(reason) as string });
  });

  test('of a table that the source has not says so', async () => {
    expect(await mapped('[CRONUS A_$Cart]')).toMatchObject([
      { sourceTable: 'CRONUS A_$Cart', company: 'CRONUS A.', copyMethod: 'None', rowCount: 0 },
    ]);
  });

  test('of a table of the whole database to one of companies says so', async () => {
    const [planned] = await mapped('Card', {}, [table('Card')]);
    expect(planned).toMatchObject({ copyMethod: 'None', reason: expect.stringContaining('50005') as string });
  });

  test('between different keys is refused', async () => {
    const [planned] = await mapped('[CRONUS A_$Card]', {}, old, [
      table(`CRONUS A_$${member}`, [key, text('Line', 10, { keyOrdinal: 2 })]),
    ]);
    expect(planned).toMatchObject({ copyMethod: 'None', problems: '[Line] PK,' });
  });

  test('to where its table has moved is that way already', async () => {
    const foundation = 'f3552374-a1f2-4356-848e-196002525837';
    const [from, to] = [`CRONUS A_$No_ Series$${app}`, `CRONUS A_$No_ Series$${foundation}`];
    const mapping = { sourceTableName: from, appId: foundation, tableName: 'No_ Series' };
    const change = { onlineApps: installed(app, foundation), selection: { tableMappings: [mapping] } };
    expect(await plan([table(from)], [table(to)], change)).toMatchObject([
      { destinationTable: to, copyMethod: 'Delta' },
    ]);
  });

  test('is one way however often it is given, and a table is no mapping of itself', async () => {
    const given = ['[CRONUS A_$Card]', 'dbo.CRONUS A_$Card', '[CRONUS A_$Cart]', '[cronus A_$cart]'];
    const twice = given.map((sourceTableName) => ({ sourceTableName, appId: otherApp, tableName: 'Member' }));
    const itself = { sourceTableName: `Member$${otherApp}`, appId: otherApp, tableName: 'Member' };
    const tables = [...old, table(`CRONUS B$${member}`)];
    const all = await plan(tables, online, { onlineApps, selection: { tableMappings: [...twice, itself] } });
    expect(all.slice(tables.length).map(({ sourceTable, copyMethod }) => [sourceTable, copyMethod])).toEqual([
      ['CRONUS A_$Card', 'Delta'],
      ['CRONUS A_$Cart', 'None'],
    ]);
    const ways = all.map(({ sourceTable, destinationTable }) => `${sourceTable}\n${destinationTable}`.toLowerCase());
    expect(new Set(ways).size).toBe(all.length);
  });

  test('to a table that has its own source is refused, and so is a second one', async () => {
    const own = [...old, table(`CRONUS A_$${member}`)];
    const [planned] = await mapped('[CRONUS A_$Card]', {}, own);
    expect(planned).toMatchObject({ copyMethod: 'None', reason: expect.stringContaining('fills') as string });
    const twice = [`[CRONUS A_$Card]`, `Card$${app}`].map((sourceTableName) => {
      return { sourceTableName, appId: otherApp, tableName: 'Member' };
    });
    const both = await plan(old, online, { onlineApps, selection: { tableMappings: twice } });
    expect(both.slice(old.length).map(({ copyMethod }) => copyMethod)).toEqual(['Delta', 'None']);
  });
});

describe('fields that did not move with their table', () => {
  const foundation = 'f3552374-a1f2-4356-848e-196002525837';
  const change = { onlineApps: installed(app, foundation) };
  const code = text('Code', 10, { keyOrdinal: 1 });
  const source = table(`CRONUS A_$Source Code Setup$${app}`, [code, text('Sales', 10), text('General', 10)]);
  const online = table(`CRONUS A_$Source Code Setup$${foundation}`, [code, text('General', 10)]);
  const companion = table(`${online.tableName}$ext`, [code, text(`Sales$${app}`, 10), column(`Bonus$${otherApp}`)]);

  test('are copied to where they are now', async () => {
    const planned = await plan([source], [online, companion], change);
    expect(planned).toMatchObject([
      { destinationTable: online.tableName, columns: [{ name: 'Code' }, { name: 'General' }] },
      {
        controlId: 2,
        sourceTable: source.tableName,
        destinationTable: companion.tableName,
        copyMethod: 'Delta',
        columns: [
          { ordinal: 1, name: 'Code', isKey: true },
          { ordinal: 2, name: `Sales$${app}`, sourceName: 'Sales', isKey: false },
        ],
      },
    ]);
    expect(planned[1]?.columns[0]).not.toHaveProperty('sourceName');
  });

  test('are none if the companion table has none of them', async () => {
    const other = table(companion.tableName, [code, column(`Bonus$${otherApp}`)]);
    expect(await plan([source], [online, other], change)).toHaveLength(1);
  });

  test("stay behind, and it is said, if the source's own companion table goes there", async () => {
    const own = table(`${source.tableName}$ext`, [code, column(`Bonus$${otherApp}`)]);
    const planned = await plan([source, own], [online, companion], change);
    expect(planned.map(({ copyMethod }) => copyMethod)).toEqual(['Delta', 'Delta', 'None']);
    expect(planned[2]?.reason).toContain('fills');
  });

  test('that do not fit are told of', async () => {
    const narrow = table(companion.tableName, [code, text(`Sales$${app}`, 5)]);
    const planned = await plan([source], [online, narrow], change);
    expect(planned[1]).toMatchObject({ copyMethod: 'None', problems: '[Sales] L,' });
  });
});
