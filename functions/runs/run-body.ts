/** The body of a request for a replication run. */
import { z } from 'zod';
import { selectionSchema } from '../../shared/plan/selection.ts';
import { replicationModeSchema } from '../../shared/replication/run.ts';

export const runBodySchema = z.strictObject({
  mode: replicationModeSchema,
  /** Names of companies; left out: all that the setup migrates. */
  companies: selectionSchema.shape.companies,
  /** Only says what would be copied. */
  dryRun: z.boolean().default(false),
});
