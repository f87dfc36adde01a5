/** An environment to compare a source with: its database, or what was recorded of it. */
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { z } from 'zod';
import { destinationProbeSchema } from '../shared/checks/probe.ts';
import type { DestinationProbe } from '../shared/checks/probe.ts';
import { jsonLines } from '../shared/json-lines.ts';
import { readCatalogue } from '../shared/plan/catalogue.ts';
import type { CatalogueTable } from '../shared/plan/catalogue.ts';
import { readOnline } from '../shared/plan/online-context.ts';
import { replicationRuleSchema } from '../shared/plan/rules.ts';
import type { SqlDatabase } from '../shared/sql/database.ts';
import * as scripts from '../shared/sql/scripts.ts';
import { UsageProblem } from './command.ts';

/** The first line of a recording; a row of the catalogue is on each of the others. */
const headSchema = z.object({
  recordedAt: z.iso.datetime(),
  probe: destinationProbeSchema,
  online: z.object({ onlineCompanies: z.array(z.string()), rules: z.array(replicationRuleSchema) }),
});
type Head = z.infer<typeof headSchema>;

export interface Environment extends Omit<Head, 'recordedAt'> {
  /** Of a recording. */
  readonly recordedAt?: string;
  readonly tables: AsyncIterable<CatalogueTable>;
}

/** Measures an environment in its database. Its tables are read once. */
export async function measureEnvironment(database: SqlDatabase): Promise<Environment> {
  return { ...(await headOf(database)), tables: readCatalogue(database.stream(scripts.catalogue)) };
}

/**
 * Records an environment, so that sources can be compared with it where its database is out of reach. The file holds names,
 * types and sizes of tables, the companies, the apps and the version; no data and no secret.
 */
export async function recordEnvironment(database: SqlDatabase, file: string): Promise<void> {
  const head = { recordedAt: new Date().toISOString(), ...(await headOf(database)) };
  async function* lines() {
    yield `${JSON.stringify(head)}\n`;
    for await (const row of database.stream(scripts.catalogue)) yield `${JSON.stringify(row)}\n`;
  }
  await pipeline(lines, createGzip(), createWriteStream(file));
}

/** Reads what was recorded of an environment. @throws {UsageProblem} if the file is no recording */
export async function readRecording(file: string): Promise<Environment> {
  const lines = jsonLines(createReadStream(file));
  try {
    const first: IteratorResult<unknown, unknown> = await lines.next();
    return { ...headSchema.parse(first.value), tables: readCatalogue(lines) };
  } catch (error) {
    throw new UsageProblem(`--catalogue: ${file} is no recording, as "cloud-migration record" writes it.`, {
      cause: error,
    });
  }
}

async function headOf(database: SqlDatabase): Promise<{ probe: DestinationProbe; online: Head['online'] }> {
  const [row] = await database.query(scripts.destinationProbe);
  const { onlineCompanies, rules } = await readOnline(database);
  return {
    probe: destinationProbeSchema.parse(row),
    online: { onlineCompanies: [...onlineCompanies], rules: [...rules] },
  };
}
