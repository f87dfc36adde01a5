import type { HttpResponseInit } from '@azure/functions';
import type { SetupRecord } from '../../shared/setup/store.ts';
import type { TenantCall } from '../http/adapter.ts';
import { auditEntry } from '../http/audit.ts';
import { etagOf } from '../http/conditions.ts';
import { readJsonBody } from '../http/json-body.ts';
import { ApiError } from '../http/problem.ts';
import { requireNoRun } from '../runs/begin-run.ts';
import { findForChange } from './find-setup.ts';
import { requireCompanies } from './selected-companies.ts';
import { changedSelection, selectionChangeSchema } from './selection-body.ts';
import { setupResource } from './setup-resource.ts';

/**
 * `PATCH …/migrationSetups/{setupId}`: changes which companies of a setup that is ready are replicated, and which tables take
 * another name. The next replication run plans the tables again before it begins; what was copied stays.
 */
export async function changeSelection(call: TenantCall): Promise<HttpResponseInit> {
  const change = await readJsonBody(call.request, selectionChangeSchema);
  for (;;) {
    const { setup, reached } = await findForChange(call);
    requireChangeable(setup);
    const selection = changedSelection(setup.request, change);
    await requireCompanies(call, setup, selection.companies ?? []);
    const changed = await call.services.store.select(setup, selection, auditEntry(call, 'changeSelection'));
    if (changed === undefined) continue;
    const resource = setupResource(call, changed, reached);
    return { status: 200, headers: { etag: etagOf(resource) }, jsonBody: resource };
  }
}

function requireChangeable(setup: SetupRecord): void {
  const { setupId, state } = setup;
  if (state !== 'Ready') {
    const how = 'What it migrates is changed once it is Ready, or by the replay of one that failed or was canceled.';
    throw new ApiError('SetupNotReady', `Setup ${setupId} is ${state}. ${how}`);
  }
  requireNoRun(setup);
}
