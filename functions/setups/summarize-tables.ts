import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { sumsOf } from '../../shared/plan/plan-summary.ts';
import { estimateOf } from '../../shared/replication/estimate.ts';
import type { TenantCall } from '../http/adapter.ts';
import { countBefore, linkTo } from '../http/continuation.ts';
import { pathOf } from '../http/links.ts';
import { present } from '../http/members.ts';
import { pagingSchema, readQuery } from '../http/query.ts';
import { attemptParameters } from './find-attempt.ts';
import { planOf } from './plan-of.ts';

const querySchema = z.object({ ...pagingSchema, by: z.enum(['company', 'app']).default('company') });

/** Query parameters of the summary, beside the API version. */
export const summaryParameters = [...Object.keys(querySchema.shape), ...attemptParameters];

/**
 * `GET …/tables/summary`: how much of a plan comes, how much does not and why; of all, and of each company or app. What the first
 * replication run copies is what comes; how long that takes is estimated from earlier runs of such sources.
 */
export async function summarizeTables(call: TenantCall): Promise<HttpResponseInit> {
  const { setup, tablesFrom } = await planOf(call);
  const { maxpagesize, continuation, by } = readQuery(call.request, querySchema);
  const { byCompany, byApp, ...whole } = await sumsOf(tablesFrom(0));
  const figures = await call.services.runFigures.of(setup.request.source.kind);
  const estimate = present({ estimate: estimateOf(whole.copied, figures) });
  const parts = by === 'company' ? byCompany : byApp;
  const start = countBefore(continuation);
  const end = start + maxpagesize;
  const path = `tenants/${call.tenantId}/${pathOf(setup)}/tables/summary`;
  const next = end < parts.length ? String(end) : undefined;
  return {
    status: 200,
    jsonBody: { ...whole, ...estimate, value: parts.slice(start, end), ...linkTo(call, path, next) },
  };
}
