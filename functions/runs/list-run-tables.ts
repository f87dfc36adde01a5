import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { tableFailure } from '../../shared/replication/table-failure.ts';
import { runTables } from '../../shared/sql/scripts.ts';
import type { TenantCall } from '../http/adapter.ts';
import { linkTo, placeOf } from '../http/continuation.ts';
import { inEnvironment } from '../http/in-environment.ts';
import { present } from '../http/members.ts';
import { pagingSchema, readQuery } from '../http/query.ts';
import { findRun } from './find-run.ts';

const statusSchema = z.enum(['Pending', 'Succeeded', 'Failed']);
const querySchema = z.object({ ...pagingSchema, status: statusSchema.optional() });

/** Query parameters of the tables of a run, beside the API version. */
export const runTableParameters = Object.keys(querySchema.shape);

// SQL's bigint arrives as text.
const count = z.coerce.number();
const rowSchema = z.object({
  controlId: z.int(),
  company: z.string(),
  tableName: z.string(),
  appId: z.string(),
  sourceTable: z.string(),
  destinationTable: z.string(),
  copyMethod: z.string(),
  plannedRows: count,
  plannedBytes: count,
  status: statusSchema,
  rowsCopied: count.nullable(),
  fullReason: z.string().nullable(),
  startedAt: z.date().nullable(),
  endedAt: z.date().nullable(),
  error: z.string().nullable(),
});

/**
 * `GET …/replicationRuns/{runId}/tables`: what became of each table, as the environment's own log has it; also while the run
 * is under way. With `status`, only those with that one.
 */
export async function listRunTables(call: TenantCall): Promise<HttpResponseInit> {
  const { setup, run } = await findRun(call);
  const { maxpagesize, continuation, status } = readQuery(call.request, querySchema);
  const after = z.coerce.number().pipe(z.int()).catch(0).parse(placeOf(continuation));
  const asked = { replicationId: run.number, after, status: status ?? '', size: maxpagesize + 1 };
  const found = await inEnvironment(call, setup, (database) => database.query(runTables, asked));
  const rows = z.array(rowSchema).parse(found);
  const page = rows.slice(0, maxpagesize);
  const next = rows.length > maxpagesize ? String(page.at(-1)?.controlId) : undefined;
  const path = `tenants/${call.tenantId}/migrationSetups/${setup.setupId}/replicationRuns/${run.number}/tables`;
  return { status: 200, jsonBody: { value: page.map(tableResource), ...linkTo(call, path, next) } };
}

function tableResource(row: z.infer<typeof rowSchema>) {
  const { controlId: _controlId, rowsCopied, fullReason, startedAt, endedAt, error, ...shown } = row;
  const isOver = startedAt !== null && endedAt !== null;
  return {
    ...shown,
    ...present({
      rowsCopied: rowsCopied ?? undefined,
      fullReason: fullReason ?? undefined,
      startedAt: startedAt?.toISOString(),
      endedAt: endedAt?.toISOString(),
      durationMs: isOver ? endedAt.getTime() - startedAt.getTime() : undefined,
      error: error === null ? undefined : tableFailure(error),
    }),
  };
}
