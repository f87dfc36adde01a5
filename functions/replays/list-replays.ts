import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { timeAndIdKey } from '../../shared/time-key.ts';
import type { KnownCall } from '../http/adapter.ts';
import { pagingSchema, readQuery } from '../http/query.ts';
import { keyBefore, linkTo } from '../http/continuation.ts';
import { replayResource } from './replay-resource.ts';

/** Query parameters of a list of bulk replays, beside the API version. */
export const replayParameters = Object.keys(pagingSchema);

/** `GET /replays`: all bulk replays, newest first. */
export async function listReplays(call: KnownCall): Promise<HttpResponseInit> {
  const { maxpagesize, continuation } = readQuery(call.request, z.object(pagingSchema));
  const { values, next } = await call.services.replays.list(maxpagesize, keyBefore(continuation, timeAndIdKey));
  return { status: 200, jsonBody: { value: values.map(replayResource), ...linkTo(call, 'replays', next) } };
}
