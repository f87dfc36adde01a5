import type { HttpResponseInit } from '@azure/functions';
import { hasEnded } from '../../shared/replays/replay.ts';
import type { KnownCall } from '../http/adapter.ts';
import { findReplay, replayResource } from './replay-resource.ts';

const POLL_SECONDS = 10;

/** `GET /replays/{replayId}`: how far a bulk replay is. */
export async function getReplay(call: KnownCall): Promise<HttpResponseInit> {
  const replay = await findReplay(call);
  const headers: Record<string, string> = hasEnded(replay) ? {} : { 'retry-after': String(POLL_SECONDS) };
  return { status: 200, headers, jsonBody: replayResource(replay) };
}
