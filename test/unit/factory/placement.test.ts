import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawCandidates, ENTITIES_PER_SETUP, rankFactories } from '../../../shared/factory/placement.ts';
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
