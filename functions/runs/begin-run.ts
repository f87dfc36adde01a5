/** How a replication run begins, whoever asks for it. */
import type { HttpResponseInit } from '@azure/functions';
import { getClient } from 'durable-functions';
import { messageOf } from '../../shared/error-message.ts';
import { chosenTables } from '../../shared/replication/planned-tables.ts';
import type { PlannedTables } from '../../shared/replication/planned-tables.ts';
import type { WantedRun } from '../../shared/replication/run.ts';
import { startReplicationRun } from '../../shared/replication/start.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';
import type { TenantCall } from '../http/adapter.ts';
import { auditEntry } from '../http/audit.ts';
import { present } from '../http/members.ts';
import { ApiError } from '../http/problem.ts';
import { acceptedRun } from './run-resource.ts';

/** @throws {ApiError} `SetupNotReady` or `ReplicationUnderWay` */
export function requireReady(setup: SetupRecord): void {
  const { setupId, state } = setup;
  if (state !== 'Ready') {
    throw new ApiError('SetupNotReady', `Setup ${setupId} is ${state}. Data is replicated once it is Ready.`);
  }
  requireNoRun(setup);
}

/** @throws {ApiError} `ReplicationUnderWay` */
export function requireNoRun({ setupId, replication }: SetupRecord): void {
  if (replication?.active !== undefined) {
    throw new ApiError(
      'ReplicationUnderWay',
      `Replication run ${replication.run} of setup ${setupId} has not ended. Wait for its end, or cancel it.`,
    );
  }
}

/** Accepts a run and starts it; if it cannot be started at once, a timer does it. */
export async function beginRun(
  call: TenantCall,
  setup: SetupRecord,
  wanted: WantedRun,
  action: string,
): Promise<HttpResponseInit> {
  const { services, context } = call;
  const created = await services.replicationRuns.create(setup, wanted, auditEntry(call, action));
  if (created === undefined) {
    // Somebody else was faster.
    const changed = await services.store.require(setup);
    requireReady(changed);
    return beginRun(call, changed, wanted, action);
  }
  try {
    await startReplicationRun(getClient(context), created.setup, created.run);
  } catch (error) {
    const name = `Replication run ${created.run.number} of setup ${setup.setupId}`;
    context.warn(`${name} is accepted but could not be started yet:`, messageOf(error));
  }
  return acceptedRun(call, setup, created.run);
}

/** The answer to who only asks what a run would copy: by the plan as it is, which an outdated one says. */
export function dryRunResource(setup: SetupRecord, wanted: WantedRun, planned: readonly PlannedTables[]) {
  const value = chosenTables(planned, wanted.companies);
  const sum = (of: (row: PlannedTables) => number) => value.reduce((total, row) => total + of(row), 0);
  const totals = {
    tables: sum(({ tables }) => tables),
    rows: sum(({ rows }) => rows),
    bytes: sum(({ bytes }) => bytes),
  };
  const planOutdated = setup.planOutdated || undefined;
  return { mode: wanted.mode, ...totals, byCompany: value, ...present({ planOutdated }) };
}
