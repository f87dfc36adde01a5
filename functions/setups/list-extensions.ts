import type { HttpResponseInit } from '@azure/functions';
import { extensionSchema } from '../../shared/checks/probe.ts';
import type { TenantCall } from '../http/adapter.ts';
import { findAttempt } from './find-attempt.ts';

/** `GET …/migrationSetups/{setupId}/extensions`: the extensions of the environment. Empty until the inventory is made. */
export async function listExtensions(call: TenantCall): Promise<HttpResponseInit> {
  const attempt = await findAttempt(call);
  const findings = await call.services.findings.of(attempt, 'extension');
  return { status: 200, jsonBody: { value: findings.map((finding) => extensionSchema.parse(finding)) } };
}
