/** What a timer measures for operators, which nobody counts otherwise. Reads the open setups, not all of them. */
import type { Services } from '../../shared/services.ts';
import { measure } from '../../shared/telemetry/metrics.ts';
import { waitEvents } from '../../shared/waits/wait.ts';

/** Measures how many setups are under way or have failed, what they wait for and for how long, and the bulk replays. */
export async function measureService({ index, waits, replays, clock }: Services): Promise<void> {
  const now = clock.now().getTime();
  for (const [state, setups] of await index.countOpen()) measure('openSetups', setups, { state });

  const open = await waits.openByEvent();
  // Also of what nobody waits for: a figure that ends says nothing.
  for (const wait of waitEvents) {
    const begun = (open.get(wait) ?? []).map(({ since }) => since.getTime());
    measure('waits', begun.length, { wait });
    measure('longestWait', (now - Math.min(now, ...begun)) / 1_000, { wait });
  }

  measure('openReplays', (await replays.open()).length, {});
}
