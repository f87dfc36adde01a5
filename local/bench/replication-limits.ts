/**
 * Replicates a generated base application of 1,250 tables with 30 to 200 columns and names of full length, and prints the
 * largest of what travelled beside the limits of Data Factory, which the local one enforces: `npm run bench:replication`.
 */
import type { PlannedTable } from '../../shared/plan/plan.ts';
import { allActivityRuns } from '../../test/contract/fixtures/data-factory.ts';
import { baseApplicationDatabases } from '../../test/support/base-application-databases.ts';
import { baseApplication } from '../../test/support/plan/base-application.ts';
import { startReplicationWorld } from '../../test/support/replication-world.ts';
import { timedReplication } from '../../test/support/timed-replication.ts';

const TABLES = 1_250;
/** Every other table is large, so that a batch and a pack are filled. */
const [SMALL_ROWS, LARGE_ROWS] = [2, 60];
const SMALL_TABLE_BYTES = 16 * 1024;

const begun = performance.now();
const content = baseApplicationDatabases(baseApplication(1, TABLES), (place) => (place % 2 ? SMALL_ROWS : LARGE_ROWS));
const world = await startReplicationWorld(content, SMALL_TABLE_BYTES);
try {
  const { plan, fixture } = world;
  const prepared = (performance.now() - begun) / 1_000;
  const { seconds } = await timedReplication(world, 1, 'full');
  const columns = Math.max(...plan.map((table) => table.columns.length));
  console.log(
    `${TABLES} tables of up to ${columns} columns: made and planned in ${prepared.toFixed(0)} s, replicated in ` +
      `${seconds.toFixed(0)} s; every table succeeded, with as many rows on both sides`,
  );
  const activities = await allActivityRuns(fixture);
  const lookups = activities.filter(({ activityType }) => activityType === 'Lookup');
  const loops = activities.filter(({ activityType }) => activityType === 'ForEach');
  console.table([
    { what: 'tables of a pack', largest: largestGroup(plan, 'Small'), limit: 250 },
    { what: 'tables of a batch', largest: largestGroup(plan, 'Large'), limit: 500 },
    {
      what: 'payload of an activity, bytes',
      largest: most(activities, ({ input }) => bytes(input)),
      limit: 896 * 1024,
    },
    {
      what: 'output of a Lookup, bytes',
      largest: most(lookups, ({ output }) => bytes(output)),
      limit: 4 * 1024 * 1024,
    },
    { what: 'rows of a Lookup', largest: most(lookups, ({ output }) => count(output, 'count')), limit: 5_000 },
    { what: 'items of a ForEach', largest: most(loops, ({ input }) => count(input, 'ItemsCount')), limit: 100_000 },
    { what: 'digits of a decimal in a Copy', largest: most(plan, digits), limit: 28 },
  ]);
} finally {
  await world.stop();
}
// What is shared in a process ends with it.
process.exit();

function largestGroup(plan: readonly PlannedTable[], flow: PlannedTable['flow']): number {
  const groups = Map.groupBy(
    plan.filter((table) => table.flow === flow),
    ({ groupNumber }) => groupNumber,
  );
  return most([...groups.values()], ({ length }) => length);
}

function most<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((largest, item) => Math.max(largest, of(item)), 0);
}

function bytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function count(value: unknown, name: string): number {
  return Number(Reflect.get(Object(value), name) ?? 1);
}

/** Of the columns that travel as what they are. */
function digits({ columns }: PlannedTable): number {
  return most(columns, ({ type, carriedAs = type }) => Number(/^decimal\((\d+)/.exec(carriedAs)?.[1] ?? 0));
}
