/** How long the first replication run of a plan will take, judged by earlier runs. Pure. */
import { z } from 'zod';

/** A full run that succeeded. */
export const runFigureSchema = z.object({
  tables: z.int().positive(),
  rows: z.number().nonnegative(),
  seconds: z.number().positive(),
});
export type RunFigure = z.infer<typeof runFigureSchema>;

export interface Estimate {
  readonly seconds: number;
  /** How many earlier runs of such a source are known. */
  readonly earlierRuns: number;
}

const COMPARED = 3;

/**
 * Takes the earlier runs that are nearest in size, lets each grow or shrink to the amounts of the plan, by its tables or its rows
 * whichever makes it longer, and gives the middle one of the results.
 * @returns undefined if nothing is copied, or fewer runs are known: with one alone, whose it was could be worked out
 */
export function estimateOf(
  { tables, rows }: Pick<RunFigure, 'tables' | 'rows'>,
  figures: readonly RunFigure[],
): Estimate | undefined {
  if (tables === 0 || figures.length < COMPARED) return undefined;
  const nearest = figures
    .toSorted((a, b) => distance(a.rows, rows) - distance(b.rows, rows))
    .slice(0, COMPARED)
    .map((run) => run.seconds * Math.max(tables / run.tables, (rows + 1) / (run.rows + 1)))
    .toSorted((a, b) => a - b);
  const middle = nearest[Math.floor(nearest.length / 2)];
  return middle === undefined ? undefined : { seconds: Math.ceil(middle), earlierRuns: figures.length };
}

/** Between two amounts: how often the one goes into the other counts, not their difference. */
function distance(one: number, other: number): number {
  return Math.abs(Math.log((one + 1) / (other + 1)));
}
