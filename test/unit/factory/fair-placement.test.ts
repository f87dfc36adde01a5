// How setups spread over many factories: each chooses as an attempt does, on a book in memory.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { chooseFactory } from '../../../orchestrators/activities/factory-choice.ts';
import type { FactoryBook } from '../../../shared/factory/book.ts';
import type { BookedFactory } from '../../../shared/factory/factory-row.ts';
import { ENTITIES_OF_READY_SETUP } from '../../../shared/factory/placement.ts';
import { quotasOf } from '../../../shared/factory/quotas.ts';
import type { Services } from '../../../shared/services.ts';
import type { Factory } from '../../../shared/setup/setup.ts';

const regions = ['westeurope', 'northeurope', 'uksouth'];
const subscriptions = [1, 2, 3, 4, 5].map((number) => `00000000-0000-4000-8000-00000000000${number}`);
const factories = Array.from({ length: 100 }, (_, index) => ({
  subscriptionId: subscriptions[index % subscriptions.length] ?? '',
  resourceGroup: 'migration',
  name: `factory-${index}`,
  region: regions[index % regions.length] ?? '',
}));
/** Setups that have a place and are not ready yet. */
const UNDER_WAY = 50;
const now = new Date('2026-11-24T10:00:00.000Z');

beforeEach(() => {
  vi.spyOn(Math, 'random').mockImplementation(seededRandom(1));
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Numbers from 0 to below 1 that a seed decides: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What factories carry, and who has taken a place in which. */
class Simulation implements Pick<FactoryBook, 'read' | 'reserve'> {
  readonly known: Map<string, BookedFactory>;
  readonly taken = new Map(factories.map(({ name }) => [name, 0]));
  readonly #underWay: string[] = [];

  constructor(entities: number) {
    const booked = {
      activeRuns: 0,
      reservations: 0,
      arrived: 0,
      marks: [],
      readingAt: undefined,
      silence: undefined,
      alerts: {},
      measuredAt: now,
      countedAt: now,
    };
    this.known = new Map(
      factories.map((factory) => [
        factory.name,
        { ...booked, id: factory.name, factory, entities, etag: '1', isOwn: false },
      ]),
    );
  }

  read(asked: readonly Factory[]) {
    const known = asked.flatMap(({ name }) => this.known.get(name) ?? []);
    return Promise.resolve({ factories: known, place: undefined, held: undefined });
  }

  reserve({ id }: BookedFactory) {
    this.#change(id, { reservations: 1 });
    this.taken.set(id, (this.taken.get(id) ?? 0) + 1);
    this.#underWay.push(id);
    const ready = this.#underWay.length > UNDER_WAY ? this.#underWay.shift() : undefined;
    if (ready !== undefined) this.#change(ready, { reservations: -1, entities: ENTITIES_OF_READY_SETUP });
    return Promise.resolve(true);
  }

  /** Lets a setup of an environment in a region choose. */
  async choose(region: string): Promise<Factory | undefined> {
    const services = {
      book: this,
      clock: { now: () => now },
      settings: { MIGRATION_FACTORIES: factories },
      factories: { check: () => Promise.resolve() },
    } as unknown as Services;
    const choice = await chooseFactory({ key: 'setup', attempt: 1 }, { region }, services);
    return 'stopped' in choice ? undefined : choice.factory;
  }

  /** Lets setups of all regions choose in turns. @returns those that were not placed in their region */
  async place(setups: number): Promise<string[]> {
    const misplaced: string[] = [];
    for (let setup = 0; setup < setups; setup += 1) {
      const region = regions[setup % regions.length] ?? '';
      const factory = await this.choose(region);
      if (factory?.region !== region) misplaced.push(`${setup}: ${factory?.region ?? 'none'} for ${region}`);
    }
    return misplaced;
  }

  /** How many setups each factory has, beside as many as if all of its region had the same number. */
  shares(): { readonly taken: number; readonly ideal: number }[] {
    return [...Map.groupBy(factories, ({ region }) => region).values()].flatMap((ofRegion) => {
      const counts = ofRegion.map(({ name }) => this.taken.get(name) ?? 0);
      const ideal = counts.reduce((sum, count) => sum + count) / counts.length;
      return counts.map((taken) => ({ taken, ideal }));
    });
  }

  #change(id: string, { reservations = 0, entities = 0 }: Partial<BookedFactory>): void {
    const known = this.known.get(id);
    if (known === undefined) throw new Error(`${id} is no factory`);
    const changed = { reservations: known.reservations + reservations, entities: known.entities + entities };
    this.known.set(id, { ...known, ...changed });
  }
}

test('1,000 setups: no factory has more than 4 above the ideal', async () => {
  const simulation = new Simulation(0);
  expect(await simulation.place(1_000)).toEqual([]);
  for (const { taken, ideal } of simulation.shares()) expect(taken).toBeLessThanOrEqual(ideal + 4);
});

test('10,000 setups: every factory is within 10 % of the ideal', async () => {
  const simulation = new Simulation(0);
  expect(await simulation.place(10_000)).toEqual([]);
  for (const { taken, ideal } of simulation.shares()) expect(Math.abs(taken - ideal)).toBeLessThanOrEqual(ideal / 10);
});

test('a region that is full takes nothing, though others have room, and no factory is above its limit', async () => {
  const simulation = new Simulation(4_900);
  const [full = '', other = ''] = regions;
  let placed = 0;
  while ((await simulation.choose(full)) !== undefined) placed += 1;
  expect(placed).toBeGreaterThan(200);
  expect(await simulation.choose(other)).toMatchObject({ region: other });
  for (const known of simulation.known.values()) {
    const { used, limit } = quotasOf(known).entities;
    expect(used).toBeLessThanOrEqual(limit);
  }
});
