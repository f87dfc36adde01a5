import type { HttpResponseInit } from '@azure/functions';
import { checkResultSchema } from '../../shared/checks/check.ts';
import { findSetup } from './find-setup.ts';
import type { TenantCall } from '../http/adapter.ts';

/** `GET …/migrationSetups/{setupId}/checks`: what every check found. Empty until the databases were measured. */
export async function listChecks(call: TenantCall): Promise<HttpResponseInit> {
  const setup = await findSetup(call);
  const findings = await call.services.findings.of(setup, 'check');
  return { status: 200, jsonBody: { value: findings.map((finding) => checkResultSchema.parse(finding)) } };
}
