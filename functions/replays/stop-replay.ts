import type { HttpResponseInit } from '@azure/functions';
import type { KnownCall } from '../http/adapter.ts';
import { auditEntry } from '../http/audit.ts';
import { ApiError } from '../http/problem.ts';
import { findReplay, replayResource } from './replay-resource.ts';

/**
 * `POST /replays/{replayId}/stop`: ends a bulk replay within a minute. What it has begun by then goes on. 202: accepted;
 * asking again changes nothing.
 */
export async function stopReplay(call: KnownCall): Promise<HttpResponseInit> {
  for (;;) {
    const replay = await findReplay(call);
    if (replay.state === 'Stopping') return { status: 202, jsonBody: replayResource(replay) };
    if (replay.state !== 'Running') {
      throw new ApiError('ReplayEnded', `The bulk replay is ${replay.state}, so that there is nothing to stop.`);
    }
    const stopping = await call.services.replays.requestStop(replay, auditEntry(call, 'stopReplay'));
    if (stopping !== undefined) return { status: 202, jsonBody: replayResource(stopping) };
  }
}
