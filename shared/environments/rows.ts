/** Rows of the directory of environments, in the partition of their tenant. Pure. */
import { z } from 'zod';
import { environmentNameSchema, environmentPlaceSchema } from './environment.ts';
import type { Environment } from './environment.ts';

export const environmentRowSchema = z.object({
  name: environmentNameSchema,
  ...environmentPlaceSchema.shape,
  /** The attempt that has the environment. */
  claimSetup: z.string().optional(),
  claimAttempt: z.int().optional(),
  claimedAt: z.iso.datetime().optional(),
  /** The environment was deleted: its row stays, because a transaction of Table Storage cannot guard a deletion. */
  deleted: z.boolean().default(false),
  etag: z.string(),
});
export type EnvironmentRow = z.infer<typeof environmentRowSchema>;

/** Builds the row of an environment. */
export function environmentRow(
  tenantId: string,
  environment: Environment,
  columns: Pick<EnvironmentRow, 'claimSetup' | 'claimAttempt' | 'claimedAt' | 'deleted'>,
) {
  const { name } = environment;
  return { partitionKey: tenantId, rowKey: name.toLowerCase(), ...environmentOf(environment), ...columns };
}

/** An environment without what else is in its row. */
export function environmentOf({ name, server, database, region }: Environment): Environment {
  return { name, server, database, region };
}
