import type { HttpResponseInit } from '@azure/functions';
import { checkResultSchema } from '../../shared/checks/check.ts';
import type { TenantCall } from '../http/adapter.ts';
import { findAttempt } from './find-attempt.ts';

/** `GET …/migrationSetups/{setupId}/checks`: what every check found. Empty until the databases were measured. */
export async function listChecks(call: TenantCall): Promise<HttpResponseInit> {
  const attempt = await findAttempt(call);
  const findings = await call.services.findings.of(attempt, 'check');
  return { status: 200, jsonBody: { value: findings.map((finding) => checkResultSchema.parse(finding)) } };
}
