import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { tableFailure } from '../../shared/replication/table-failure.ts';
import { runTables } from '../../shared/sql/scripts.ts';
import type { TenantCall } from '../http/adapter.ts';
import { present } from '../http/members.ts';
import { pagingSchema, readQuery } from '../http/query.ts';
import { countSchema, tableNameSchema, tablePage } from '../http/table-page.ts';
import { findRun } from './find-run.ts';

const statusSchema = z.enum(['Pending', 'Succeeded', 'Failed']);
const querySchema = z.object({ ...pagingSchema, status: statusSchema.optional() });

/** Query parameters of the tables of a run, beside the API version. */
export const runTableParameters = Object.keys(querySchema.shape);

const rowSchema = tableNameSchema.extend({
  copyMethod: z.string(),
  plannedRows: countSchema,
  plannedBytes: countSchema,
  status: statusSchema,
  rowsCopied: countSchema.nullable(),
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
  const { status = '', ...paging } = readQuery(call.request, querySchema);
  return tablePage(call, setup, paging, {
    script: runTables,
    parameters: { replicationId: run.number, status },
    row: rowSchema,
    resource: tableResource,
    path: `replicationRuns/${run.number}/tables`,
  });
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
