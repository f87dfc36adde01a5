/** The body of a request for a bulk replay. */
import { z } from 'zod';
import { isNarrow, replayFilterSchema } from '../../shared/replays/replay.ts';
import { phaseSchema } from '../../shared/setup/states.ts';

export const bulkReplayBodySchema = z.strictObject({
  /** The setups. */
  filter: replayFilterSchema.refine(isNarrow, {
    message: 'must say more than the state, so that nobody replays everything by mistake.',
  }),
  /** Where each attempt begins. Left out: in the phase that failed. */
  from: phaseSchema.optional(),
  /** How many attempts are begun in a minute. */
  perMinute: z.int().min(1).max(600).default(30),
  /** Only counts. */
  dryRun: z.boolean().default(false),
});
