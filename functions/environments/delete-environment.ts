import type { HttpResponseInit } from '@azure/functions';
import type { TenantCall } from '../http/adapter.ts';
import { auditEntry } from '../http/audit.ts';
import { requirePreconditions } from '../http/conditions.ts';
import { environmentEtag, environmentInUse, readEnvironmentName } from './environment-resource.ts';

/**
 * `DELETE …/environments/{environment}`: takes an environment out of the directory; its database is not touched. 204 also if
 * there is none. One that a setup has cannot be deleted.
 */
export async function deleteEnvironment(call: TenantCall): Promise<HttpResponseInit> {
  const { request, services, tenantId } = call;
  const name = readEnvironmentName(call);
  for (;;) {
    const known = await services.environments.get(tenantId, name);
    requirePreconditions(request, known === undefined ? undefined : environmentEtag(known));
    if (known === undefined) return { status: 204 };

    const change = await services.environments.delete(tenantId, known, auditEntry(call, 'deleteEnvironment'));
    if (change.kind === 'inUse') throw environmentInUse(change.setupId);
    if (change.kind === 'done') return { status: 204 };
  }
}
