import { expect, test } from 'vitest';
import { keptTable, keptTableSchema } from '../../../shared/plan/kept-plan.ts';
import { app, plan, table, text } from '../../support/plan/catalogues.ts';

const key = text('No_', 20, { keyOrdinal: 1 });
const name = `Item$${app}`;

test('a table is kept with why it comes, its amounts, its group and the columns that stay', async () => {
  const [item] = await plan([table(name, [key, text('Old', 10)])], [table(name, [key])]);
  if (item === undefined) throw new Error('Nothing is planned');
  const kept = keptTable(item);
  expect(kept).toMatchObject({
    sourceTable: name,
    copyMethod: 'Delta',
    reasonCode: 'ChangesTracked',
    columnsLeftOut: ['Old'],
    group: { flow: 'Small', number: 1 },
  });
  expect(keptTableSchema.parse(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
});

test('a table that does not come has no group, and says what does not fit', async () => {
  const [item] = await plan([table(name, [key])], [table(name, [text('No_', 10, { keyOrdinal: 1 })])]);
  if (item === undefined) throw new Error('Nothing is planned');
  expect(keptTable(item)).toMatchObject({ reasonCode: '50011', problems: '[No_] L,' });
  expect(keptTable(item)).not.toHaveProperty('group');
});

test('of very many columns that stay the first are named, and how many more there are', async () => {
  const columns = Array.from({ length: 150 }, (_, index) => text(`Old ${index}`, 10));
  const [item] = await plan([table(name, [key, ...columns])], [table(name, [key])]);
  if (item === undefined) throw new Error('Nothing is planned');
  const { columnsLeftOut = [] } = keptTable(item);
  expect([columnsLeftOut.length, columnsLeftOut[0], columnsLeftOut.at(-1)]).toEqual([101, 'Old 0', 'and 50 more']);
});
