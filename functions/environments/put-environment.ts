import type { HttpResponseInit } from '@azure/functions';
import { environmentPlaceSchema } from '../../shared/environments/environment.ts';
import type { EnvironmentPlace } from '../../shared/environments/environment.ts';
import type { EnvironmentRecord } from '../../shared/environments/directory.ts';
import { formatServerAddress, parseServerAddress } from '../../shared/sql/server-address.ts';
import type { TenantCall } from '../http/adapter.ts';
import { auditEntry } from '../http/audit.ts';
import { requirePreconditions } from '../http/conditions.ts';
import { readJsonBody } from '../http/json-body.ts';
import { fieldError, invalidFields } from '../http/problem.ts';
import { environmentEtag, environmentInUse, environmentResource, readEnvironmentName } from './environment-resource.ts';

/**
 * `PUT …/environments/{environment}`: registers an environment or changes where it is. 201: it is new. 200: it was changed,
 * or stands there already with the same values. One that a setup has cannot be changed.
 */
export async function putEnvironment(call: TenantCall): Promise<HttpResponseInit> {
  const { request, services, tenantId } = call;
  const asked = readEnvironmentName(call);
  const place = await readPlace(call);
  for (;;) {
    const known = await services.environments.get(tenantId, asked);
    requirePreconditions(request, known === undefined ? undefined : environmentEtag(known));
    if (known !== undefined && isSamePlace(known, place)) return answer(call, 200, known);

    const environment = { name: known?.name ?? asked, ...place };
    const change = await services.environments.put(tenantId, environment, known, auditEntry(call, 'putEnvironment'));
    if (change.kind === 'inUse') throw environmentInUse(change.setupId);
    if (change.kind === 'done') return answer(call, known === undefined ? 201 : 200, change.environment);
  }
}

async function readPlace({ request }: TenantCall): Promise<EnvironmentPlace> {
  const { server, ...place } = await readJsonBody(request, environmentPlaceSchema);
  const address = parseServerAddress(server);
  if (address !== undefined) return { server: formatServerAddress(address), ...place };
  throw invalidFields([fieldError('/server', 'InvalidValue', 'must be a host name, or host,port.')]);
}

function isSamePlace(one: EnvironmentPlace, other: EnvironmentPlace): boolean {
  return one.server === other.server && one.database === other.database && one.region === other.region;
}

function answer({ caller }: TenantCall, status: 200 | 201, record: EnvironmentRecord): HttpResponseInit {
  return { status, headers: { etag: environmentEtag(record) }, jsonBody: environmentResource(record, caller) };
}
