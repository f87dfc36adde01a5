import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Whatever else the manifest of the project says is about its development; what it imports is in the build. */
const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  private: z.literal(true),
  description: z.string(),
  license: z.string(),
  type: z.literal('module'),
  main: z.string(),
  bin: z.record(z.string(), z.string()),
  engines: z.object({ node: z.string() }),
});

/**
 * Writes the package of the app and its command line, in place of what was there: the build, what the host reads, and nothing
 * that would have to be installed.
 */
export function assemble(target: string): void {
  rmSync(target, { recursive: true, force: true });
  for (const name of ['dist', 'host.json', 'LICENSE']) cpSync(name, join(target, name), { recursive: true });
  const manifest = manifestSchema.parse(JSON.parse(readFileSync('package.json', 'utf8')));
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}
