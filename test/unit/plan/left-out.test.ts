import { expect, test } from 'vitest';
import { leftOutOf } from '../../../shared/plan/left-out.ts';
import { app, each, key, plan, table, text } from '../../support/plan/catalogues.ts';

const companies = ['CRONUS A_', 'CRONUS B'];

test('tables that are missing or do not fit online are counted, and named once for all companies', async () => {
  const source = companies.flatMap((company) => [
    table(`${company}$Customer$${app}`),
    table(`${company}$Gone$${app}`, undefined, { rowCount: 3 }),
    table(`${company}$Empty$${app}`, undefined, { rowCount: 0 }),
    table(`${company}$Item$${app}`, [text('No_', 40, { keyOrdinal: 1 })], { rowCount: 5 }),
    table(`${company}$Shared$${app}`, undefined, { rowCount: 7 }),
  ]);
  const online = [table(`CRONUS A_$Customer$${app}`), table(`CRONUS A_$Item$${app}`, [key]), table(`Shared$${app}`)];
  expect(await leftOutOf(each(await plan(source, online)))).toEqual({
    '50004': { tables: 2, rows: 6, names: [`Gone$${app}`] },
    '50005': { tables: 2, rows: 14, names: [`Shared$${app}`] },
    '50011': { tables: 2, rows: 10, names: [`Item$${app} [No_] L,`] },
  });
});

test('of very many names not all are kept', async () => {
  const source = Array.from({ length: 1_200 }, (_, index) => table(`Gone ${index}$${app}`));
  const { '50004': gone } = await leftOutOf(each(await plan(source, [])));
  expect([gone.tables, gone.names.length]).toEqual([1_200, 1_000]);
});
