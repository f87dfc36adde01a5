/** Setups in a subscription that is asked too often. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EndpointFault } from '../support/world/unreliable-proxy.ts';
import { violations } from '../support/world/invariants.ts';
import { startWorld } from '../support/world/world.ts';
import type { World } from '../support/world/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const RETRY_AFTER_SECONDS = 5;
const refusal: EndpointFault = {
  when: 'before',
  answer: { status: 429, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } },
};

const THROTTLED = 10 * MINUTE;
/** The longest before an activity is tried again. */
const PAUSE = 2 * MINUTE;
/** Of a setup that nothing disturbs. */
const SETUP = 15 * SECOND;
/** What one refusal may cost: a run that may have been started is looked for so long before it is started again. */
const REFUSAL = MINUTE;

let world: World;

beforeAll(async () => {
  world = await startWorld({ samples: ['AzureSql', 'AzureSql', 'AzureSql'], size: 'Small' });
});
afterAll(async () => {
  await world.close();
  await world.endpoints.stop();
});

test('setups outlive ten minutes in which all is refused, and one request in ten afterwards', async () => {
  const { clock, endpoints } = world;
  await world.measure();
  const begun = clock.now();
  let [askedInVain, askedAfterwards] = [0, 0];
  endpoints.proxies.dataFactory.decide = () => {
    const isOver = clock.now() >= begun + THROTTLED;
    if (isOver) askedAfterwards += 1;
    else askedInVain += 1;
    return isOver && askedAfterwards % 10 !== 0 ? undefined : refusal;
  };
  const setupIds = endpoints.databases.samples.map((_, index) => `throttled-${index}`);
  for (const [index, sample] of endpoints.databases.samples.entries()) await world.begin(setupIds[index] ?? '', sample);
  await world.advance(THROTTLED);
  const ended = [];
  for (const setupId of setupIds) ended.push(await world.until(setupId, 'Ready', 'Failed'));

  expect(ended.map(({ state }) => state)).toEqual(ended.map(() => 'Ready'));
  // Three setups try ten times each to ask two factories. Nobody asks while it is known that all is refused, and then one.
  expect(askedInVain).toBeLessThanOrEqual(20);
  const refusals = Math.floor(askedAfterwards / 10);
  const last = Math.max(...ended.map(({ lastModifiedAt }) => Date.parse(lastModifiedAt)));
  expect(last - begun).toBeLessThanOrEqual(THROTTLED + PAUSE + SETUP + refusals * REFUSAL);
  expect(await violations(world)).toEqual([]);
});
