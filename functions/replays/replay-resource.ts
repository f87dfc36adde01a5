/** A bulk replay as the API shows it, and as a request names it. */
import { z } from 'zod';
import { doneOf } from '../../shared/replays/replay.ts';
import type { BulkReplay } from '../../shared/replays/replay.ts';
import type { KnownCall } from '../http/adapter.ts';
import { notFound } from '../http/problem.ts';

export function replayResource(replay: BulkReplay) {
  const { replayId, state, filter, from, perMinute, actor, total, counts, createdAt, lastModifiedAt } = replay;
  return {
    replayId,
    state,
    filter,
    ...(from === undefined ? {} : { from }),
    perMinute,
    requestedBy: actor,
    // Unknown until the setups are chosen.
    ...(total === undefined ? {} : { total, counts: { pending: total - doneOf(replay), ...counts } }),
    createdAt,
    lastModifiedAt,
  };
}

/**
 * Reads the bulk replay of the route.
 * @throws {ApiError} `ReplayNotFound`
 */
export async function findReplay({ request, services }: KnownCall): Promise<BulkReplay> {
  const replayId = z.guid().toLowerCase().safeParse(request.params['replayId']).data;
  const replay = replayId === undefined ? undefined : await services.replays.get(replayId);
  if (replay === undefined) throw notFound('ReplayNotFound');
  return replay;
}
