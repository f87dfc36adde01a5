import type { HttpResponseInit } from '@azure/functions';
import type { TenantCall } from '../http/adapter.ts';
import { attemptResource } from './attempt-resource.ts';
import { findSetup } from './find-setup.ts';

/** `GET …/migrationSetups/{setupId}/attempts`: all attempts, the last one first. */
export async function listAttempts(call: TenantCall): Promise<HttpResponseInit> {
  const setup = await findSetup(call);
  const attempts = await call.services.attempts.of(setup);
  const value = attempts.toReversed().map((attempt) => attemptResource(call.caller, setup, attempt));
  return { status: 200, jsonBody: { value } };
}
