import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { AuditRecord } from '../../shared/audit/audit.ts';
import { shownId, storedAssessmentId } from '../../shared/setup/assessment.ts';
import { setupIdSchema } from '../../shared/setup/setup.ts';
import { timeAndIdKey } from '../../shared/time-key.ts';
import type { KnownCall } from '../http/adapter.ts';
import { dateTimeSchema, pagingSchema, readQuery } from '../http/query.ts';
import { keyBefore, linkTo } from '../http/continuation.ts';

const filterShape = {
  tenantId: z.guid().toLowerCase().optional(),
  setupId: setupIdSchema.optional(),
  assessmentId: setupIdSchema.optional(),
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
  })
  .refine(({ tenantId, assessmentId }) => assessmentId === undefined || tenantId !== undefined, {
    path: ['assessmentId'],
    message: 'needs tenantId, in which it is unique',
  })
  .refine(({ setupId, assessmentId }) => setupId === undefined || assessmentId === undefined, {
    path: ['assessmentId'],
    message: 'is given in place of setupId',
  });

/** Query parameters of the audit, beside the API version. */
export const auditParameters = Object.keys(querySchema.shape);

/** `GET /audit`: who did what, when, and what came of it, newest first. */
export async function listAudit(call: KnownCall): Promise<HttpResponseInit> {
  const { maxpagesize, continuation, assessmentId, ...asked } = readQuery(call.request, querySchema);
  const filter = assessmentId === undefined ? asked : { ...asked, setupId: storedAssessmentId(assessmentId) };
  const { values, next } = await call.services.audit.page(filter, maxpagesize, keyBefore(continuation, timeAndIdKey));
  return { status: 200, jsonBody: { value: values.map(auditResource), ...linkTo(call, 'audit', next) } };
}

function auditResource({ setupId, ...record }: AuditRecord) {
  return { ...record, ...(setupId === undefined ? {} : shownId({ setupId })) };
}
