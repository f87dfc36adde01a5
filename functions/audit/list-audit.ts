import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { setupIdSchema } from '../../shared/setup/setup.ts';
import type { KnownCall } from '../http/adapter.ts';
import { dateTimeSchema, pagingSchema, readQuery } from '../http/query.ts';
import { linkTo, placeOf } from '../http/continuation.ts';

const filterShape = {
  tenantId: z.guid().toLowerCase().optional(),
  setupId: setupIdSchema.optional(),
  actor: z.string().min(1).max(100).optional(),
  action: z.string().min(1).max(50).optional(),
  since: dateTimeSchema.optional(),
  until: dateTimeSchema.optional(),
};

const querySchema = z
  .object({ ...filterShape, ...pagingSchema })
  .refine(({ tenantId, setupId }) => setupId === undefined || tenantId !== undefined, {
    path: ['setupId'],
    message: 'needs tenantId, in which it is unique',
  });

/** Query parameters of the audit, beside the API version. */
export const auditParameters = Object.keys(querySchema.shape);

/** `GET /audit`: who did what, when, and what came of it, newest first. */
export async function listAudit(call: KnownCall): Promise<HttpResponseInit> {
  const { maxpagesize, continuation, ...filter } = readQuery(call.request, querySchema);
  const { values, next } = await call.services.audit.page(filter, maxpagesize, placeOf(continuation));
  return { status: 200, jsonBody: { value: values, ...linkTo(call, 'audit', next) } };
}
