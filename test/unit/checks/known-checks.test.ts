import { expect, test } from 'vitest';
import { checkCatalogue } from '../../../shared/checks/catalogue.ts';
import { isWanted } from '../../../shared/checks/check-selection.ts';
import { withBlockers } from '../../../shared/checks/known-checks.ts';

const blocking = checkCatalogue.filter(({ severity }) => severity === 'blocks').map(({ id }) => id);
const others = checkCatalogue.filter(({ severity }) => severity !== 'blocks').map(({ id }) => id);
const [first = '', second = ''] = others;

test.each([
  ['wants one', { include: [first] }, [first]],
  ['leaves one out', { exclude: [first, ...blocking] }, others.filter((id) => id !== first)],
])('a stored selection that %s has also the checks that came to block since', (_how, selection, kept) => {
  const whole = withBlockers(selection);
  expect(blocking.filter((id) => !isWanted(id, whole))).toEqual([]);
  expect(others.filter((id) => isWanted(id, whole))).toEqual(kept);
  expect(isWanted(second, whole)).toBe('exclude' in selection);
});
