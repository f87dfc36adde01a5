import type { HttpResponseInit } from '@azure/functions';
import { companySchema } from '../../shared/checks/probe.ts';
import type { Company } from '../../shared/checks/probe.ts';
import type { TenantCall } from '../http/adapter.ts';
import { findAttempt } from './find-attempt.ts';

/** `GET …/migrationSetups/{setupId}/companies`: the companies of the source. Empty until the databases were measured. */
export async function listCompanies(call: TenantCall): Promise<HttpResponseInit> {
  const attempt = await findAttempt(call);
  const findings = await call.services.findings.of(attempt, 'company');
  return { status: 200, jsonBody: { value: findings.map((finding) => companyResource(companySchema.parse(finding))) } };
}

function companyResource({ name, displayName, isEvaluation, sizeGigabytes }: Company) {
  return {
    name,
    ...(displayName === null ? {} : { displayName }),
    evaluation: isEvaluation,
    ...(sizeGigabytes === null ? {} : { sizeGigabytes }),
  };
}
