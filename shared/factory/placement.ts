/** Which data factory takes a setup. Pure: measured values in, a ranking with its reasons out. */
import { z } from 'zod';
import { factorySchema } from '../setup/setup.ts';
import type { Factory, FactoryCandidate } from '../setup/setup.ts';

// https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#data-factory-limits
const MAXIMUM_ENTITIES = 5_000;
const MAXIMUM_ACTIVE_RUNS = 10_000;

/** The most that one setup needs: three linked services, three datasets and four pipelines of its own, and a runtime. */
export const ENTITIES_PER_SETUP = 11;

/** What was found at one factory. */
export const factoryMeasurementSchema = z.object({
  factory: factorySchema,
  load: z.discriminatedUnion('reachable', [
    z.object({
      reachable: z.literal(true),
      entities: z.int(),
      activeRuns: z.int(),
      /** Whether the runtime that the setup wants to reuse is there; left out if it wants none. */
      hasRuntime: z.boolean().optional(),
    }),
    z.object({ reachable: z.literal(false), reason: z.string() }),
  ]),
});
type FactoryMeasurement = z.infer<typeof factoryMeasurementSchema>;

/** A measured factory with the setups that hold a place in it but may not have made their entities yet. */
export interface PlacedMeasurement extends FactoryMeasurement {
  readonly reservations: number;
}

/** A factory with its place in the ranking. */
export interface RankedFactory {
  readonly factory: Factory;
  readonly candidate: FactoryCandidate;
}

/** Ranks factories: those that can take the setup first, the emptiest of them before the others, equals by name. */
export function rankFactories(measurements: readonly PlacedMeasurement[]): RankedFactory[] {
  return measurements
    .map((measurement) => ({ factory: measurement.factory, candidate: candidateOf(measurement) }))
    .sort(
      ({ candidate: a }, { candidate: b }) =>
        Number(b.eligible) - Number(a.eligible) || b.score - a.score || (a.name < b.name ? -1 : 1),
    );
}

function candidateOf({ factory: { name }, load, reservations }: PlacedMeasurement): FactoryCandidate {
  if (!load.reachable) return { name, eligible: false, score: 0, reasons: [load.reason], obstacle: 'does not answer' };
  const { entities, activeRuns, hasRuntime } = load;
  const expected = entities + reservations * ENTITIES_PER_SETUP;
  const reasons = [
    `${entities} of ${MAXIMUM_ENTITIES} entities`,
    `${reservations} reserved places`,
    `${activeRuns} of ${MAXIMUM_ACTIVE_RUNS} active runs`,
  ];
  const score = 100 * (1 - Math.max(expected / MAXIMUM_ENTITIES, activeRuns / MAXIMUM_ACTIVE_RUNS));
  if (hasRuntime === true) reasons.push('has the runtime that is to be reused');
  const isFull = expected + ENTITIES_PER_SETUP > MAXIMUM_ENTITIES || activeRuns >= MAXIMUM_ACTIVE_RUNS;
  const obstacle = [
    ...(isFull ? ['has no room for another setup'] : []),
    ...(hasRuntime === false ? ['does not have the runtime that is to be reused'] : []),
  ].join(' and ');
  const ranked = { name, eligible: obstacle === '', score: Math.max(0, Math.round(score * 100) / 100), reasons };
  return ranked.eligible ? ranked : { ...ranked, obstacle };
}
