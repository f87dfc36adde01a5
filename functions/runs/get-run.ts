import type { HttpResponseInit } from '@azure/functions';
import type { TenantCall } from '../http/adapter.ts';
import { findRun } from './find-run.ts';
import { runResource } from './run-resource.ts';

/** `GET …/replicationRuns/{runId}`: one replication run. Its tables tell how far it is. */
export async function getRun(call: TenantCall): Promise<HttpResponseInit> {
  const { run } = await findRun(call);
  return { status: 200, jsonBody: runResource(run) };
}
