/** What all checks together mean for a setup. Pure. */
import { clip } from '../clip.ts';
import { summarizeChecks } from './catalogue.ts';
import type { CheckResult } from './check.ts';
import type { MilestoneData } from '../setup/states.ts';
import type { SetupFailure } from '../setup/setup.ts';

/** Counts results, and makes the failure of the setup if a check blocks it: all that block are in its cause. */
export function reportChecks(results: readonly CheckResult[]): {
  counts: MilestoneData<'checksCompleted'>;
  failure: SetupFailure | undefined;
} {
  const counts = summarizeChecks(results);
  const blocking = results.filter(({ id }) => counts.failedChecks.includes(id));
  const [first] = blocking;
  if (first === undefined) return { counts, failure: undefined };
  const cause = blocking.map(
    ({ id, title, measured, expected }) => `${id} ${title}: measured ${measured}, expected ${expected}`,
  );
  const remedy = blocking.map(({ id, remedy: { text, sql } }) => `${id}: ${text}${sql === undefined ? '' : ` ${sql}`}`);
  return { counts, failure: { code: first.code, cause: clip(cause.join('. ')), remedy: clip(remedy.join(' ')) } };
}
