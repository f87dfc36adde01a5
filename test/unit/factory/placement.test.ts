import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ENTITIES_PER_SETUP, rankFactories } from '../../../shared/factory/placement.ts';
import type { PlacedMeasurement } from '../../../shared/factory/placement.ts';

interface Load {
  readonly entities?: number;
  readonly activeRuns?: number;
  readonly reservations?: number;
  readonly hasRuntime?: boolean;
}

function factoryOf(name: string) {
  return { subscriptionId: '00000000-0000-4000-8000-000000000001', resourceGroup: 'migration', name };
}

function measured(
  name: string,
  { reservations = 0, entities = 0, activeRuns = 0, ...rest }: Load = {},
): PlacedMeasurement {
  return { factory: factoryOf(name), load: { reachable: true, entities, activeRuns, ...rest }, reservations };
}

function unreachable(name: string): PlacedMeasurement {
  return { factory: factoryOf(name), load: { reachable: false, reason: 'does not answer: timeout' }, reservations: 0 };
}

const namesOf = (measurements: readonly PlacedMeasurement[]) =>
  rankFactories(measurements).map(({ factory }) => factory.name);
const candidateOf = (measurement: PlacedMeasurement) => rankFactories([measurement])[0]?.candidate;

describe('factories are ranked', () => {
  test('by how empty they are', () => {
    expect(
      namesOf([measured('full', { entities: 900 }), measured('empty'), measured('half', { entities: 500 })]),
    ).toEqual(['empty', 'half', 'full']);
  });

  test('by the scarcer of entities and runs', () => {
    const busy = measured('busy', { entities: 10, activeRuns: 9_000 });
    const crowded = measured('crowded', { entities: 4_000, activeRuns: 0 });
    expect(namesOf([busy, crowded])).toEqual(['crowded', 'busy']);
  });

  test('with the places that other setups hold', () => {
    expect(namesOf([measured('a', { reservations: 3 }), measured('b', { entities: 20 })])).toEqual(['b', 'a']);
  });

  test('by name when they are equally empty', () => {
    expect(namesOf([measured('c'), measured('a'), measured('b')])).toEqual(['a', 'b', 'c']);
  });

  test('with those that cannot take the setup at the end', () => {
    expect(namesOf([unreachable('a'), measured('b', { entities: 4_999 }), measured('c', { entities: 4_000 })])).toEqual(
      ['c', 'b', 'a'],
    );
  });
});

describe('a factory is not eligible', () => {
  test('when its entities and one more setup do not fit', () => {
    expect(candidateOf(measured('a', { entities: 5_000 - ENTITIES_PER_SETUP }))?.eligible).toBe(true);
    const full = candidateOf(measured('a', { entities: 5_001 - ENTITIES_PER_SETUP }));
    expect(full?.eligible).toBe(false);
    expect(full?.obstacle).toBe('has no room for another setup');
  });

  test('when what was promised to other setups fills it', () => {
    const promised = { entities: 4_900, reservations: 10 };
    expect(candidateOf(measured('a', promised))?.eligible).toBe(false);
  });

  test('when it runs as many pipelines as it can', () => {
    expect(candidateOf(measured('a', { activeRuns: 9_999 }))?.eligible).toBe(true);
    expect(candidateOf(measured('a', { activeRuns: 10_000 }))?.eligible).toBe(false);
  });

  test('when it does not answer, with the reason', () => {
    expect(candidateOf(unreachable('a'))).toEqual({
      name: 'a',
      eligible: false,
      score: 0,
      reasons: ['does not answer: timeout'],
      obstacle: 'does not answer',
    });
  });
});

test('a runtime to be reused decides, whatever the load', () => {
  const ranking = rankFactories([
    measured('empty', { hasRuntime: false }),
    measured('crowded', { hasRuntime: true, entities: 4_000 }),
  ]);
  expect(ranking.map(({ candidate }) => [candidate.name, candidate.eligible])).toEqual([
    ['crowded', true],
    ['empty', false],
  ]);
  expect(ranking[1]?.candidate.obstacle).toBe('does not have the runtime that is to be reused');
});

test('the ranking does not depend on the order of the factories, and loses none', () => {
  const measurement = fc
    .record({ entities: fc.nat(6_000), activeRuns: fc.nat(11_000), reservations: fc.nat(50) })
    .map((load) => measured('x', load));
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
