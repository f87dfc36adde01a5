import { describe, expect, test } from 'vitest';
import { parseTableName } from '../../../shared/plan/names.ts';

const base = '437dbf0e-84ff-417a-965d-ed2bb9650972';

describe('a table name in its parts', () => {
  const companies = new Set(['CRONUS', 'CRONUS$Two']);
  test.each([
    [`CRONUS$Customer$${base}`, 'CRONUS', `Customer$${base}`, `Customer$${base}`, base],
    [`CRONUS$Customer$${base}$ext`, 'CRONUS', `Customer$${base}$ext`, `Customer$${base}`, base],
    [
      `CRONUS$Two$Item$${base.toUpperCase()}`,
      'CRONUS$Two',
      `Item$${base.toUpperCase()}`,
      `Item$${base.toUpperCase()}`,
      base,
    ],
    [`Upgrade Tags$${base}`, '', `Upgrade Tags$${base}`, `Upgrade Tags$${base}`, base],
    ['CRONUS$Customer', 'CRONUS', 'Customer', 'Customer', ''],
    [`OTHER$Customer$${base}`, '', `OTHER$Customer$${base}`, `OTHER$Customer$${base}`, base],
    ['Record Link', '', 'Record Link', 'Record Link', ''],
    ['$ndo$dbproperty', '', '$ndo$dbproperty', '$ndo$dbproperty', ''],
  ])('%s', (name, company, table, baseTable, appId) => {
    expect(parseTableName(name, companies)).toEqual({ company, table, baseTable, appId });
  });
});
