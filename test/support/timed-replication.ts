// A replication run of any size: how long it took, after which every table is complete.
import type sql from 'mssql';
import { SqlDatabase } from '../../shared/sql/database.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import type { ReplicationWorld } from './replication-world.ts';
import { rows } from './sample-servers.ts';

/** Throws unless every table succeeded and has as many rows on both sides. */
export async function timedReplication(world: ReplicationWorld, replicationId: number, mode: string) {
  const begun = performance.now();
  const { status, message } = await world.replicate(replicationId, mode);
  const seconds = (performance.now() - begun) / 1_000;
  if (status !== 'Succeeded') {
    const [failed] = await rows(
      world.destination,
      "SELECT MIN([error]) AS [error] FROM [mig].[ReplicationRun] WHERE [replicationId] = @id AND [status] = N'Failed'",
      { id: replicationId },
    );
    throw new Error(`The run is ${status}: ${message} One says: ${String(failed?.['error'])}`);
  }

  const planned = world.plan.filter(({ copyMethod }) => copyMethod !== 'None');
  const [logged] = await rows(
    world.destination,
    `SELECT COUNT(*) AS [tables], SUM([rowsCopied]) AS [rows] FROM [mig].[ReplicationRun]
     WHERE [replicationId] = @id AND [status] = N'Succeeded'`,
    { id: replicationId },
  );
  if (logged?.['tables'] !== planned.length) throw new Error(`Not all of ${planned.length} tables succeeded.`);
  // One after the other: in this process the catalogue of one leaves no time for a login to the other.
  const there = await rowCounts(world.source);
  const here = await rowCounts(world.destination);
  const wrong = planned.filter(
    ({ sourceTable, destinationTable }) => there.get(sourceTable) !== here.get(destinationTable),
  );
  if (wrong.length > 0) throw new Error(`${wrong.length} tables differ, among them ${wrong[0]?.sourceTable}.`);
  return { seconds, rows: Number(logged['rows']) };
}

async function rowCounts(pool: sql.ConnectionPool): Promise<Map<unknown, unknown>> {
  const columns = await new SqlDatabase(pool).query(scripts.catalogue);
  const own = columns.filter(({ schemaName }) => schemaName === 'dbo');
  return new Map(own.map(({ tableName, rowCount }) => [tableName, rowCount]));
}
