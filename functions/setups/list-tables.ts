import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { copyMethods } from '../../shared/plan/rules.ts';
import { dataOf } from '../../shared/setup/milestone-data.ts';
import { workingStates } from '../../shared/setup/states.ts';
import { listTables as script } from '../../shared/sql/scripts.ts';
import type { TenantCall } from '../http/adapter.ts';
import { present } from '../http/members.ts';
import { pagingSchema, readQuery } from '../http/query.ts';
import { countSchema, tableNameSchema, tablePage } from '../http/table-page.ts';
import { findSetup } from './find-setup.ts';

const querySchema = z.object({
  ...pagingSchema,
  copyMethod: z.enum(copyMethods).optional(),
  withRows: z.enum(['true', 'false']).default('false'),
});

/** Query parameters of the table plan, beside the API version. */
export const tableParameters = Object.keys(querySchema.shape);

const rowSchema = tableNameSchema.extend({
  copyMethod: z.enum(copyMethods),
  rows: countSchema,
  bytes: countSchema,
  reason: z.string(),
  problems: z.string(),
});

/**
 * `GET …/migrationSetups/{setupId}/tables`: how each table of the source is copied, or why not, as the plan in the environment
 * has it. `copyMethod=None` with `withRows=true` are those whose rows are left behind. Empty until the tables are planned, and
 * when the setup has ended without becoming ready: then another one may have the environment.
 */
export async function listTables(call: TenantCall): Promise<HttpResponseInit> {
  const setup = await findSetup(call);
  const { copyMethod = '', withRows, ...paging } = readQuery(call.request, querySchema);
  const holdsPlan = setup.state === 'Ready' || workingStates.includes(setup.state);
  const reached = holdsPlan ? await call.services.store.milestonesOf(setup) : [];
  if (dataOf(reached, 'tablesPlanned') === undefined) return { status: 200, jsonBody: { value: [] } };
  return tablePage(call, setup, paging, {
    script,
    parameters: { copyMethod, withRows: withRows === 'true' },
    row: rowSchema,
    resource: tableResource,
    path: 'tables',
  });
}

function tableResource({ controlId: _controlId, reason, problems, ...shown }: z.infer<typeof rowSchema>) {
  return { ...shown, ...present({ reason: reason || undefined, problems: problems || undefined }) };
}
