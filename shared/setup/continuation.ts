/** How a list of setups goes on after a page: opaque to callers, and of use for the list that it came from only. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { SetupFilter, SetupOrder } from './index-rows.ts';

const continuationSchema = z.object({ place: z.string(), list: z.string() });

export function continuationOf(place: string, filter: SetupFilter, order: SetupOrder): string {
  return Buffer.from(JSON.stringify({ place, list: listKey(filter, order) })).toString('base64url');
}

/** The place after which a list goes on; undefined if the continuation is not one of this list. */
export function readContinuation(continuation: string, filter: SetupFilter, order: SetupOrder): string | undefined {
  const { success, data } = continuationSchema.safeParse(decoded(continuation));
  return success && data.list === listKey(filter, order) ? data.place : undefined;
}

function decoded(continuation: string): unknown {
  try {
    return JSON.parse(Buffer.from(continuation, 'base64url').toString());
  } catch {
    // Somebody made it up.
    return undefined;
  }
}

/** Names a list in few characters: a continuation is a part of a URL. */
function listKey(filter: SetupFilter, order: SetupOrder): string {
  const members = Object.entries(filter).filter(([, value]) => value !== undefined);
  const list = JSON.stringify([order, ...members.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
  return createHash('sha256').update(list).digest('base64url').slice(0, 16);
}
