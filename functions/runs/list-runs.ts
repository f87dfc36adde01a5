import type { HttpResponseInit } from '@azure/functions';
import type { TenantCall } from '../http/adapter.ts';
import { findSetup } from '../setups/find-setup.ts';
import { runResource } from './run-resource.ts';

/** `GET …/migrationSetups/{setupId}/replicationRuns`: all replication runs, the last one first. */
export async function listRuns(call: TenantCall): Promise<HttpResponseInit> {
  const runs = await call.services.replicationRuns.of(await findSetup(call));
  return { status: 200, jsonBody: { value: runs.toReversed().map(runResource) } };
}
