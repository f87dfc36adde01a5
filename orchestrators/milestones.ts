/** Recording of how an attempt or a removal ends, as every orchestration does it. */
import type { OrchestrationContext } from 'durable-functions';
import { call } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import type { Milestone } from '../shared/setup/states.ts';
import { activities } from './contract.ts';
import type { Subject } from './subjects.ts';

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
