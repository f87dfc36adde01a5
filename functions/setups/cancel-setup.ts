import type { HttpResponseInit } from '@azure/functions';
import { getClient } from 'durable-functions';
import { messageOf } from '../../shared/error-message.ts';
import { workingStates } from '../../shared/setup/states.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import { raiseCanceled } from '../../shared/waits/look.ts';
import { isCancelable } from '../../shared/waits/wait.ts';
import type { TenantCall } from '../http/adapter.ts';
import { auditEntry } from '../http/audit.ts';
import { ApiError } from '../http/problem.ts';
import { accepted } from '../operations/operation-resource.ts';
import { findForChange } from './find-setup.ts';

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
    await wake(call, canceling);
    return accepted(call, setup, canceling, reached);
  }
}

/** Ends the wait that is open. If that fails, the timer that looks after waits does it. */
async function wake({ context, services }: TenantCall, setup: SetupRecord): Promise<void> {
  try {
    const wait = await services.waits.get(setup);
    if (wait !== undefined && isCancelable(wait)) await raiseCanceled(services, getClient(context), wait);
  } catch (error) {
    context.warn(`Setup ${setup.setupId} is canceled, which its orchestration hears of later:`, messageOf(error));
  }
}

function notUnderWay({ setupId, state }: SetupRecord): ApiError {
  const instead = state === 'Ready' ? 'Delete it instead.' : 'Nothing of it is under way.';
  return new ApiError(
    'SetupNotUnderWay',
    `Setup ${setupId} is ${state}, so that there is nothing to cancel. ${instead}`,
  );
}
