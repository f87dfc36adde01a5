/** When a setup that needs something is looked at. Pure. */

/** Younger than this, a change is still in the hands of the one who made it. */
export const GRACE_MS = 30_000;
const LONGEST_PAUSE_MS = 6 * 60 * 60_000;

/** The first look after a change. */
export function firstLook(changedAt: Date): Date {
  return new Date(changedAt.getTime() + GRACE_MS);
}

/**
 * The look after one at which all was in order: after as long as has passed since the last change, at least half a minute,
 * at most six hours. What changes often is found soon when it stands still; what waits for days costs four looks a day.
 */
export function nextLook(now: Date, changedAt: Date): Date {
  const passed = now.getTime() - changedAt.getTime();
  return new Date(now.getTime() + Math.min(Math.max(passed, GRACE_MS), LONGEST_PAUSE_MS));
}

/** Whether a setup had stood still for so long before a change that the next look at it may be far away. */
export function hasStoodStill(now: Date, changedAt: Date): boolean {
  return now.getTime() - changedAt.getTime() >= 2 * GRACE_MS;
}
