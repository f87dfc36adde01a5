import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { pageOf, tableOrders, tableProblems } from '../../shared/plan/plan-query.ts';
import type { TableOrder } from '../../shared/plan/plan-query.ts';
import { reasonCodes } from '../../shared/plan/reasons.ts';
import { copyMethods } from '../../shared/plan/rules.ts';
import type { TenantCall } from '../http/adapter.ts';
import { badContinuation, linkTo, placeOf } from '../http/continuation.ts';
import { pathOf } from '../http/links.ts';
import { pagingSchema, readQuery } from '../http/query.ts';
import { attemptParameters } from './find-attempt.ts';
import { planOf } from './plan-of.ts';

const querySchema = z.object({
  ...pagingSchema,
  company: z.string().max(30).optional(),
  appId: z.union([z.guid().toLowerCase(), z.literal('')]).optional(),
  copyMethod: z.enum(copyMethods).optional(),
  reasonCode: z.enum(reasonCodes).optional(),
  problem: z.enum(tableProblems).optional(),
  text: z.string().min(1).max(128).optional(),
  withRows: z.enum(['true', 'false']).default('false'),
  orderby: z.enum(tableOrders).default('plan'),
});

/** Query parameters of the table plan, beside the API version. */
export const tableParameters = [...Object.keys(querySchema.shape), ...attemptParameters];

/**
 * `GET …/tables`: how each table of the source is copied, or why not: as the checks foresaw it, then as it was planned.
 * `copyMethod=None` with `withRows=true` are those whose rows are left behind. Empty until the databases were measured.
 */
export async function listTables(call: TenantCall): Promise<HttpResponseInit> {
  const { setup, tablesFrom } = await planOf(call);
  const { maxpagesize, continuation, orderby, withRows, ...wanted } = readQuery(call.request, querySchema);
  const filter = { ...wanted, withRows: withRows === 'true' };
  const after = readPlace(continuation, orderby);
  const page = await pageOf(tablesFrom, { filter, order: orderby, size: maxpagesize, after });
  const next = page.next === undefined ? undefined : JSON.stringify({ order: orderby, ...page.next });
  const path = `tenants/${call.tenantId}/${pathOf(setup)}/tables`;
  return { status: 200, jsonBody: { value: page.tables, ...linkTo(call, path, next) } };
}

const placeSchema = z.object({
  order: z.enum(tableOrders),
  value: z.union([z.string(), z.number()]),
  line: z.int().nonnegative(),
});

function readPlace(continuation: string | undefined, order: TableOrder) {
  const text = placeOf(continuation);
  if (text === undefined) return undefined;
  const place = placeSchema.safeParse(parsed(text)).data;
  if (place?.order === order) return place;
  throw badContinuation();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Somebody made it up.
    return undefined;
  }
}
