/** Many schedules, each from a seed of its own. */
import fc from 'fast-check';
import { openTheatre, play } from './play.ts';
import { scenario } from './scenario.ts';
import type { Broken, Issuer } from './world.ts';

/** What schedules were found. */
export interface Exploration {
  readonly schedules: number;
  /** With what to play the failed one again, and everything that happened in it; undefined if all invariants held. */
  readonly failure: string | undefined;
}

/** Plays schedules until one breaks an invariant. @param path with a seed, the one schedule that it names */
export async function explore(
  issuer: Issuer,
  { broken, ...wanted }: Schedules & { readonly broken?: Broken },
): Promise<Exploration> {
  const theatre = await openTheatre(issuer, broken);
  try {
    return await playSchedules(theatre, wanted);
  } finally {
    theatre[Symbol.dispose]();
  }
}

interface Schedules {
  readonly schedules: number;
  readonly seed?: number;
  readonly path?: string;
}

async function playSchedules(
  theatre: Awaited<ReturnType<typeof openTheatre>>,
  { schedules, seed, path }: Schedules,
): Promise<Exploration> {
  const property = fc.asyncProperty(fc.scheduler(), scenario, async (scheduler, wanted) => {
    const violations = await play(theatre, scheduler, wanted);
    if (violations.length > 0) throw new Error(violations.join('\n'));
  });
  const replayed = { ...(seed === undefined ? {} : { seed }), ...(path === undefined ? {} : { path }) };
  const found = await fc.check(property, { numRuns: schedules, endOnFailure: true, ...replayed });
  if (!found.failed) return { schedules: found.numRuns, failure: undefined };
  const [scheduler, wanted] = found.counterexample ?? [];
  const error = found.errorInstance instanceof Error ? (found.errorInstance.stack ?? '') : String(found.errorInstance);
  const parts = [
    error,
    `seed ${found.seed}, path ${found.counterexamplePath ?? ''}`,
    JSON.stringify(wanted),
    fc.stringify(scheduler),
  ];
  return { schedules: found.numRuns, failure: parts.join('\n') };
}
