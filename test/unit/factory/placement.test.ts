import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  drawCandidates,
  ENTITIES_OF_READY_SETUP,
  ENTITIES_PER_SETUP,
  rankFactories,
} from '../../../shared/factory/placement.ts';
import type { KnownFactory } from '../../../shared/factory/placement.ts';

type Load = Partial<Omit<KnownFactory, 'factory'>>;

function factoryOf(name: string) {
  return { subscriptionId: '00000000-0000-4000-8000-000000000001', resourceGroup: 'migration', name };
}

function known(name: string, load: Load = {}): KnownFactory {
  return { factory: factoryOf(name), entities: 0, activeRuns: 0, reservations: 0, silence: undefined, ...load };
}

const silent = (name: string) => known(name, { silence: 'timeout' });

const namesOf = (factories: readonly KnownFactory[]) =>
  rankFactories(factories).map(({ known: { factory } }) => factory.name);
const candidateOf = (factory: KnownFactory) => rankFactories([factory])[0]?.candidate;

describe('factories are ranked', () => {
  test('by how empty they are', () => {
    expect(namesOf([known('full', { entities: 900 }), known('empty'), known('half', { entities: 500 })])).toEqual([
      'empty',
      'half',
      'full',
    ]);
  });

  test('by the scarcer of entities and runs', () => {
    const busy = known('busy', { entities: 10, activeRuns: 9_000 });
    const crowded = known('crowded', { entities: 4_000, activeRuns: 0 });
    expect(namesOf([busy, crowded])).toEqual(['crowded', 'busy']);
  });

  test('with the places that other setups hold', () => {
    expect(namesOf([known('a', { reservations: 3 }), known('b', { entities: 20 })])).toEqual(['b', 'a']);
  });

  test('by name when they are equally empty', () => {
    expect(namesOf([known('c'), known('a'), known('b')])).toEqual(['a', 'b', 'c']);
  });

  test('with those that cannot take the setup at the end', () => {
    expect(namesOf([silent('a'), known('b', { entities: 4_999 }), known('c', { entities: 4_000 })])).toEqual([
      'c',
      'b',
      'a',
    ]);
  });
});

describe('a factory is not eligible', () => {
  test('when its entities and one more setup do not fit', () => {
    expect(candidateOf(known('a', { entities: 5_000 - ENTITIES_PER_SETUP }))?.eligible).toBe(true);
    const full = candidateOf(known('a', { entities: 5_001 - ENTITIES_PER_SETUP }));
    expect(full?.eligible).toBe(false);
    expect(full?.obstacle).toBe('has no room for another setup');
  });

  test('when what was promised to other setups fills it', () => {
    const promised = { entities: 4_900, reservations: 10 };
    expect(candidateOf(known('a', promised))?.eligible).toBe(false);
  });

  test('when it runs as many pipelines as it can', () => {
    expect(candidateOf(known('a', { activeRuns: 9_999 }))?.eligible).toBe(true);
    expect(candidateOf(known('a', { activeRuns: 10_000 }))?.eligible).toBe(false);
  });

  test('when it does not answer, with the reason', () => {
    expect(candidateOf(silent('a'))).toEqual({
      name: 'a',
      eligible: false,
      score: 0,
      reasons: ['timeout'],
      obstacle: 'does not answer',
    });
  });
});

describe('those that are asked', () => {
  const drawn = (factories: readonly KnownFactory[], random: () => number = () => 0) =>
    drawCandidates(rankFactories(factories), random).map(({ factory }) => factory.name);

  test('are two of those that can take the setup, at random', () => {
    const three = [known('a'), known('b', { entities: 100 }), known('c', { entities: 200 })];
    expect(drawn(three)).toEqual(['a', 'b']);
    expect(drawn(three, () => 0.99)).toEqual(['c', 'b']);
    expect(drawn([...three, known('full', { entities: 5_000 }), silent('silent')], () => 0.99)).toEqual(['c', 'b']);
  });

  test('are all of fewer', () => {
    expect(drawn([known('a')])).toEqual(['a']);
    expect(drawn([known('full', { entities: 5_000 })])).toEqual([]);
    expect(drawn([])).toEqual([]);
  });

  test('are those that did not answer when nobody else has room', () => {
    expect(drawn([known('full', { entities: 5_000 }), silent('a'), silent('b')])).toEqual(['a', 'b']);
    expect(drawn([known('full', { silence: 'timeout', entities: 5_000 })])).toEqual([]);
  });
});

/** Places setups one after the other, the better of two each time. @returns how many each factory has taken */
function place(setups: number, factories: readonly KnownFactory[], seed: number): number[] {
  const books = factories.map((factory) => ({ ...factory }));
  const random = seededRandom(seed);
  const taken = books.map(() => 0);
  for (let setup = 0; setup < setups; setup += 1) {
    const ranking = rankFactories(books);
    const draws = drawCandidates(ranking, random);
    const best = ranking.find(({ known: one }) => draws.includes(one))?.known;
    const index = books.findIndex((book) => book === best);
    const book = books[index];
    if (book === undefined) throw new Error(`No factory has room for setup ${setup}`);
    book.entities += ENTITIES_OF_READY_SETUP;
    taken[index] = (taken[index] ?? 0) + 1;
  }
  return taken;
}

/** Numbers from 0 to below 1 that a seed decides: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('a hundred factories fill evenly', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => known(`factory-${String(index).padStart(2, '0')}`));
  const thousand = place(1_000, hundred, 1);
  expect(Math.max(...thousand)).toBeLessThanOrEqual(10 + 4);
  const tenThousand = place(10_000, hundred, 2);
  expect(Math.max(...tenThousand)).toBeLessThanOrEqual(110);
  expect(Math.min(...tenThousand)).toBeGreaterThanOrEqual(90);
}, 60_000);

test('the ranking does not depend on the order of the factories, and loses none', () => {
  const measurement = fc
    .record({ entities: fc.nat(6_000), activeRuns: fc.nat(11_000), reservations: fc.nat(50) })
    .map((load) => known('x', load));
  fc.assert(
    fc.property(fc.array(measurement, { maxLength: 8 }), fc.infiniteStream(fc.nat()), (loads, order) => {
      const factories = loads.map((load, index) => ({ ...load, factory: factoryOf(`factory-${index}`) }));
      const shuffled = factories
        .map((factory) => ({ factory, place: order.next().value as number }))
        .sort((a, b) => a.place - b.place)
        .map(({ factory }) => factory);
      expect(namesOf(shuffled)).toEqual(namesOf(factories));
      for (const { candidate } of rankFactories(factories)) {
        expect(candidate.score).toBeGreaterThanOrEqual(0);
        expect(candidate.score).toBeLessThanOrEqual(100);
      }
    }),
  );
});
