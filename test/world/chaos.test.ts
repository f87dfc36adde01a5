/** Setups while everything goes wrong: each ends, what failed says why, and a replay makes it ready. */
import { expect, test } from 'vitest';
import { playChaos } from '../support/world/chaos.ts';

const SETUPS = 5;
const SEED = 7;
/** What a failure names: what a service answered, that it answered nothing, or that it answered otherwise a moment later. */
const fault =
  /does not answer|429|5\d\d|forbidden|wants it so|deadlock|1205|socket|connection|network|ECONN|offline|closed|2010|Status403|passed when/i;

test(`of ${SETUPS} setups under kills and faults none is stuck, and whatever failed is replayed`, async () => {
  const { ready, failures, kills, faults, violations, stillFailed } = await playChaos({ setups: SETUPS, seed: SEED });
  expect(violations).toEqual([]);
  expect(ready + failures.length).toBe(SETUPS);
  expect(failures.filter((failure) => !fault.test(failure))).toEqual([]);
  expect(stillFailed).toEqual([]);
  expect(kills).toBeGreaterThan(5);
  expect(Object.keys(faults).sort()).toEqual(
    ['activities', 'bus', 'dataFactory', 'keyVault', 'runtime', 'sql', 'tables'].sort(),
  );
});
