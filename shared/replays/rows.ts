/** Rows of bulk replays: a partition each, with its head and a row a setup; and one with the list. Pure. */
import type { SetupKey } from '../setup/rows.ts';
import { decoded, partitionOf } from '../setup/rows.ts';
import { timeKey } from '../time-key.ts';
import { bulkReplaySchema, replayItemSchema } from './replay.ts';
import type { BulkReplay, ReplayItem } from './replay.ts';

export const REPLAY_HEAD = 'head';
export const ITEM_PREFIX = 'item-';
/** Partition of the list. Its rows are small and in the order of the list, the newest first. */
export const REPLAY_LIST = 'list';

const jsonColumns = ['filter', 'counts'] as const;

export function replayFromRow(row: object): BulkReplay {
  return bulkReplaySchema.parse(decoded(row, jsonColumns));
}

/** Written with Merge, so that columns that a newer version knows stay. */
export function replayRow({ etag: _etag, ...replay }: BulkReplay) {
  const { filter, counts, ...columns } = replay;
  const json = { filter: JSON.stringify(filter), counts: JSON.stringify(counts) };
  return { ...columns, ...json, partitionKey: replay.replayId, rowKey: REPLAY_HEAD };
}

/** A setup has one row in a bulk replay, however often it is chosen. */
export function itemRowKey(setup: SetupKey): string {
  return `${ITEM_PREFIX}${partitionOf(setup)}`;
}

export const itemKey = new RegExp(`^${ITEM_PREFIX}[0-9a-f-]{36}\\|[a-z0-9_-]+$`);

export function itemFromRow(row: object): ReplayItem {
  return replayItemSchema.parse(row);
}

export function listRowKey({ replayId, createdAt }: Pick<BulkReplay, 'replayId' | 'createdAt'>): string {
  return `${timeKey('newest', Date.parse(createdAt))}-${replayId}`;
}
