import type { HttpResponseInit } from '@azure/functions';
import { extensionSchema } from '../../shared/checks/check.ts';
import { findSetup } from './find-setup.ts';
import type { TenantCall } from '../http/adapter.ts';

/** `GET …/migrationSetups/{setupId}/extensions`: the extensions of the environment. Empty until the inventory is made. */
export async function listExtensions(call: TenantCall): Promise<HttpResponseInit> {
  const setup = await findSetup(call);
  const findings = await call.services.findings.of(setup, 'extension');
  return { status: 200, jsonBody: { value: findings.map((finding) => extensionSchema.parse(finding)) } };
}
