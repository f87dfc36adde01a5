import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { copyMethods } from '../../shared/plan/rules.ts';
import { dataOf } from '../../shared/setup/milestone-data.ts';
import { workingStates } from '../../shared/setup/states.ts';
import { listTables as script } from '../../shared/sql/scripts.ts';
import type { TenantCall } from '../http/adapter.ts';
import { linkTo, placeOf } from '../http/continuation.ts';
import { inEnvironment } from '../http/in-environment.ts';
import { present } from '../http/members.ts';
import { pagingSchema, readQuery } from '../http/query.ts';
import { findSetup } from './find-setup.ts';

const querySchema = z.object({
  ...pagingSchema,
  copyMethod: z.enum(copyMethods).optional(),
  withRows: z.enum(['true', 'false']).default('false'),
});

/** Query parameters of the table plan, beside the API version. */
export const tableParameters = Object.keys(querySchema.shape);

// SQL's bigint arrives as text.
const count = z.coerce.number();
const rowSchema = z.object({
  controlId: z.int(),
  company: z.string(),
  tableName: z.string(),
  appId: z.string(),
  sourceTable: z.string(),
  destinationTable: z.string(),
  copyMethod: z.enum(copyMethods),
  rows: count,
  bytes: count,
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
  const { maxpagesize, continuation, copyMethod = '', withRows } = readQuery(call.request, querySchema);
  const holdsPlan = setup.state === 'Ready' || workingStates.includes(setup.state);
  const reached = holdsPlan ? await call.services.store.milestonesOf(setup) : [];
  if (dataOf(reached, 'tablesPlanned') === undefined) return { status: 200, jsonBody: { value: [] } };
  const after = z.coerce.number().pipe(z.int()).catch(0).parse(placeOf(continuation));
  const asked = { after, copyMethod, withRows: withRows === 'true', size: maxpagesize + 1 };
  const found = await inEnvironment(call, setup, (database) => database.query(script, asked));
  const rows = z.array(rowSchema).parse(found);
  const page = rows.slice(0, maxpagesize);
  const next = rows.length > maxpagesize ? String(page.at(-1)?.controlId) : undefined;
  const path = `tenants/${call.tenantId}/migrationSetups/${setup.setupId}/tables`;
  return { status: 200, jsonBody: { value: page.map(tableResource), ...linkTo(call, path, next) } };
}

function tableResource({ controlId: _controlId, reason, problems, ...shown }: z.infer<typeof rowSchema>) {
  return { ...shown, ...present({ reason: reason || undefined, problems: problems || undefined }) };
}
