import type { HttpResponseInit } from '@azure/functions';
import { resultsOfRows } from '../../shared/checks/stored-results.ts';
import type { TenantCall } from '../http/adapter.ts';
import { findAttempt } from './find-attempt.ts';

/** `GET …/migrationSetups/{setupId}/checks`: what every check found. Empty until the databases were measured. */
export async function listChecks(call: TenantCall): Promise<HttpResponseInit> {
  const attempt = await findAttempt(call);
  const findings = await call.services.findings.of(attempt, 'check');
  return { status: 200, jsonBody: { value: resultsOfRows(findings) } };
}
