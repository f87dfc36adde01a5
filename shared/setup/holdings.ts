/** What an attempt has got hold of, or took over: what its orchestrations go on with, and what a cleanup gives back. Pure. */
import { z } from 'zod';
import { factorySchema } from './setup.ts';

/** Where an attempt has its place, and through which runtime it reaches the source, as far as it knows. */
export const checkpointsSchema = z.object({
  factory: factorySchema.optional(),
  runtimeName: z.string().optional(),
  /** Whether an attempt of the setup has come as far as to change databases. */
  installs: z.boolean(),
});
/** With every runtime that the setup is noted to use beside that one: those of attempts before a replay with another. */
export const holdingsSchema = checkpointsSchema.extend({ otherRuntimes: z.array(z.string()).default([]) });
export type Checkpoints = z.infer<typeof holdingsSchema>;
