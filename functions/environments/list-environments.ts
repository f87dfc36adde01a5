import type { HttpResponseInit } from '@azure/functions';
import type { TenantCall } from '../http/adapter.ts';
import { environmentResource } from './environment-resource.ts';

/** `GET …/environments`: the environments that the tenant can migrate to. */
export async function listEnvironments({ services, tenantId, caller }: TenantCall): Promise<HttpResponseInit> {
  const environments = await services.environments.list(tenantId);
  return { status: 200, jsonBody: { value: environments.map((record) => environmentResource(record, caller)) } };
}
