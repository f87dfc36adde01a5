import { expect, test } from 'vitest';
import { hashOfSources } from '../../../infra/snapshots/sources.ts';
import { infraText } from '../../support/infra/infra-files.ts';

test('the snapshots are of these templates: npm run snapshots writes them anew, and their hash', () => {
  expect(infraText('snapshots/sources.sha256').trim()).toBe(hashOfSources());
});
