import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import type { Log } from '../../endpoint/endpoint.ts';

const CATALOG = ['types', 'text', 'dates', 'json', 'aggregates', 'server', 'objects', 'change-tracking'];
/** Where tools of the project keep what they can make again; it goes when the packages are installed anew. */
const CACHE = new URL('../../../node_modules/.cache/local-sql-server/', import.meta.url);
const SETTINGS = 'SET search_path = pg_catalog, tsql; SET timezone = utc; SET client_min_messages = error;';

/**
 * PostgreSQL in memory with the catalog files loaded, and no data. Making it takes seconds, so the first start keeps a
 * snapshot beside the installed packages; later starts of the same version begin with it.
 */
export async function openPostgres(log: Log): Promise<PGlite> {
  const files = CATALOG.map((name) => readFile(new URL(`../catalog/${name}.sql`, import.meta.url), 'utf8'));
  const catalog = (await Promise.all(files)).join('\n');
  const file = new URL(`${await fingerprint(catalog)}.tar`, CACHE);
  const snapshot = (await exists(file)) ? await openAsBlob(file) : undefined;
  const postgres = await PGlite.create(snapshot ? { loadDataDir: snapshot } : {});
  if (!snapshot) {
    await postgres.exec(catalog);
    await keep(postgres, file, log);
  }
  await postgres.exec(SETTINGS);
  return postgres;
}

/** Changes with the catalog files and with the version of PGlite. */
async function fingerprint(catalog: string): Promise<string> {
  const manifest = await readFile(new URL('../package.json', import.meta.resolve('@electric-sql/pglite')), 'utf8');
  return createHash('sha256').update(manifest).update(catalog).digest('hex').slice(0, 20);
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
