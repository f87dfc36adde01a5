import type { HttpResponseInit } from '@azure/functions';
import { getClient } from 'durable-functions';
import { messageOf } from '../../shared/error-message.ts';
import { pagesOf } from '../../shared/replays/choose.ts';
import type { BulkReplay, ReplayFilter } from '../../shared/replays/replay.ts';
import { startReplayMany } from '../../shared/replays/start.ts';
import type { KnownCall } from '../http/adapter.ts';
import { auditEntry } from '../http/audit.ts';
import { readJsonBody } from '../http/json-body.ts';
import { serviceUrlOf } from '../http/links.ts';
import { bulkReplayBodySchema } from './replay-body.ts';
import { replayResource } from './replay-resource.ts';

const SHOWN_SETUPS = 10;

/**
 * `POST /replays`: begins the next attempt of every setup that a filter names, at a rate. 202: it goes on by itself, and
 * its resource tells how far it is. With `dryRun`, 200 says for how many setups it would be, and nothing is changed.
 */
export async function createReplay(call: KnownCall): Promise<HttpResponseInit> {
  const { request, services } = call;
  const { filter, from, perMinute, dryRun } = await readJsonBody(request, bulkReplayBodySchema);
  if (dryRun) return { status: 200, jsonBody: await countSetups(call, filter) };
  const replay = await services.replays.create({ filter, from, perMinute }, auditEntry(call, 'createReplay'));
  await start(call, replay);
  const headers = { 'operation-location': serviceUrlOf(call, `replays/${replay.replayId}`) };
  return { status: 202, headers, jsonBody: replayResource(replay) };
}

/** It is stored; if it cannot be started at once, a timer does it. */
async function start({ context }: KnownCall, replay: BulkReplay): Promise<void> {
  try {
    await startReplayMany(getClient(context), replay);
  } catch (error) {
    context.warn(`Bulk replay ${replay.replayId} is accepted but could not be started yet:`, messageOf(error));
  }
}

/** How many setups there are, by what they failed with and where, and the oldest of them. */
async function countSetups({ services }: KnownCall, filter: ReplayFilter) {
  const groups = new Map<string, { readonly errorCode?: string; readonly phase: string; count: number }>();
  const setups: object[] = [];
  let count = 0;
  for await (const page of pagesOf(services.index, filter)) {
    for (const { tenantId, setupId, attempt, state, phase, errorCode, environment } of page) {
      const code = errorCode === undefined ? {} : { errorCode };
      const key = `${errorCode ?? ''} ${phase}`;
      const group = groups.get(key) ?? { ...code, phase, count: 0 };
      group.count += 1;
      groups.set(key, group);
      count += 1;
      if (count <= SHOWN_SETUPS) setups.push({ tenantId, setupId, attempt, state, phase, ...code, environment });
    }
  }
  return { count, groups: [...groups.values()].toSorted((a, b) => b.count - a.count), setups };
}
