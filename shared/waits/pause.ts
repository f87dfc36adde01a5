/** How long a wait is left alone between two looks. Pure. */

/** The app looks after waits this often, at the whole multiples, so that no pause is shorter. */
const LOOKS_EVERY_MS = 5_000;
const LONGEST_PAUSE_MS = 15 * 60_000;
/**
 * A pause in proportion to the time that has passed costs few questions and is never out of proportion to the wait. When it
 * ends, it was a tenth of that time.
 */
const SHARE = 1 / 9;

/**
 * When to look next: after 10 % of the time that will have passed since the last nudge, at least 5 s, at most 15 min. It is the
 * time of the last run of the timer by then: a wait that were due a moment after that run would have to wait for the one after it.
 * @param nudgedAt when somebody last had a reason to expect an answer; the beginning of the wait if nobody had
 */
export function nextLook(now: Date, nudgedAt: Date): Date {
  const share = (now.getTime() - nudgedAt.getTime()) * SHARE;
  const latest = now.getTime() + Math.min(Math.max(share, LOOKS_EVERY_MS), LONGEST_PAUSE_MS);
  return new Date(Math.floor(latest / LOOKS_EVERY_MS) * LOOKS_EVERY_MS);
}
