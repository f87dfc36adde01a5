import { expect, test } from 'vitest';
import { killRun } from '../../support/durable/kill-run.ts';

test('after kills in the middle of work nothing is lost, wrong or stuck; activities run at least once', async () => {
  const { instances, repeatedActivities } = await killRun({ orchestrations: 150, kills: 3, seed: 1 });
  expect(instances).toBeGreaterThan(150);
  expect(repeatedActivities).toBeGreaterThanOrEqual(0);
});
