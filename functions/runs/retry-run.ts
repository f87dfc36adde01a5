import type { HttpResponseInit } from '@azure/functions';
import { retryableStates } from '../../shared/replication/run.ts';
import type { TenantCall } from '../http/adapter.ts';
import { ApiError } from '../http/problem.ts';
import { beginRun, requireReady } from './begin-run.ts';
import { findRun } from './find-run.ts';

/**
 * `POST …/replicationRuns/{runId}/retry`: begins a run that copies what this one did not, with its mode and companies. 202:
 * the new run goes on by itself.
 */
export async function retryRun(call: TenantCall): Promise<HttpResponseInit> {
  const { setup, run } = await findRun(call);
  requireReady(setup);
  if (!retryableStates.includes(run.state)) {
    throw new ApiError('NothingToRetry', `Replication run ${run.number} is ${run.state}.`);
  }
  const { mode, companies, number, counts } = run;
  // One that ended before it reached a table has nothing to tell them apart by.
  const wanted = { mode, ...(companies === undefined ? {} : { companies }) };
  const isWhole = counts === undefined || counts.tables === 0;
  return beginRun(call, setup, isWhole ? wanted : { ...wanted, retryOf: number }, 'retryRun');
}
