import { z } from 'zod';
import { entityNames } from '../../shared/factory/names.ts';
import { chosenTables, readPlannedTables } from '../../shared/replication/planned-tables.ts';
import { runCountsSchema, runOperationOf } from '../../shared/replication/run.ts';
import type { ReplicationRun } from '../../shared/replication/run.ts';
import type { Services } from '../../shared/services.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import { measure } from '../../shared/telemetry/metrics.ts';
import type { Implementation } from './implementation.ts';
import { publish } from './setup-record.ts';
import { awaitRun } from './start-run.ts';

export const beginRun: Implementation<'beginRun'> = async (input, services, { head }) => {
  const { companies, retryOf } = await services.replicationRuns.requireRun(input, input.run);
  const { destination } = await head();
  const planned = await services.databases.use(destination, async (database) => {
    const given = { replicationId: input.run.number, companies: JSON.stringify(companies ?? []) };
    await database.query(scripts.selectCompanies, given);
    return readPlannedTables(database, retryOf);
  });
  const tables = chosenTables(planned, companies).reduce((total, row) => total + row.tables, 0);
  const begun = await services.replicationRuns.begin(input, input.run, tables);
  return begun.kind === 'stopped' ? { stopped: begun.reason } : publish(input, services.publisher);
};

export const startReplication: Implementation<'startReplication'> = async (input, services, { head }) => {
  const { factory, key, mode, retryOf = 0, run, instanceId, ...attempt } = input;
  const pipeline = entityNames(key).pipelines.replicate;
  const operationId = runOperationOf(attempt, run);
  const parameters = { replicationId: run.number, mode, retryOf };
  const wanted = { factory, pipeline, operationId, parameters };
  return awaitRun(services, await head(), wanted, { eventName: 'replication', instanceId });
};

export const cancelReplication: Implementation<'cancelReplication'> = async ({ factory, key }, { factories }) => {
  const { replicate, large, small } = entityNames(key).pipelines;
  return { active: await factories.cancelRuns(factory, [replicate, large, small]) };
};

export const closeRun: Implementation<'closeRun'> = async ({ error, run }, services, { head }) => {
  const { destination } = await head();
  const [row] = await services.databases.use(destination, (database) =>
    database.query(scripts.closeReplication, { replicationId: run.number, error }),
  );
  return summarySchema.parse(row);
};

/** SQL's bigint arrives as text. */
const summarySchema = z
  .object({ tables: z.int(), succeededTables: z.int(), failedTables: z.int(), rowsCopied: z.coerce.number() })
  .transform(({ rowsCopied, ...counts }) => runCountsSchema.parse({ ...counts, rows: rowsCopied }));

export const endRun: Implementation<'endRun'> = async ({ outcome, ...input }, services) => {
  const ended = await services.replicationRuns.end(input, input.run, outcome);
  if (ended.kind === 'stopped') return { stopped: ended.reason };
  const run = await services.replicationRuns.requireRun(input, input.run);
  if (ended.events !== undefined) measureRun(run);
  await noteFigure(ended.setup, run, services);
  return publish(input, services.publisher);
};

function measureRun({ mode, state, counts, startedAt, endedAt }: ReplicationRun): void {
  if (counts === undefined || startedAt === undefined || endedAt === undefined) return;
  measure('replicatedRows', counts.rows, { mode, state });
  measure('replicationDuration', (Date.parse(endedAt) - Date.parse(startedAt)) / 1_000, { mode, state });
}

/** What a full run took tells how long others will take. */
async function noteFigure(setup: SetupRecord, run: ReplicationRun, { runFigures }: Services): Promise<void> {
  const { mode, retryOf, state, counts, startedAt, endedAt } = run;
  if (mode !== 'full' || retryOf !== undefined || state !== 'Succeeded') return;
  if (counts === undefined || startedAt === undefined || endedAt === undefined || counts.tables === 0) return;
  const seconds = Math.max(1, (Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
  const figure = { tables: counts.tables, rows: counts.rows, seconds };
  try {
    await runFigures.note(setup.request.source.kind, { ...setup, attempt: run.attempt }, run, figure);
  } catch {
    // An estimate is no reason to try again what has been done.
  }
}
