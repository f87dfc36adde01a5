/** A replication run as the API shows it. */
import type { HttpResponseInit } from '@azure/functions';
import type { ReplicationRun } from '../../shared/replication/run.ts';
import type { SetupKey } from '../../shared/setup/rows.ts';
import type { TenantCall } from '../http/adapter.ts';
import { urlOf } from '../http/links.ts';
import { present } from '../http/members.ts';

export function runResource(run: ReplicationRun) {
  const { number, mode, companies, retryOf, state, actor, createdAt, startedAt, endedAt, counts, failure } = run;
  return {
    runId: String(number),
    state,
    mode,
    requestedBy: actor,
    createdAt,
    ...present({
      companies,
      retryOf: retryOf === undefined ? undefined : String(retryOf),
      startedAt,
      endedAt,
      counts,
      failure,
    }),
  };
}

/** The answer to a request that a run follows: where it tells how far it is. */
export function acceptedRun(call: TenantCall, { setupId }: SetupKey, run: ReplicationRun): HttpResponseInit {
  const location = urlOf(call, `migrationSetups/${setupId}/replicationRuns/${run.number}`);
  return { status: 202, headers: { 'operation-location': location }, jsonBody: runResource(run) };
}
