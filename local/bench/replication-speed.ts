/**
 * Replicates 20 companies of 500 tables, then the tenth of their rows that has changed since, each beside a bare bulk copy of
 * the same rows through the same driver: `npm run bench:replication -- [companies] [tables]`.
 */
import type { CatalogueTable } from '../../shared/plan/catalogue.ts';
import { quoteName } from '../../shared/sql/quote-name.ts';
import { baseApplicationDatabases, creation } from '../../test/support/base-application-databases.ts';
import { baseApplication } from '../../test/support/plan/base-application.ts';
import { startReplicationWorld } from '../../test/support/replication-world.ts';
import { rows } from '../../test/support/sample-servers.ts';
import { timedReplication } from '../../test/support/timed-replication.ts';

const [COMPANIES, TABLES] = [20, 500];
const COLUMNS = [6, 16] as const;
/** Every tenth table is large. */
const [SMALL_ROWS, LARGE_ROWS] = [10, 200];
const SMALL_TABLE_BYTES = 24 * 1024;

const [companies = COMPANIES, tables = TABLES] = process.argv.slice(2).map(Number);
const application = baseApplication(companies, tables, COLUMNS);
const content = baseApplicationDatabases(application, (place) => (place % 10 === 0 ? LARGE_ROWS : SMALL_ROWS));
const begun = performance.now();
const world = await startReplicationWorld(content, SMALL_TABLE_BYTES);
try {
  const large = world.plan.filter(({ flow }) => flow === 'Large').length;
  report(`${companies} companies x ${tables} tables made and planned, ${large} of them large`);
  await rows(world.destination, 'CREATE SCHEMA [bare]');
  for (const table of application.tablesOf(application.companies[0] ?? '')) {
    await rows(world.destination, creation('bare', table));
  }
  const full = await compared('full', 1, () => '1 = 1');
  for (const table of allTables()) {
    const [, amount] = table.columns.map(({ columnName }) => quoteName(columnName));
    await rows(world.source, `UPDATE ${nameOf(table)} SET ${amount} = 0.5 WHERE ${changed(table)}`);
  }
  report('a tenth of the rows changed');
  const delta = await compared('delta', 2, changed);
  console.table([...full, ...delta]);
} finally {
  await world.stop();
}
// What is shared in a process ends with it.
process.exit();

/** Figures of a run, and before it those of the bare copy of the rows that it copies. */
async function compared(mode: string, replicationId: number, condition: (table: CatalogueTable) => string) {
  const bare = await bareCopy(condition);
  report(`bare copy for the ${mode} run`);
  const run = await timedReplication(world, replicationId, mode);
  report(`${mode} run`);
  if (run.rows !== bare.rows) throw new Error(`The run copied ${run.rows} rows, the bare copy ${bare.rows}.`);
  const figures = (what: string, seconds: number) => ({
    what,
    rows: bare.rows,
    megabytes: Number((bare.bytes / 1_000_000).toFixed(1)),
    seconds: Number(seconds.toFixed(1)),
    rowsASecond: Math.round(bare.rows / seconds),
    kilobytesASecond: Math.round(bare.bytes / seconds / 1_000),
    timesTheBareCopy: Number((seconds / bare.seconds).toFixed(1)),
  });
  return [figures(`bare copy, ${mode}`, bare.seconds), figures(`${mode} run`, run.seconds)];
}

/** Reads rows of each table and writes them to one of the same definition. Bytes are those of the rows as JSON. */
async function bareCopy(condition: (table: CatalogueTable) => string) {
  const total = { rows: 0, bytes: 0, seconds: 0 };
  for (const table of allTables()) {
    const target = `[bare].${quoteName(table.tableName.replace(/^[^$]*/, application.companies[0] ?? ''))}`;
    const started = performance.now();
    const { recordset } = await world.source.query(`SELECT * FROM ${nameOf(table)} WHERE ${condition(table)}`);
    if (recordset.length > 0) await world.destination.request().bulk(recordset.toTable(target));
    total.seconds += (performance.now() - started) / 1_000;
    total.rows += recordset.length;
    total.bytes += Buffer.byteLength(JSON.stringify(recordset));
    // TRUNCATE gives a table new files each time, and costs the local endpoint more from time to time.
    await rows(world.destination, `DELETE FROM ${target}`);
  }
  return total;
}

/** Every tenth row, by the third column, which is the number of the row. */
function changed({ columns }: CatalogueTable): string {
  return `${quoteName(columns[2]?.columnName ?? '')} % 10 = 0`;
}

function* allTables(): Generator<CatalogueTable> {
  for (const company of application.companies) yield* application.tablesOf(company);
}

function nameOf({ schemaName, tableName }: CatalogueTable): string {
  return `${quoteName(schemaName)}.${quoteName(tableName)}`;
}

function report(what: string): void {
  console.log(`${((performance.now() - begun) / 1_000).toFixed(0).padStart(5)} s  ${what}`);
}
