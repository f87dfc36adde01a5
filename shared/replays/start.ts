/** The orchestration of a bulk replay, seen from outside. */
import type { DurableClient } from 'durable-functions';
import { startOnce } from '../setup/start.ts';
import { replayInstanceOf } from './replay.ts';
import type { BulkReplay, ReplayManyInput } from './replay.ts';

/** Name under which the orchestration is registered. */
const REPLAY_MANY = 'replayMany';

/**
 * Starts the orchestration of a bulk replay; it may run already.
 * @throws if the Durable Functions backend does not answer
 */
export async function startReplayMany(client: DurableClient, replay: BulkReplay): Promise<void> {
  const { replayId, perMinute, counts } = replay;
  const input: ReplayManyInput = { replayId, perMinute, begun: counts.replayed, pass: 1 };
  await startOnce(client, REPLAY_MANY, replayInstanceOf(replay), input);
}
