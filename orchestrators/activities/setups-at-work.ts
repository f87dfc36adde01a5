import { isReplayable } from '../../shared/setup/replay.ts';
import type { SetupStore } from '../../shared/setup/store.ts';

/** How many of some setups of a tenant do something, or will: one that can be tried again rests until somebody does. */
export async function setupsAtWork(store: SetupStore, tenantId: string, setupIds: readonly string[]): Promise<number> {
  const setups = await Promise.all(setupIds.map((setupId) => store.get({ tenantId, setupId })));
  return setups.filter((setup) => setup !== undefined && setup.state !== 'Deleted' && !isReplayable(setup.state))
    .length;
}
