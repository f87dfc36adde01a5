/** What the snapshots are made of. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../', import.meta.url);
const TEMPLATES = /\.bicep$|^snapshots[\\/].+\.bicepparam$/;
/** The files of `infra/` that templates load. What a template has of `host.json` is compared by a test of its own. */
const LOADED = /load\w+Content\('(?:\.\.\/)?(\w[^/']*)'/g;

/** A hash of the templates, of the parameters of the snapshots, and of what templates load. */
export function hashOfSources(): string {
  const names = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => TEMPLATES.test(name));
  const loaded = names.flatMap((name) => [...textOf(name).matchAll(LOADED)].map(([, file = '']) => file));
  const hash = createHash('sha256');
  // Sorted by the texts themselves: names and their order differ between systems.
  for (const text of [...new Set([...names, ...loaded])].map(textOf).toSorted()) hash.update(text).update('\0');
  return hash.digest('hex');
}

function textOf(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}
