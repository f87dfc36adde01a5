/** What a timer does for bulk replays that were left behind: they are started, or given to a further orchestration. */
import type { DurableClient } from 'durable-functions';
import { messageOf } from '../../shared/error-message.ts';
import { hasEnded, replayInstanceOf } from '../../shared/replays/replay.ts';
import type { BulkReplay } from '../../shared/replays/replay.ts';
import { startReplayMany } from '../../shared/replays/start.ts';
import type { Services } from '../../shared/services.ts';
import { orchestrationStatus } from '../../shared/setup/start.ts';

/** Younger than this, a change is still in the hands of the one who made it. */
const GRACE_MS = 30_000;

/**
 * Looks after every bulk replay that has not ended. One that fails does not keep the others waiting.
 * @throws {AggregateError} with what failed
 */
export async function settleReplays(client: DurableClient, services: Services): Promise<void> {
  const failures: Error[] = [];
  for (const replay of await services.replays.open()) {
    try {
      await keepGoing(replay, client, services);
    } catch (error) {
      failures.push(new Error(`Bulk replay ${replay.replayId}: ${messageOf(error)}`, { cause: error }));
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
}

async function keepGoing(replay: BulkReplay, client: DurableClient, { replays, clock }: Services): Promise<void> {
  if (clock.now().getTime() - Date.parse(replay.lastModifiedAt) < GRACE_MS) return;
  if (hasEnded(replay)) {
    await replays.end(replay.replayId);
    return;
  }
  const { status, ended } = await orchestrationStatus(client, replayInstanceOf(replay));
  if (status === 'Missing') await startReplayMany(client, replay);
  if (!ended) return;
  const next = await replays.beginRun(replay);
  if (next !== undefined) await startReplayMany(client, next);
}
