import type { HttpResponseInit } from '@azure/functions';
import { titleOf } from '../../shared/setup/assessment.ts';
import { workingStates } from '../../shared/setup/states.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import type { TenantCall } from '../http/adapter.ts';
import { auditEntry } from '../http/audit.ts';
import { ApiError } from '../http/problem.ts';
import { accepted } from '../operations/operation-resource.ts';
import { findForChange } from './find-setup.ts';
import { endWait } from './end-attempt.ts';

/**
 * `POST …/migrationSetups/{setupId}/cancel`: ends the attempt that is under way; it takes back what it made. 202: follow
 * the operation of the attempt. Asking again changes nothing.
 */
export async function cancelSetup(call: TenantCall): Promise<HttpResponseInit> {
  const { store } = call.services;
  for (;;) {
    const { setup, reached } = await findForChange(call);
    if (setup.state === 'Canceling') return accepted(call, setup, setup, reached);
    if (!workingStates.includes(setup.state)) throw notUnderWay(setup);
    const canceling = await store.requestCancel(setup, auditEntry(call, 'cancelSetup'));
    if (canceling === undefined) continue;
    await endWait(call, canceling);
    return accepted(call, setup, canceling, reached);
  }
}

function notUnderWay(setup: SetupRecord): ApiError {
  const { state } = setup;
  const instead = state === 'Ready' ? 'Delete it instead.' : 'Nothing of it is under way.';
  return new ApiError(
    'SetupNotUnderWay',
    `${titleOf(setup)} is ${state}, so that there is nothing to cancel. ${instead}`,
  );
}
