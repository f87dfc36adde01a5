import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { Log } from '../../endpoint.ts';

const CATALOG = ['types', 'text', 'dates', 'json', 'aggregates', 'server', 'objects'];
const SETTINGS = 'SET search_path = pg_catalog, tsql; SET timezone = utc; SET client_min_messages = error;';

/**
 * PostgreSQL in memory with the catalog files loaded, and no data. Making it takes seconds, so the first start keeps a
 * snapshot in the directory for temporary files; later starts of the same version begin with it.
 */
export async function openPostgres(log: Log): Promise<PGlite> {
  const files = CATALOG.map((name) => readFile(new URL(`../catalog/${name}.sql`, import.meta.url), 'utf8'));
  const catalog = (await Promise.all(files)).join('\n');
  const path = join(tmpdir(), `local-sql-server-${await fingerprint(catalog)}.tar`);
  const snapshot = (await isOwnFile(path)) ? await openAsBlob(path) : undefined;
  const postgres = await PGlite.create(snapshot ? { loadDataDir: snapshot } : {});
  if (!snapshot) {
    await postgres.exec(catalog);
    await keep(postgres, path, log);
  }
  await postgres.exec(SETTINGS);
  return postgres;
}

/** Changes with the catalog files and with the version of PGlite. */
async function fingerprint(catalog: string): Promise<string> {
  const manifest = await readFile(new URL('../package.json', import.meta.resolve('@electric-sql/pglite')), 'utf8');
  return createHash('sha256').update(manifest).update(catalog).digest('hex').slice(0, 20);
}

/** Anybody may write to the directory for temporary files: only what this user made is trusted. */
async function isOwnFile(path: string): Promise<boolean> {
  try {
    const { uid } = await stat(path);
    return process.getuid === undefined || uid === process.getuid();
  } catch {
    return false;
  }
}

/** A snapshot that cannot be kept costs only time. */
async function keep(postgres: PGlite, path: string, log: Log): Promise<void> {
  try {
    const dump = await postgres.dumpDataDir('none');
    const unfinished = `${path}.${process.pid}`;
    await writeFile(unfinished, new Uint8Array(await dump.arrayBuffer()), { mode: 0o600 });
    await rename(unfinished, path);
  } catch (error) {
    log(`no snapshot of the empty engine was kept: ${String(error)}`);
  }
}
