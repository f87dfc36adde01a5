import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { orphanKey } from '../../shared/orphans/orphan.ts';
import type { ReportedOrphan } from '../../shared/orphans/orphan-book.ts';
import type { KnownCall } from '../http/adapter.ts';
import { pagingSchema, readQuery } from '../http/query.ts';
import { keyBefore, linkTo } from '../http/continuation.ts';

/** Query parameters of the list, beside the API version. */
export const orphanParameters = Object.keys(pagingSchema);

/** `GET /orphans`: what the sweeper has found to belong to nobody, and what it removed, by place. */
export async function listOrphans(call: KnownCall): Promise<HttpResponseInit> {
  const { maxpagesize, continuation } = readQuery(call.request, z.object(pagingSchema));
  const { values, next } = await call.services.orphans.page(maxpagesize, keyBefore(continuation, orphanKey));
  return { status: 200, jsonBody: { value: values.map(orphanResource), ...linkTo(call, 'orphans', next) } };
}

function orphanResource({ kind, name, place, reason, problem, ...dates }: ReportedOrphan) {
  const { since, firstSeen, lastSeen, removedAt } = dates;
  return {
    kind,
    name,
    place,
    reason,
    since: since?.toISOString(),
    firstSeen: firstSeen.toISOString(),
    lastSeen: lastSeen.toISOString(),
    removedAt: removedAt?.toISOString(),
    problem,
  };
}
