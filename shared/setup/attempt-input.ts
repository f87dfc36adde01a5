/** What the orchestrations of an attempt are started with. Pure. */
import { z } from 'zod';
import { attemptIdSchema, productSchema, runtimeNameSchema, sourceKindSchema } from './setup.ts';

/** Holds no secret: Durable Functions keeps it in plain text. */
export const setupInputSchema = attemptIdSchema.extend({
  /** Short name of the setup in Azure resources. */
  key: z.string(),
  product: productSchema,
  sourceKind: sourceKindSchema,
  /** The runtime to reuse; left out to get a new one. */
  runtimeName: runtimeNameSchema.optional(),
  runtimeWaitSeconds: z.int(),
  /** The assessment that the setup names. */
  assessmentId: z.string().optional(),
});
export type SetupInput = z.infer<typeof setupInputSchema>;

export const cleanupInputSchema = attemptIdSchema.extend({
  key: z.string(),
  /** Counts the cleanups of an attempt: only the last one may work. */
  cleanup: z.int(),
  /** `deleted`: everything of the setup goes. Otherwise what a failed attempt takes back. */
  reason: z.enum(['failed', 'canceled', 'deleted']),
  /** How the attempt's orchestration had ended. */
  cause: z.string(),
  /** What goes with a removal beside what always does. */
  removeRuntime: z.boolean(),
  removeSource: z.boolean(),
  /** Milliseconds since the epoch after which a removal is given up. */
  deadline: z.int(),
});
export type CleanupInput = z.infer<typeof cleanupInputSchema>;

const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 60 * 60_000;

/** How long to wait after the cleanup of that number before what could not be removed is tried again, in milliseconds. */
export function pauseAfterCleanup(number: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (number - 1), LONGEST_PAUSE_MS);
}
