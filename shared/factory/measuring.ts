/** The orchestration that counts what all factories carry: what it is started with, and that there is one at a time. Pure. */
import { z } from 'zod';
import { factorySchema } from '../setup/setup.ts';
import type { Factory } from '../setup/setup.ts';

export const measureFactoriesInputSchema = z.object({
  factories: z.array(factorySchema),
  /** Whether Azure Monitor is asked for their entities first. */
  offersMetrics: z.boolean(),
});

/** Starting it anew replaces the history of the time before. */
export const MEASURING_INSTANCE = 'factories';

/** The factories of each subscription. */
export function bySubscription(factories: readonly Factory[]): Factory[][] {
  return [...Map.groupBy(factories, ({ subscriptionId }) => subscriptionId.toLowerCase()).values()];
}
