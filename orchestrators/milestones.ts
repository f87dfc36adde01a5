/** Recording of milestones, as every orchestration does it. */
import type { OrchestrationContext } from 'durable-functions';
import { call } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import { isBefore, milestones } from '../shared/setup/states.ts';
import type { Milestone, Phase } from '../shared/setup/states.ts';
import { activities } from './contract.ts';
import type { Subject } from './contract.ts';

/** Moves the setup on and announces it. `detail` is the whole of a cause that was clipped. */
export function* record(
  context: OrchestrationContext,
  { tenantId, setupId, attempt, key, cleanup }: Subject,
  milestone: Milestone,
  detail?: string,
): Steps<void> {
  yield* call(context, activities.recordMilestone, {
    tenantId,
    setupId,
    attempt,
    key,
    ...(cleanup === undefined ? {} : { cleanup }),
    milestone,
    ...(detail === undefined ? {} : { detail }),
  });
}

/** Records a milestone of an attempt, unless the attempt has taken its phase over from an earlier one. */
export function* reach(
  context: OrchestrationContext,
  subject: Subject & { readonly from: Phase },
  milestone: Milestone,
): Steps<void> {
  const { phase } = milestones[milestone.name];
  if (phase !== undefined && isBefore(phase, subject.from)) return;
  yield* record(context, subject, milestone);
}
