/** Which data factory takes a setup. Pure: what is known of the factories in, a ranking with its reasons out. */
import type { Factory, FactoryCandidate } from '../setup/setup.ts';

// https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#data-factory-limits
export const MAXIMUM_ENTITIES = 5_000;
export const MAXIMUM_ACTIVE_RUNS = 10_000;

/** The most that one setup needs: three linked services, three datasets and four pipelines of its own, and a runtime. */
export const ENTITIES_PER_SETUP = 11;
/** What is left of them once the preparation pipeline is gone. */
export const ENTITIES_OF_READY_SETUP = ENTITIES_PER_SETUP - 1;

/** What is known of a factory. */
export interface KnownFactory {
  readonly factory: Factory;
  readonly entities: number;
  /** Pipeline runs that are queued or in progress. */
  readonly activeRuns: number;
  /** Other setups that hold a place in it but may not have made their entities yet. */
  readonly reservations: number;
  /** Why it did not answer when it was last asked; undefined if it did. */
  readonly silence: string | undefined;
}

/** A factory with its place in the ranking. */
export interface RankedFactory<Known> {
  readonly known: Known;
  readonly candidate: FactoryCandidate;
}

/** Ranks factories: those that can take the setup first, the emptiest of them before the others, equals by name. */
export function rankFactories<Known extends KnownFactory>(factories: readonly Known[]): RankedFactory<Known>[] {
  return factories
    .map((known) => ({ known, candidate: candidateOf(known) }))
    .sort(
      ({ candidate: a }, { candidate: b }) =>
        Number(b.eligible) - Number(a.eligible) || b.score - a.score || (a.name < b.name ? -1 : 1),
    );
}

/**
 * Draws those that are asked: two at random of those that can take the setup, so that setups that choose at the same moment
 * do not all want the same one, and yet the emptier half fills first. Those that did not answer are asked again only when
 * they are all that is left.
 * @param random gives a number from 0 to below 1
 */
export function drawCandidates<Known extends KnownFactory>(
  ranking: readonly RankedFactory<Known>[],
  random: () => number,
): Known[] {
  const withRoom = ranking.filter(({ candidate }) => candidate.eligible);
  const silent = ranking.filter(({ known }) => known.silence !== undefined && hasRoom(known));
  const pool = (withRoom.length > 0 ? withRoom : silent).map(({ known }) => known);
  return Array.from({ length: Math.min(2, pool.length) }, () =>
    pool.splice(Math.floor(random() * pool.length), 1),
  ).flat();
}

function candidateOf(known: KnownFactory): FactoryCandidate {
  const { factory, entities, activeRuns, reservations, silence } = known;
  const { name } = factory;
  if (silence !== undefined)
    return { name, eligible: false, score: 0, reasons: [silence], obstacle: 'does not answer' };
  const reasons = [
    `${entities} of ${MAXIMUM_ENTITIES} entities`,
    `${reservations} reserved places`,
    `${activeRuns} of ${MAXIMUM_ACTIVE_RUNS} active runs`,
  ];
  const score = 100 * (1 - Math.max(expectedEntities(known) / MAXIMUM_ENTITIES, activeRuns / MAXIMUM_ACTIVE_RUNS));
  const ranked = { name, eligible: hasRoom(known), score: Math.max(0, Math.round(score * 100) / 100), reasons };
  return ranked.eligible ? ranked : { ...ranked, obstacle: 'has no room for another setup' };
}

/** Entities of a factory, with those that setups may still make that hold a place in it. */
export function expectedEntities({ entities, reservations }: KnownFactory): number {
  return entities + reservations * ENTITIES_PER_SETUP;
}

function hasRoom(known: KnownFactory): boolean {
  return expectedEntities(known) + ENTITIES_PER_SETUP <= MAXIMUM_ENTITIES && known.activeRuns < MAXIMUM_ACTIVE_RUNS;
}
