import { expect, test } from 'vitest';
import { checkCatalogue } from '../../../shared/checks/catalogue.ts';
import { checksPage } from '../../support/docs/checks-page.ts';
import { errorsPage } from '../../support/docs/errors-page.ts';
import { awsChecks, googleChecks } from '../../support/docs/peers.ts';

test('the page of the checks is that of the catalogue: npm run docs writes it', async () => {
  await expect(checksPage()).toMatchFileSnapshot('../../../docs/checks.md');
});

test('the page of the errors is that of the codes: npm run docs writes it', async () => {
  await expect(errorsPage()).toMatchFileSnapshot('../../../docs/errors.md');
});

test('what others check is here under an id of the catalogue, or says why it is not', () => {
  const ids = new Set(checkCatalogue.map(({ id }) => id));
  for (const { ids: ours, note } of [...awsChecks, ...googleChecks]) {
    expect(ours.filter((id) => !ids.has(id))).toEqual([]);
    expect(ours.length > 0 || note !== undefined).toBe(true);
  }
});
