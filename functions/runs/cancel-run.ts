import type { HttpResponseInit } from '@azure/functions';
import type { TenantCall } from '../http/adapter.ts';
import { auditEntry } from '../http/audit.ts';
import { ApiError } from '../http/problem.ts';
import { endWait } from '../setups/end-attempt.ts';
import { findRun } from './find-run.ts';
import { acceptedRun } from './run-resource.ts';

/**
 * `POST …/replicationRuns/{runId}/cancel`: ends a run that is under way; tables that were copied stay copied. 202: it ends
 * by itself; asking again changes nothing.
 */
export async function cancelRun(call: TenantCall): Promise<HttpResponseInit> {
  for (;;) {
    const { setup, run } = await findRun(call);
    const { replication } = setup;
    if (replication?.active === undefined || replication.run !== run.number) {
      throw new ApiError('ReplicationEnded', `Replication run ${run.number} is ${run.state}.`);
    }
    if (replication.active.canceling) return acceptedRun(call, setup, run);
    const canceling = await call.services.replicationRuns.requestCancel(setup, auditEntry(call, 'cancelRun'));
    if (canceling === undefined) continue;
    await endWait(call, canceling.setup);
    return acceptedRun(call, setup, canceling.run);
  }
}
