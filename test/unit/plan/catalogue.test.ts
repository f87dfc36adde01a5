import { describe, expect, test } from 'vitest';
import { readCatalogue } from '../../../shared/plan/catalogue.ts';
import { collect, column, each, plan, table } from '../../support/plan/catalogues.ts';

/** A row as Data Factory writes it: without what is NULL. */
function row(tableId: number, columnName: string, change: object = {}) {
  const { columns: _, ...fields } = table(`T${tableId}`);
  const { keyOrdinal: _key, collation: _collation, ...own } = column(columnName);
  return { ...fields, ...own, tableId, rowCount: '7', byteCount: 8192, ...change };
}

describe('the catalogue', () => {
  test('puts columns together to tables, and reads what is left out and what SQL sends as text', async () => {
    const rows = [row(1, 'a', { keyOrdinal: 1 }), row(1, 'b', { collation: 'Latin1_General_CI_AS' }), row(3, 'c')];
    const read = await collect(readCatalogue(each(rows)));
    expect(read).toMatchObject([
      {
        tableName: 'T1',
        rowCount: 7,
        columns: [
          { columnName: 'a', keyOrdinal: 1, collation: null },
          { columnName: 'b', keyOrdinal: null, collation: 'Latin1_General_CI_AS' },
        ],
      },
      { tableName: 'T3', columns: [{ columnName: 'c' }] },
    ]);
  });

  test('refuses columns of a table that are not together', async () => {
    const rows = [row(1, 'a'), row(2, 'b'), row(1, 'c')];
    await expect(collect(readCatalogue(each(rows)))).rejects.toThrow('T1 are not together');
  });

  test('of an environment with endless definitions is not held in memory', async () => {
    const columns = Array.from({ length: 1_000 }, () => column('a'));
    const endless = Array.from({ length: 3_000 }, (_, index) => table(`T${index}`, columns));
    await expect(plan([], endless)).rejects.toThrow('more than 2000000 different columns');
  });

  test.each([
    ['a collation that is more than a name', { collation: 'Latin1_General_CI_AS; DROP TABLE x' }],
    ['a length that is no number', { maxLength: '20); DROP TABLE x --' }],
    ['a name that is longer than SQL Server has it', { columnName: 'x'.repeat(129) }],
    ['a row of something else', { tableId: undefined }],
  ])('refuses %s', async (_, change) => {
    const [field] = Object.keys(change);
    await expect(collect(readCatalogue(each([row(1, 'a', change)])))).rejects.toThrow(field);
  });
});
