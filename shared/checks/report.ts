/** What all checks together mean for a setup. Pure. */
import { clip } from '../clip.ts';
import { summarizeChecks } from './catalogue.ts';
import type { CheckResult } from './check.ts';
import type { MilestoneData } from '../setup/states.ts';
import type { SetupFailure } from '../setup/setup.ts';

/** What a check may say in the failure of a setup, so that there is room for ten; the whole is in its result. */
const LONGEST_PART = 400;

/** Counts results, and makes the failure of the setup if a check blocks it: all that block are in its cause. */
export function reportChecks(results: readonly CheckResult[]): {
  counts: MilestoneData<'checksCompleted'>;
  failure: SetupFailure | undefined;
} {
  const counts = summarizeChecks(results);
  const blocking = results.filter(({ id }) => counts.failedChecks.includes(id));
  const [first] = blocking;
  if (first === undefined) return { counts, failure: undefined };
  const cause = blocking.map(({ id, title, measured, expected }) =>
    clip(`${id} ${title}: measured ${clip(measured, LONGEST_PART / 2)}, expected ${expected}`, LONGEST_PART),
  );
  const remedy = blocking.map(({ id, remedy: { text, sql } }) => {
    const whole = `${id}: ${text}${sql === undefined ? '' : ` ${sql}`}`;
    // Half a statement is worse than none.
    return whole.length <= LONGEST_PART ? whole : clip(`${id}: ${text}`, LONGEST_PART);
  });
  return { counts, failure: { code: first.code, cause: clip(cause.join('. ')), remedy: clip(remedy.join(' ')) } };
}
