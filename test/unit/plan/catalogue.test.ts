import { describe, expect, test } from 'vitest';
import { joinCatalogue } from '../../../shared/plan/catalogue.ts';
import { collect, column, each, table } from '../../support/plan/catalogues.ts';

describe('the catalogue', () => {
  const tables = [1, 2, 3].map((tableId) => ({ ...table(`T${tableId}`), tableId, rowCount: '7', byteCount: '8192' }));
  const columns = [1, 1, 3].map((tableId, index) => column(`c${index}`, { tableId }));

  test('joins tables and columns, and reads the numbers that SQL sends as text', async () => {
    const joined = await collect(joinCatalogue(each(tables), each(columns)));
    expect(joined.map(({ tableName, rowCount, columns: own }) => [tableName, rowCount, own.length])).toEqual([
      ['T1', 7, 2],
      ['T2', 7, 0],
      ['T3', 7, 1],
    ]);
  });

  test('refuses columns that belong to no table', async () => {
    await expect(collect(joinCatalogue(each(tables.slice(0, 2)), each(columns)))).rejects.toThrow(
      'c2 belongs to no table',
    );
  });
});
