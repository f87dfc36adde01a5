import type { HttpResponseInit } from '@azure/functions';
import { companySchema } from '../../shared/checks/check.ts';
import type { Company } from '../../shared/checks/check.ts';
import { findSetup } from './find-setup.ts';
import type { TenantCall } from '../http/adapter.ts';

/** `GET …/migrationSetups/{setupId}/companies`: the companies of the source. Empty until the databases were measured. */
export async function listCompanies(call: TenantCall): Promise<HttpResponseInit> {
  const setup = await findSetup(call);
  const findings = await call.services.findings.of(setup, 'company');
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
