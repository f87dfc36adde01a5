/** What activities and orchestrations work on. */
import { z } from 'zod';
import { runWorkerSchema } from '../shared/replication/run.ts';
import { attemptIdSchema, factorySchema } from '../shared/setup/setup.ts';

/**
 * The attempt that is worked on, with its short name in Azure resources, and the cleanup orchestration or the replication run
 * if one works.
 */
export const subjectSchema = attemptIdSchema.extend({
  key: z.string(),
  cleanup: z.int().optional(),
  run: runWorkerSchema.optional(),
});
export type Subject = z.infer<typeof subjectSchema>;
/** An attempt that has its place in a factory. */
export const placedSchema = subjectSchema.extend({ factory: factorySchema });
export type Placed = z.infer<typeof placedSchema>;

/** A replication run of an attempt that is ready. */
export const runningSchema = subjectSchema.extend({ run: runWorkerSchema });
export type Running = z.infer<typeof runningSchema>;
