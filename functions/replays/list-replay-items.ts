import type { HttpResponseInit } from '@azure/functions';
import pMap from 'p-map';
import { z } from 'zod';
import type { Services } from '../../shared/services.ts';
import { itemResultSchema } from '../../shared/replays/replay.ts';
import type { ReplayItem } from '../../shared/replays/replay.ts';
import { itemKey } from '../../shared/replays/rows.ts';
import type { KnownCall } from '../http/adapter.ts';
import { pagingSchema, readQuery } from '../http/query.ts';
import { keyBefore, linkTo } from '../http/continuation.ts';
import { findReplay } from './replay-resource.ts';

const AT_ONCE = { concurrency: 16 };

const querySchema = z.object({ ...pagingSchema, result: itemResultSchema.optional() });

/** Query parameters of the setups of a bulk replay, beside the API version. */
export const itemParameters = Object.keys(querySchema.shape);

/**
 * `GET /replays/{replayId}/items`: what came of each setup, by tenant and setup id, and how the attempt does that was begun.
 * With `result`, only those with that one.
 */
export async function listReplayItems(call: KnownCall): Promise<HttpResponseInit> {
  const { replayId } = await findReplay(call);
  const { maxpagesize, continuation, result } = readQuery(call.request, querySchema);
  const page = await call.services.replays.items(replayId, maxpagesize, {
    after: keyBefore(continuation, itemKey),
    result,
  });
  const value = await pMap(page.values, (item) => itemResource(item, call.services), AT_ONCE);
  return { status: 200, jsonBody: { value, ...linkTo(call, `replays/${replayId}/items`, page.next) } };
}

async function itemResource(item: ReplayItem, { store }: Services) {
  if (item.begunAttempt === undefined) return item;
  const setup = await store.get(item);
  // Of an attempt that is not the last one any more, the list of attempts tells.
  return setup?.attempt === item.begunAttempt ? { ...item, state: setup.state } : item;
}
