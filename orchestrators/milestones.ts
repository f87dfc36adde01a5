/** Recording of milestones, as every orchestration does it. */
import type { OrchestrationContext } from 'durable-functions';
import { call } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import type { AttemptId, Milestone } from '../shared/setup/setup.ts';
import { activities } from './contract.ts';

/** Moves the setup on and announces it. */
export function* record(context: OrchestrationContext, subject: AttemptId, milestone: Milestone): Steps<void> {
  const { tenantId, setupId, attempt } = subject;
  yield* call(context, activities.recordMilestone, { tenantId, setupId, attempt, milestone });
}
