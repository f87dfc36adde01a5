import type { HttpResponseInit } from '@azure/functions';
import type { TenantCall } from '../http/adapter.ts';
import { notFound } from '../http/problem.ts';
import { operationResource, parseOperationId } from './operation-resource.ts';

const POLL_SECONDS = 5;

/** `GET …/operations/{operationId}`: the status monitor of an attempt or a deletion. It lives as long as its setup. */
export async function getOperation({ request, services, tenantId }: TenantCall): Promise<HttpResponseInit> {
  const operation = parseOperationId(request.params['operationId'] ?? '');
  if (operation === undefined) throw notFound('OperationNotFound');
  const { setupId, attempt } = operation;
  const setup = await services.store.get({ tenantId, setupId });
  if (setup === undefined) throw notFound('OperationNotFound');
  const reached = await services.store.milestonesOf({ tenantId, setupId, attempt });
  const resource = operationResource(operation, setup, reached);
  if (resource === undefined) throw notFound('OperationNotFound');
  const goesOn = resource.status === 'NotStarted' || resource.status === 'Running';
  return { status: 200, jsonBody: resource, headers: goesOn ? { 'retry-after': String(POLL_SECONDS) } : {} };
}
