import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { companySchema } from '../../shared/checks/probe.ts';
import type { Company } from '../../shared/checks/probe.ts';
import type { TenantCall } from '../http/adapter.ts';
import { countBefore, linkTo } from '../http/continuation.ts';
import { pathOf } from '../http/links.ts';
import { pagingSchema, readQuery } from '../http/query.ts';
import { attemptParameters, findAttempt } from './find-attempt.ts';

const querySchema = z.object(pagingSchema);

/** Query parameters of the list of companies, beside the API version. */
export const companyParameters = [...Object.keys(querySchema.shape), ...attemptParameters];

/** `GET …/companies`: the companies of the source. Empty until the databases were measured. */
export async function listCompanies(call: TenantCall): Promise<HttpResponseInit> {
  const attempt = await findAttempt(call);
  const { maxpagesize, continuation } = readQuery(call.request, querySchema);
  const start = countBefore(continuation);
  const findings = await call.services.findings.page(attempt, 'company', start, maxpagesize + 1);
  const shown = findings.slice(0, maxpagesize).map((finding) => companyResource(companySchema.parse(finding)));
  const next = findings.length > maxpagesize ? String(start + maxpagesize) : undefined;
  const path = `tenants/${call.tenantId}/${pathOf(attempt)}/companies`;
  return { status: 200, jsonBody: { value: shown, ...linkTo(call, path, next) } };
}

function companyResource({ name, displayName, isEvaluation, sizeGigabytes }: Company) {
  return {
    name,
    ...(displayName === null ? {} : { displayName }),
    evaluation: isEvaluation,
    ...(sizeGigabytes === null ? {} : { sizeGigabytes }),
  };
}
