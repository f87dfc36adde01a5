import type { HttpResponseInit } from '@azure/functions';
import { readPlannedTables } from '../../shared/replication/planned-tables.ts';
import type { TenantCall } from '../http/adapter.ts';
import { inEnvironment } from '../http/in-environment.ts';
import { readJsonBody } from '../http/json-body.ts';
import { findForChange } from '../setups/find-setup.ts';
import { requireCompanies } from '../setups/selected-companies.ts';
import { beginRun, dryRunResource, requireReady } from './begin-run.ts';
import { runBodySchema } from './run-body.ts';

/**
 * `POST …/migrationSetups/{setupId}/replicationRuns`: copies the data of a setup that is ready. 202: the run goes on by
 * itself, and its resource tells how far it is. With `dryRun`, 200 says what would be copied, and nothing is changed.
 */
export async function createRun(call: TenantCall): Promise<HttpResponseInit> {
  const { setup } = await findForChange(call);
  requireReady(setup);
  const { mode, companies, dryRun } = await readJsonBody(call.request, runBodySchema);
  const wanted = { mode, ...(companies === undefined ? {} : { companies: [...new Set(companies)] }) };
  await requireCompanies(call, setup, companies ?? [], setup.request.companies);
  if (dryRun) {
    const planned = await inEnvironment(call, setup, (database) => readPlannedTables(database));
    return { status: 200, jsonBody: dryRunResource(setup, wanted, planned) };
  }
  return beginRun(call, setup, wanted, 'createRun');
}
