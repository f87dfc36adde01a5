/** What goes of a bulk replay, once its retention is over. */
import type { DurableClient } from 'durable-functions';
import { replayInstanceOf } from '../replays/replay.ts';
import type { Services } from '../services.ts';
import { purgeInstance } from '../setup/start.ts';

/**
 * Purges the histories of a bulk replay that has ended, then its rows.
 * @throws if one of its instances still runs
 */
export async function purgeReplay({ replays }: Services, client: DurableClient, replayId: string): Promise<void> {
  const replay = await replays.get(replayId);
  if (replay === undefined) return;
  for (let run = 1; run <= replay.run; run += 1) await purgeInstance(client, replayInstanceOf({ replayId, run }));
  await replays.remove(replay);
}
