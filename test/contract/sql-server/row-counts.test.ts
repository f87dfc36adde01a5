// What the local endpoint says of rows and pages comes from PostgreSQL's own count of what is written: it is what a SELECT would find,
// whether or not it has reached the statistics, and whatever became of the transaction.
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { openPostgres } from '../../../local/sql-server/session/snapshot.ts';

const TIMES = 60;
const postgres = await openPostgres(() => undefined);
afterAll(() => postgres.close());

const writes = [
  'INSERT INTO counted SELECT g, NULL FROM generate_series(1, 7) g',
  "INSERT INTO counted SELECT g, string_agg(md5(g || '.' || h), '') FROM generate_series(1, 2) g, generate_series(1, 400) h GROUP BY g",
  'DELETE FROM counted WHERE id % 2 = 0',
  'DELETE FROM counted',
  'UPDATE counted SET id = id + 1',
  'TRUNCATE counted',
  'CREATE INDEX ON counted (id)',
  'ALTER TABLE counted ALTER COLUMN id TYPE int8',
];
const steps = fc.oneof(
  fc.constantFrom(...writes),
  fc.constantFrom('BEGIN', 'SAVEPOINT s', 'ROLLBACK TO s', 'ROLLBACK', 'COMMIT'),
  // As it does by itself once a second has passed.
  fc.constant('SELECT pg_stat_force_next_flush()'),
);

test('rows are counted as a SELECT finds them, after any writes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 14 }), async (played) => {
      await postgres.exec('ROLLBACK; DROP TABLE IF EXISTS counted; CREATE TABLE counted (id int, text text)');
      for (const step of played) {
        // Some have no transaction or savepoint to end.
        await postgres.exec(step).catch(() => postgres.exec('ROLLBACK'));
        expect(await sizes(), `after ${step}`).toMatchObject({ same: true });
      }
    }),
    { numRuns: TIMES },
  );
});

/** Pages: one more for each list of pages, once there are any. */
async function sizes(): Promise<unknown> {
  const pages = (relation: string) => `(SELECT n + sign(n) FROM (SELECT pg_relation_size(${relation}) / 8192 AS n) p)`;
  const { rows } = await postgres.query(
    `SELECT tsql.row_count(c.oid) AS rows, tsql.page_count(c.oid, c.reltoastrelid) AS pages,
       tsql.row_count(c.oid) = (SELECT count(*) FROM counted)
         AND tsql.page_count(c.oid, c.reltoastrelid) = ${pages('c.oid')} + ${pages('c.reltoastrelid')} AS same
     FROM pg_class c WHERE c.oid = 'counted'::regclass`,
  );
  return rows[0];
}
