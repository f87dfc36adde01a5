import { afterAll, beforeAll, expect, test } from 'vitest';
import { explore } from '../../support/races/explore.ts';
import { startIssuer } from '../../support/races/world.ts';
import type { Issuer } from '../../support/races/world.ts';

/** The same each time; `npm run bench:races` plays many more, and others. */
const SCHEDULES = 500;
const SEED = 2026;

let issuer: Issuer;

beforeAll(async () => {
  issuer = await startIssuer();
});

afterAll(() => issuer.stop());

test('whatever comes between two steps of whom, all invariants hold in the end', async () => {
  expect(await explore(issuer, { schedules: SCHEDULES, seed: SEED })).toEqual({
    schedules: SCHEDULES,
    failure: undefined,
  });
}, 180_000);
