/** What operators want to know of the changes of setups: how many came to which state, and how long phases took. */
import { measure } from '../telemetry/metrics.ts';
import type { SetupRecord } from './head.ts';
import { milestones } from './states.ts';
import type { Milestone } from './states.ts';

/** Measures a change that was written. @param reached its milestones, in order */
export function measureChange(before: SetupRecord, after: SetupRecord, reached: readonly Milestone[], now: Date): void {
  const { state, failure } = after;
  if (state !== before.state || before.etag === '') {
    measure('transitions', 1, { state, code: state === 'Failed' ? failure?.code : undefined });
  }
  // Of several that one change reaches, the first has taken the time.
  const ended = reached.find(({ name }) => milestones[name].position === 'ends');
  if (ended === undefined) return;
  const { phase = before.phase } = milestones[ended.name];
  measure('phaseDuration', (now.getTime() - Date.parse(before.phaseStartedAt)) / 1_000, { phase });
}
