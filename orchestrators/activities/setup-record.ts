import { messageOf } from '../../shared/error-message.ts';
import type { Implementation } from './implementation.ts';

export const recordMilestone: Implementation<'recordMilestone'> = async (
  { milestone, ...attempt },
  { store, publisher },
) => {
  await store.record(attempt, milestone);
  try {
    await publisher.publishPending(attempt);
    return { published: true };
  } catch (error) {
    // The event is stored, and a timer publishes what is left behind: a setup does not wait for its listeners.
    return { published: false, reason: messageOf(error) };
  }
};
