import { expect, test } from 'vitest';
import { checkThresholdsSchema, strictest, wantedThresholdsSchema } from '../../../shared/checks/thresholds.ts';

const service = checkThresholdsSchema.parse({});

test('a caller is warned sooner than the service would warn, and never later', () => {
  const { companyCountWarning, tableCountWarning } = service;
  const wanted = { companyCountWarning: companyCountWarning - 1, tableCountWarning: tableCountWarning + 1 };
  expect(strictest(service, wanted)).toEqual({ ...service, companyCountWarning: companyCountWarning - 1 });
  expect(strictest(service, {})).toEqual(service);
});

test('what blocks is not for callers to set', () => {
  const names = Object.keys(wantedThresholdsSchema.shape);
  expect(names.filter((name) => !name.includes('Warning'))).toEqual([]);
});
