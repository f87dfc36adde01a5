import { describe, expect, test } from 'vitest';
import { planLimitsSchema } from '../../../shared/plan/groups.ts';
import type { CatalogueColumn, CatalogueTable } from '../../../shared/plan/catalogue.ts';
import { planTables, summarizePlan } from '../../../shared/plan/plan.ts';
import {
  app,
  column,
  context,
  each,
  installed,
  otherApp,
  plan,
  planOne,
  system,
  table,
  text,
} from '../../support/plan/catalogues.ts';

const customer = table(`CRONUS A_$Customer$${app}`);

test('a table of a company is copied by its changes, without its row version', async () => {
  expect(await planOne(customer)).toEqual({
    controlId: 1,
    sourceSchema: 'dbo',
    sourceTable: `CRONUS A_$Customer$${app}`,
    destinationTable: `CRONUS A_$Customer$${app}`,
    company: 'CRONUS A.',
    tableName: `Customer$${app}`,
    appId: app,
    copyMethod: 'Delta',
    flow: 'Small',
    groupNumber: 1,
    columns: [{ ordinal: 1, name: 'No_', type: 'nvarchar(20)', isKey: true }],
    rowCount: 10,
    byteCount: 8192,
    code: 'ChangesTracked',
    reason: 'Changes are tracked by the primary key. The environment lists no tables yet.',
    missingOnline: [],
    problems: '',
  });
});

test('a company that is not online is planned by the table of another company', async () => {
  const planned = await planOne(table(`CRONUS B$Customer$${app}`), [customer]);
  expect(planned).toMatchObject({
    copyMethod: 'Delta',
    company: 'CRONUS B',
    destinationTable: `CRONUS B$Customer$${app}`,
  });
  expect(planned?.reason).toContain('created online after the setup');
});

test("names of companies are matched as the source's collation does", async () => {
  const source = table(`cronus a_$Customer$${app}`);
  expect(await planOne(source, [customer])).toMatchObject({ company: 'CRONUS A.', copyMethod: 'Delta' });
  const sensitive = { collation: 'Latin1_General_100_CS_AS' };
  expect(await planOne(source, [customer], sensitive)).toMatchObject({ company: '', copyMethod: 'None' });
});

describe('a table that a later version has moved to another app', () => {
  const foundation = 'f3552374-a1f2-4356-848e-196002525837';
  const apps = { onlineApps: installed(app, foundation) };
  const source = table(`CRONUS A_$No_ Series$${app}`);
  const online = table(`CRONUS A_$No_ Series$${foundation}`);

  test.each(['', '$ext'])('goes where it is now%s', async (companion) => {
    const moved = `${online.tableName}${companion}`;
    const planned = await planOne(table(`${source.tableName}${companion}`), [table(moved)], apps);
    expect(planned).toMatchObject({ copyMethod: 'Delta', destinationTable: moved });
  });

  test('follows the rule of the table there', async () => {
    const rules = [{ tableName: online.tableName, replicateData: false, preserveCloudData: false }];
    expect(await planOne(source, [online], { ...apps, rules })).toMatchObject({ copyMethod: 'None' });
    const listed = rules.map((rule) => ({ ...rule, replicateData: true }));
    expect(await planOne(source, [online], { ...apps, rules: listed })).toMatchObject({ copyMethod: 'Delta' });
  });

  test('stays where it is while it is there too', async () => {
    expect(await planOne(source, [source, online], apps)).toMatchObject({ destinationTable: source.tableName });
  });

  test('is left out when the move has emptied it, so that it does not empty the other', async () => {
    const planned = await planOne({ ...source, rowCount: 0 }, [online], apps);
    expect(planned).toMatchObject({ copyMethod: 'None', reason: expect.stringContaining('has moved') as string });
  });
});

describe('tables that are not copied say why', () => {
  const elsewhere = table(`CRONUS A_$Customer$${app}`, undefined, { schemaName: 'archive' });
  test.each([
    ['outside dbo', elsewhere, /outside the schema dbo/],
    ['property table', table('$ndo$tenantproperty'), /belongs to the platform/],
    ['platform table', table('Access Control'), /belongs to the platform/],
    ['migration app', table('Hybrid Company$58623bfa-0559-4bc2-ae1c-0979c29fd9e0'), /steers the migration/],
    ['app not online', table(`CRONUS A_$Archived$${otherApp}`), new RegExp(`app ${otherApp} is not installed`)],
  ])('%s', async (_name, source, reason) => {
    const planned = await planOne(source);
    expect(planned).toMatchObject({ copyMethod: 'None', flow: 'None', groupNumber: 0, columns: [] });
    expect(planned?.reason).toMatch(reason);
  });

  test('missing online', async () => {
    expect(await planOne(customer, [])).toMatchObject({
      copyMethod: 'None',
      reason: expect.stringContaining('50004') as string,
    });
  });

  test('of the same name online, but in another schema', async () => {
    const elsewhereOnline = table(customer.tableName, undefined, { schemaName: 'archive' });
    expect(await planOne(customer, [elsewhereOnline])).toMatchObject({ copyMethod: 'None' });
  });

  test('of a company that the source does not know', async () => {
    expect(await planOne(table(`OLD$Customer$${app}`), [customer])).toMatchObject({ copyMethod: 'None', company: '' });
  });

  test('nothing in common, not even the key', async () => {
    const source = table(`Log$${app}`, [column('a', { keyOrdinal: 1 })]);
    const planned = await planOne(source, [table(`Log$${app}`, [column('b', { keyOrdinal: 1 })])]);
    expect(planned).toMatchObject({ copyMethod: 'None', problems: '[a] PK,|[b] PK,' });
  });

  test('nothing in common', async () => {
    const source = table(`Log$${app}`, [column('a')]);
    const planned = await planOne(source, [table(`Log$${app}`, [column('b')])]);
    expect(planned).toMatchObject({ copyMethod: 'None', reason: 'No column exists on both sides.' });
  });
});

test('apps that cannot be listed count as installed', async () => {
  const source = table(`CRONUS A_$Archived$${otherApp}`);
  expect(await planOne(source, [source], { onlineApps: [] })).toMatchObject({ copyMethod: 'Delta' });
});

describe("the environment's list of tables", () => {
  const rule = { tableName: customer.tableName, replicateData: true, preserveCloudData: false };

  test('a listed table is copied, one that is not listed is not', async () => {
    const item = table(`CRONUS A_$Item$${app}`);
    const planned = await plan([customer, item], [customer, item], { rules: [rule] });
    expect(planned.map(({ copyMethod }) => copyMethod)).toEqual(['Delta', 'None']);
    expect(planned[1]?.reason).toContain('ReplicateData is false');
  });

  test('a table that is turned off is not copied, nor is its companion table', async () => {
    const companion = table(`${customer.tableName}$ext`);
    const rules = [{ ...rule, replicateData: false }];
    const planned = await plan([customer, companion], [customer, companion], { rules });
    expect(planned.map(({ reason }) => reason)).toEqual(
      Array(2).fill('Replication of the table is turned off online.'),
    );
  });

  test('a companion table goes with its table', async () => {
    const companion = table(`${customer.tableName}$ext`);
    expect(await planOne(companion, [companion], { rules: [rule] })).toMatchObject({ copyMethod: 'Delta' });
  });

  test('a companion table goes with the table of its own company', async () => {
    const companion = table(`CRONUS B$Customer$${app}$ext`);
    const rules = [rule, { ...rule, tableName: `CRONUS B$Customer$${app}`, replicateData: false }];
    const planned = await planOne(companion, [companion], { rules, onlineCompanies: ['CRONUS A_', 'CRONUS B'] });
    expect(planned).toMatchObject({ copyMethod: 'None' });
  });

  test('a company that is not online follows the rule of another company', async () => {
    const source = table(`CRONUS B$Customer$${app}`);
    const rules = [{ ...rule, replicateData: false }];
    expect(await planOne(source, [customer], { rules })).toMatchObject({ copyMethod: 'None' });
  });

  test('platform tables that travel need no rule', async () => {
    const media = table('Tenant Media');
    expect(await planOne(media, [media], { rules: [rule] })).toMatchObject({ copyMethod: 'Preserve' });
  });

  test.each([
    [`Setup$${app}`, 'Preserve'],
    [`CRONUS A_$Setup$${app}`, 'Delta'],
    [`Upgrade Tags$${system}`, 'Delta'],
  ])('preserving cloud data: %s is copied as %s', async (tableName, copyMethod) => {
    const rules = [{ tableName, replicateData: true, preserveCloudData: true }];
    expect(await planOne(table(tableName), undefined, { rules })).toMatchObject({ copyMethod });
  });
});

test('a table without a primary key is copied whole', async () => {
  const planned = await planOne(table(`CRONUS A_$Log$${app}`, [column('Line')]));
  expect(planned).toMatchObject({ copyMethod: 'Full', columns: [{ name: 'Line', isKey: false }] });
});

describe('tables that the client takes from a buffer', () => {
  const buffers = '58623bfa-0559-4bc2-ae1c-0979c29fd9e0';
  const linkId = column('Link ID', { keyOrdinal: 1 });
  const rules = [{ tableName: customer.tableName, replicateData: true, preserveCloudData: false }];
  const links = (source: CatalogueColumn[], online: CatalogueColumn[]) =>
    planOne(table('Record Link', source), [table(`Replication Record Link Buffer$${buffers}`, online)], { rules });

  test("record links are found by the source's key, which is the shorter one", async () => {
    const planned = await links([linkId, text('Company', 30)], [linkId, text('Company', 30, { keyOrdinal: 2 })]);
    expect(planned).toMatchObject({
      copyMethod: 'Delta',
      destinationTable: `Replication Record Link Buffer$${buffers}`,
      columns: [
        { name: 'Link ID', isKey: true },
        { name: 'Company', isKey: false },
      ],
    });
  });

  test("the buffer's key must hold that of the source, and the source its columns", async () => {
    const company = text('Company', 30, { keyOrdinal: 2 });
    expect(await links([linkId, company], [linkId, text('Company', 30)])).toMatchObject({ problems: '[Company] PK,' });
    expect(await links([linkId], [linkId, company])).toMatchObject({ problems: '[Company] PK,' });
  });

  describe('users', () => {
    const id = column('User Security ID', { typeName: 'uniqueidentifier', maxLength: 16, precision: 0, keyOrdinal: 1 });
    const user = table('User', [id, text('User Name', 50), text('Authentication Email', 250)], { rowCount: 7 });
    const property = table('User Property', [id, text('Authentication Object ID', 80), text('Name Identifier', 250)]);
    const online = table(`User Mapping Source$${buffers}`, [
      id,
      text('Authentication Object ID', 80),
      text('Name Identifier', 250),
      text('User ID', 50),
      text('Authentication Email', 50),
    ]);

    test('are copied in full from the view that will put them together, and not by themselves', async () => {
      const planned = await plan([user, property], [online, user, property], { rules });
      expect(planned.slice(0, 2)).toMatchObject([
        { sourceTable: 'User', copyMethod: 'None', reason: expect.stringContaining('buffer') as string },
        { sourceTable: 'User Property', copyMethod: 'None', reason: expect.stringContaining('buffer') as string },
      ]);
      expect(planned.slice(2)).toMatchObject([
        {
          sourceSchema: 'mig',
          sourceTable: 'User Mapping Source',
          destinationTable: online.tableName,
          copyMethod: 'Full',
          rowCount: 7,
          problems: '',
        },
      ]);
      expect(planned[2]?.columns.map(({ name }) => name)).toEqual(online.columns.map(({ columnName }) => columnName));
    });

    test('have no view where a column of it is missing', async () => {
      const planned = await plan([user, table('User Property', [id])], [online], { rules });
      expect(planned.map(({ sourceTable }) => sourceTable)).toEqual(['User', 'User Property']);
    });
  });
});

test('small tables fill packs, large ones batches', async () => {
  const limits = { smallTableBytes: 100, packBytes: 250, packTables: 3, batchTables: 2, packs: 5_000 };
  const sizes = [100, 100, 100, 10, 10, 10, 101, 500, 900];
  const source = sizes.map((byteCount, index) => table(`T${index}$${app}`, undefined, { byteCount }));
  const planned = await plan(source, source, { limits });
  expect(planned.map(({ flow, groupNumber }) => `${flow} ${groupNumber}`)).toEqual([
    'Small 1',
    'Small 1',
    'Small 2',
    'Small 2',
    'Small 2',
    'Small 3',
    'Large 1',
    'Large 1',
    'Large 2',
  ]);
});

test('packs are filled further when one Lookup could not give more of them', async () => {
  const source = Array.from({ length: 7 }, (_, index) => table(`T${index}$${app}`, undefined, { byteCount: 1 }));
  const planned = await plan(source, source, { limits: planLimitsSchema.parse({ packTables: 1, packs: 3 }) });
  expect(planned.map(({ groupNumber }) => groupNumber)).toEqual([1, 2, 3, 1, 2, 3, 1]);
});

test('a summary counts tables by copy method and flow, and only rows that are copied', async () => {
  const large = table(`Big$${app}`, undefined, { byteCount: 2 ** 21, rowCount: 1000 });
  const planned = await plan([customer, large, table('Access Control')], [customer, large]);
  const expected = {
    byCopyMethod: { Delta: 2, Full: 0, Preserve: 0, None: 1 },
    large: 1,
    small: 1,
    packs: 1,
    rows: 1010,
    leftOut: 1,
  };
  expect(summarizePlan(planned)).toEqual(expected);
  expect(summarizePlan(planned.slice(1), summarizePlan(planned.slice(0, 1)))).toEqual(expected);
});

test('many tables are planned one at a time', async () => {
  let produced = 0;
  async function* many(): AsyncGenerator<CatalogueTable> {
    for (; produced < 20_000; produced += 1) yield await Promise.resolve(customer);
  }
  let planned = 0;
  let ahead = 0;
  for await (const _ of planTables(many(), each([customer]), context)) {
    planned += 1;
    ahead = Math.max(ahead, produced - planned);
  }
  expect({ planned, ahead }).toEqual({ planned: 20_000, ahead: 0 });
});
