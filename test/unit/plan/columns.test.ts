import { describe, expect, test } from 'vitest';
import type { CatalogueColumn } from '../../../shared/plan/catalogue.ts';
import { app, column, key, plan, planOne, table, text } from '../../support/plan/catalogues.ts';

describe('columns', () => {
  async function planOf(source: CatalogueColumn[], online: CatalogueColumn[]) {
    const name = `CRONUS A_$Customer$${app}`;
    return await planOne(table(name, source), [table(name, online)]);
  }

  test('a column that is not online is left out and named', async () => {
    const planned = await planOf([key, text('Old', 10)], [key, text('New', 10)]);
    expect(planned?.columns.map(({ name }) => name)).toEqual(['No_']);
    expect(planned?.reason).toContain('left out: Old.');
  });

  test('computed columns are left out', async () => {
    const planned = await planOf([key, column('Sum', { isComputed: true })], [key, column('Sum')]);
    expect(planned?.columns.map(({ name }) => name)).toEqual(['No_']);
  });

  test('types of old fit what replaced them', async () => {
    const image = column('Picture', { typeName: 'image', maxLength: 16, precision: 0 });
    const binary = column('picture', { typeName: 'varbinary', maxLength: -1, precision: 0 });
    const planned = await planOf([key, image], [key, binary]);
    expect(planned?.columns[1]).toEqual({ ordinal: 2, name: 'picture', type: 'varbinary(max)', isKey: false });
  });

  const decimal = (precision: number, scale: number) =>
    column('Amount', { typeName: 'decimal', maxLength: 17, precision, scale });

  test('numeric is another name of decimal', async () => {
    const numeric = column('Amount', { typeName: 'numeric', maxLength: 17, precision: 38, scale: 20 });
    for (const [source, online] of [
      [numeric, decimal(38, 20)],
      [decimal(38, 20), numeric],
    ] as const) {
      const planned = await planOf([key, source], [key, online]);
      expect(planned?.columns[1]).toMatchObject({ type: 'decimal(38, 20)', carriedAs: 'varchar(41)' });
    }
  });

  test('a type that somebody has defined does not fit, for its name is free text', async () => {
    const defined = column('a', { typeName: 'int); DROP TABLE x --' });
    expect(await planOf([key, defined], [key, defined])).toMatchObject({ copyMethod: 'None', problems: '[a] T,' });
  });

  test.each([
    ['other type', text('a', 10), column('a'), '[a] T,'],
    ['shorter text', text('a]b', 20), text('a]b', 10), '[a]]b] L,'],
    ['text no longer unlimited', text('a', Infinity), text('a', 4000), '[a] L,'],
    ['fewer digits before the point', decimal(38, 20), decimal(28, 20), '[Amount] L,'],
    ['fewer digits after the point', decimal(18, 4), decimal(38, 2), '[Amount] L,'],
    ['key online only', text('a', 10), text('a', 10, { keyOrdinal: 2 }), '[a] PK,'],
    ['key in the source only', text('a', 10, { keyOrdinal: 2 }), text('a', 10), '[a] PK,'],
    ['key with another type', text('a', 10), column('a', { keyOrdinal: 2 }), '[a] PK,T,'],
  ])('%s does not fit', async (_name, source, online, problems) => {
    const planned = await planOf([key, source], [key, online]);
    expect(planned).toMatchObject({ copyMethod: 'None', problems });
    expect(planned?.reason).toContain('50011');
  });

  test('a key column that only one side has does not fit; all problems are named', async () => {
    const extra = column('Line No_', { keyOrdinal: 2 });
    const planned = await planOf([key, text('a', 20)], [key, text('a', 10), extra]);
    expect(planned?.problems).toBe('[a] L,|[Line No_] PK,');
    expect((await planOf([key, extra], [key]))?.problems).toBe('[Line No_] PK,');
  });

  test.each([
    ['decimal(38, 20)', decimal(38, 20)],
    ['nvarchar(max)', text('a', Infinity)],
    ['datetime2(3)', column('a', { typeName: 'datetime2', maxLength: 7, precision: 23, scale: 3 })],
    ['varchar(7)', column('a', { typeName: 'varchar', maxLength: 7, precision: 0 })],
    ['uniqueidentifier', column('a', { typeName: 'uniqueidentifier', maxLength: 16, precision: 0 })],
  ])('the type is written as %s', async (type, definition) => {
    expect((await planOf([key, definition], [key, definition]))?.columns[1]?.type).toBe(type);
  });
});

test.each([
  [28, undefined],
  [29, 'varchar(41)'],
  [38, 'varchar(41)'],
])('a decimal of %i digits is carried as %s', async (precision, carriedAs) => {
  const amount = column('Amount', { typeName: 'decimal', maxLength: 17, precision, scale: 20 });
  const definition = table(`T$${app}`, [key, amount]);
  const [planned] = await plan([definition], [definition]);
  expect(planned?.columns[1]?.carriedAs).toBe(carriedAs);
});
