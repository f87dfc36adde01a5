import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type * as Fences from '../../../shared/setup/fence.ts';
import type { Services } from '../../../shared/services.ts';
import { explore } from '../../support/races/explore.ts';
import { startIssuer } from '../../support/races/world.ts';
import type { Broken, Issuer } from '../../support/races/world.ts';

/** Within so many schedules it must show that a fence is missing. */
const ENOUGH = 300;
/** The same schedules each time: that one of them shows it is luck, and must not be another one's bad luck. */
const SEED = 3;

const fence = vi.hoisted(() => ({ isOut: false }));

vi.mock('../../../shared/setup/fence.ts', async (importOriginal) => {
  const original = await importOriginal<typeof Fences>();
  const stopReason: typeof original.stopReason = (...given) =>
    fence.isOut ? undefined : original.stopReason(...given);
  return { ...original, stopReason };
});

let issuer: Issuer;

beforeAll(async () => {
  issuer = await startIssuer();
});

afterAll(() => issuer.stop());

/** Explores without a fence. @returns what of it was found, if anything */
async function without(broken: Broken): Promise<string | undefined> {
  const { failure } = await explore(issuer, { schedules: ENOUGH, seed: SEED, broken });
  return failure;
}

test('schedules find that activities ask nobody whether they may', async () => {
  fence.isOut = true;
  try {
    expect(await without({})).toBeDefined();
  } finally {
    fence.isOut = false;
  }
}, 180_000);

test.each<[what: string, table: string]>([
  ['two changes of a setup', 'setups'],
  ['two claims of an environment', 'environments'],
])(
  'schedules find that %s do not see each other',
  async (_what, table) => {
    expect(await without({ ignoresConditionsOf: table })).toBeDefined();
  },
  180_000,
);

test('schedules find that two runs of an attempt may both work', async () => {
  expect(await without({ services: opensForAll })).toBeDefined();
}, 180_000);

function opensForAll({ store }: Services): Partial<Services> {
  const open: Services['store']['open'] = async (attempt) => ({
    kind: 'recorded',
    setup: await store.require(attempt),
  });
  // Everything else is the store's own, which is not itself without its private members.
  const openForAll = new Proxy(store, {
    get: (target, name) => {
      const value = Reflect.get(target, name) as unknown;
      return name === 'open' ? open : typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { store: openForAll };
}
