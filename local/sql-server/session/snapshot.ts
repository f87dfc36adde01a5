import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import type { Log } from '../../endpoint/endpoint.ts';

const CATALOG = ['types', 'text', 'dates', 'json', 'aggregates', 'server', 'table-kinds', 'objects', 'change-tracking'];
/** Where tools of the project keep what they can make again; it goes when the packages are installed anew. */
const CACHE = new URL('../../../node_modules/.cache/local-sql-server/', import.meta.url);
/** The whole of the buffers is filled with zeros at each start, and nobody reads the log of changes again. */
const INITDB = [
  '--wal-segsize=1',
  '--set=shared_buffers=16MB',
  '--set=wal_level=minimal',
  '--set=max_wal_senders=0',
  '--set=full_page_writes=off',
];
/** What new databases would be copied from is two thirds of the data. No two of these may be in one transaction. */
const SLIM = [
  'UPDATE pg_database SET datistemplate = false',
  'DROP DATABASE template0',
  'DROP DATABASE template1',
  'CHECKPOINT',
];
/**
 * Of the catalog's views the planner expects a row where there are thousands, and would read others again for each, or sort
 * both sides instead of looking one up. What is sorted stays in memory, where its files would be too.
 */
const SETTINGS =
  "SET search_path = pg_catalog, tsql; SET timezone = utc; SET client_min_messages = error; SET enable_nestloop = off; SET enable_mergejoin = off; SET work_mem = '64MB'";

/**
 * PostgreSQL in memory with the catalog files loaded, and no data. Making it takes seconds, so the first start keeps a
 * snapshot beside the installed packages; later starts of the same version begin with it.
 */
export async function openPostgres(log: Log): Promise<PGlite> {
  const files = CATALOG.map((name) => readFile(new URL(`../catalog/${name}.sql`, import.meta.url), 'utf8'));
  const catalog = (await Promise.all(files)).join('\n');
  const file = new URL(`${await fingerprint(catalog)}.tar`, CACHE);
  // Read at once: another process that begins at the same time puts its own in this one's place.
  const snapshot = (await exists(file)) ? new Blob([await readFile(file)]) : undefined;
  const postgres = await PGlite.create(snapshot ? { loadDataDir: snapshot } : { initDbStartParams: INITDB });
  if (!snapshot) {
    await postgres.exec(catalog);
    for (const statement of SLIM) await postgres.exec(statement);
    await keep(postgres, file, log);
  }
  await postgres.exec(SETTINGS);
  return postgres;
}

/** Changes with what a snapshot is made of, and with the version of PGlite. */
async function fingerprint(catalog: string): Promise<string> {
  const manifest = await readFile(new URL('../package.json', import.meta.resolve('@electric-sql/pglite')), 'utf8');
  return createHash('sha256')
    .update([manifest, catalog, ...INITDB, ...SLIM].join())
    .digest('hex')
    .slice(0, 20);
}

async function exists(file: URL): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** A snapshot that cannot be kept costs only time. */
async function keep(postgres: PGlite, file: URL, log: Log): Promise<void> {
  try {
    const dump = await postgres.dumpDataDir('none');
    await mkdir(CACHE, { recursive: true });
    const unfinished = new URL(`${file.href}.${process.pid}`);
    await writeFile(unfinished, new Uint8Array(await dump.arrayBuffer()));
    await rename(unfinished, file);
  } catch (error) {
    log(`no snapshot of the empty engine was kept: ${String(error)}`);
  }
}
