import type { HttpResponseInit } from '@azure/functions';
import type { TenantCall } from '../http/adapter.ts';
import { isNotModified } from '../http/conditions.ts';
import { notFound } from '../http/problem.ts';
import { environmentEtag, environmentResource, readEnvironmentName } from './environment-resource.ts';

/** `GET …/environments/{environment}`: the environment, or 304 if the caller has it already. */
export async function getEnvironment(call: TenantCall): Promise<HttpResponseInit> {
  const record = await call.services.environments.get(call.tenantId, readEnvironmentName(call));
  if (record === undefined) throw notFound('EnvironmentNotFound');
  const headers = { etag: environmentEtag(record) };
  if (isNotModified(call.request, headers.etag)) return { status: 304, headers };
  return { status: 200, headers, jsonBody: environmentResource(record, call.caller) };
}
