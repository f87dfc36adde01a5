import type { HttpResponseInit } from '@azure/functions';
import { setupIdSchema } from '../../shared/setup/setup.ts';
import type { AttemptId } from '../../shared/setup/setup.ts';
import type { SetupState } from '../../shared/setup/states.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import type { TenantCall } from '../http/adapter.ts';
import { notFound } from '../http/problem.ts';

/** https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md#long-running-operations--jobs */
const statuses = {
  Accepted: 'NotStarted',
  Running: 'Running',
  WaitingForRuntime: 'Running',
  Ready: 'Succeeded',
  Failed: 'Failed',
  Canceling: 'Running',
  Canceled: 'Canceled',
  Deleting: 'Running',
  Deleted: 'Succeeded',
} as const satisfies Record<SetupState, string>;

const POLL_SECONDS = 5;

/** Names the operation of an attempt within its tenant. A setup id holds no dot. */
export function operationIdOf({ setupId, attempt }: Pick<AttemptId, 'setupId' | 'attempt'>): string {
  return `${setupId}.${attempt}`;
}

/** `GET …/operations/{operationId}`: the status monitor of an attempt. It lives as long as its setup. */
export async function getOperation({ request, services, tenantId }: TenantCall): Promise<HttpResponseInit> {
  const operationId = request.params['operationId'] ?? '';
  const setupId = setupIdSchema.safeParse(operationId.split('.', 1).join());
  const setup = setupId.success ? await services.store.get({ tenantId, setupId: setupId.data }) : undefined;
  if (setup === undefined || operationIdOf(setup) !== operationId) throw notFound('OperationNotFound');
  const resource = operationResource(setup);
  const ended = resource.status === 'Succeeded' || resource.status === 'Failed';
  return { status: 200, jsonBody: resource, headers: ended ? {} : { 'retry-after': String(POLL_SECONDS) } };
}

function operationResource(setup: SetupRecord) {
  const { setupId, state, phase, attempt, createdAt, lastModifiedAt, failure } = setup;
  return {
    id: operationIdOf(setup),
    status: statuses[state],
    setupId,
    attempt,
    phase,
    createdAt,
    lastModifiedAt,
    ...(failure === undefined ? {} : { error: { code: failure.code, message: failure.cause, remedy: failure.remedy } }),
  };
}
