import { afterAll, beforeAll, expect, test } from 'vitest';
import { explore } from '../../support/races/explore.ts';
import { startIssuer } from '../../support/races/world.ts';
import type { Issuer } from '../../support/races/world.ts';

/** `npm run bench:races` plays many more. */
const SCHEDULES = 500;

let issuer: Issuer;

beforeAll(async () => {
  issuer = await startIssuer();
});

afterAll(() => issuer.stop());

test('whatever comes between two steps of whom, all invariants hold in the end', async () => {
  expect(await explore(issuer, { schedules: SCHEDULES })).toEqual({ schedules: SCHEDULES, failure: undefined });
}, 180_000);
