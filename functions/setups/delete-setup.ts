import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { TenantCall } from '../http/adapter.ts';
import { auditEntry } from '../http/audit.ts';
import { readQuery } from '../http/query.ts';
import { accepted } from '../operations/operation-resource.ts';
import { beginRemoval, endWait } from './end-attempt.ts';
import { requireNoRun } from '../runs/begin-run.ts';
import { findForChange } from './find-setup.ts';

/** Query parameters of a deletion, beside the API version. */
export const deletionParameters = ['keepRuntime', 'removeSource'] as const;

const flag = z.enum(['true', 'false']).default('false');
const parametersSchema = z.object({ keepRuntime: flag, removeSource: flag });

/**
 * `DELETE …/migrationSetups/{setupId}`: removes everything of a setup; an attempt that is under way is canceled first.
 * 202: follow the operation. `keepRuntime=true` leaves the integration runtime, `removeSource=true` also turns off the
 * change tracking that its replications turned on at the source. Asking again while it goes on changes nothing.
 */
export async function deleteSetup(call: TenantCall): Promise<HttpResponseInit> {
  const { keepRuntime, removeSource } = readQuery(call.request, parametersSchema);
  const options = { removeRuntime: keepRuntime === 'false', removeSource: removeSource === 'true' };
  for (;;) {
    const { setup, reached } = await findForChange(call);
    if (setup.state === 'Deleted') return { status: 204 };
    requireNoRun(setup);
    const asked = setup.deletion !== undefined && (setup.state === 'Deleting' || !setup.deletion.begun);
    const deleting = asked
      ? setup
      : await call.services.store.requestDelete(setup, options, auditEntry(call, 'deleteSetup'));
    if (deleting?.deletion === undefined) continue;
    if (!asked) await (deleting.state === 'Deleting' ? beginRemoval(call, deleting) : endWait(call, deleting));
    const operation = { setupId: setup.setupId, attempt: setup.attempt, deletionNumber: deleting.deletion.number };
    const milestones = asked ? reached : await call.services.store.milestonesOf(deleting);
    return accepted(call, operation, deleting, milestones);
  }
}
