/** The body of a request for a replication run. */
import { z } from 'zod';
import { replicationModeSchema } from '../../shared/replication/run.ts';

/** Names have 30 characters, so that this many fit into the run's row. */
const MOST_COMPANIES = 400;

export const runBodySchema = z.strictObject({
  mode: replicationModeSchema,
  /** Names of companies; left out: all. */
  companies: z.array(z.string().min(1).max(30)).min(1).max(MOST_COMPANIES).optional(),
  /** Only says what would be copied. */
  dryRun: z.boolean().default(false),
});
