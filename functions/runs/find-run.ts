/** From a request to the replication run that it names. */
import { z } from 'zod';
import type { ReplicationRun } from '../../shared/replication/run.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';
import type { TenantCall } from '../http/adapter.ts';
import { notFound } from '../http/problem.ts';
import { findSetup } from '../setups/find-setup.ts';

const runNumberSchema = z
  .string()
  .regex(/^[1-9]\d{0,5}$/)
  .transform(Number);

/**
 * Reads the run of the route with its setup.
 * @throws {ApiError} those of `findSetup`, and `ReplicationRunNotFound`
 */
export async function findRun(
  call: TenantCall,
): Promise<{ readonly setup: SetupRecord; readonly run: ReplicationRun }> {
  const setup = await findSetup(call);
  const number = runNumberSchema.safeParse(call.request.params['runId']).data;
  const run = number === undefined ? undefined : await call.services.replicationRuns.run(setup, number);
  if (run === undefined) throw notFound('ReplicationRunNotFound');
  return { setup, run };
}
