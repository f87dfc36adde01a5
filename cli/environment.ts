/** An environment to compare a source with: its database, or what was recorded of it. */
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { z } from 'zod';
import { destinationProbeSchema, extensionSchema } from '../shared/checks/probe.ts';
import type { DestinationProbe } from '../shared/checks/probe.ts';
import { decompressed, jsonLines } from '../shared/json-lines.ts';
import { readCatalogue } from '../shared/plan/catalogue.ts';
import type { CatalogueTable } from '../shared/plan/catalogue.ts';
import type { PlanContext } from '../shared/plan/plan.ts';
import { readOnline } from '../shared/plan/online-context.ts';
import { replicationRuleSchema } from '../shared/plan/rules.ts';
import type { ReplicationRule } from '../shared/plan/rules.ts';
import type { SqlDatabase } from '../shared/sql/database.ts';
import * as scripts from '../shared/sql/scripts.ts';
import { UsageProblem } from './command.ts';

/** The lines of a recording, in this order: lists are a line an entry, so that no line is long. */
const lineSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('environment'), recordedAt: z.iso.datetime(), probe: destinationProbeSchema }),
  z.object({ kind: z.literal('extension'), extension: extensionSchema }),
  z.object({ kind: z.literal('company'), sqlName: z.string() }),
  z.object({ kind: z.literal('rule'), rule: replicationRuleSchema }),
  z.object({ kind: z.literal('column'), column: z.unknown() }),
]);
type Line = z.infer<typeof lineSchema>;
type Extension = z.infer<typeof extensionSchema>;

export interface Environment {
  readonly probe: DestinationProbe;
  readonly online: Pick<PlanContext, 'onlineCompanies' | 'rules'>;
  /** Of a recording. */
  readonly recordedAt?: string;
  readonly tables: AsyncIterable<CatalogueTable>;
}

/** Measures an environment in its database. Its tables are read once. */
export async function measureEnvironment(database: SqlDatabase): Promise<Environment> {
  const [row] = await database.query(scripts.destinationProbe);
  return {
    probe: destinationProbeSchema.parse(row),
    online: await readOnline(database),
    tables: readCatalogue(database.stream(scripts.catalogue)),
  };
}

/**
 * Records an environment, so that sources can be compared with it where its database is out of reach. The file holds names,
 * types and sizes of tables, the companies, the apps and the version; no data and no secret.
 */
export async function recordEnvironment(database: SqlDatabase, file: string): Promise<void> {
  async function* text() {
    for await (const line of linesOf(database)) yield `${JSON.stringify(line)}\n`;
  }
  await pipeline(text, createGzip(), createWriteStream(file));
}

async function* linesOf(database: SqlDatabase): AsyncGenerator<Line> {
  const { probe, online } = await measureEnvironment(database);
  const { extensions, ...rest } = probe;
  yield { kind: 'environment', recordedAt: new Date().toISOString(), probe: { ...rest, extensions: extensions && [] } };
  for (const extension of extensions ?? []) yield { kind: 'extension', extension };
  for (const sqlName of online.onlineCompanies) yield { kind: 'company', sqlName };
  for (const rule of online.rules) yield { kind: 'rule', rule };
  for await (const column of database.stream(scripts.catalogue)) yield { kind: 'column', column };
}

/** Reads what was recorded of an environment. @throws {UsageProblem} if the file is no recording */
export async function readRecording(file: string): Promise<Environment> {
  try {
    return await readLines(jsonLines(decompressed(createReadStream(file))));
  } catch (error) {
    throw new UsageProblem(`--catalogue: ${file} is no recording, as "cloud-migration record" writes it.`, {
      cause: error,
    });
  }
}

async function readLines(values: AsyncGenerator): Promise<Environment> {
  const first = lineSchema.parse((await values.next()).value as unknown);
  if (first.kind !== 'environment') throw new Error('It does not begin with an environment.');
  const { probe, recordedAt } = first;
  const extensions: Extension[] = [];
  const online = { onlineCompanies: [] as string[], rules: [] as ReplicationRule[] };
  const environment = { probe: { ...probe, extensions: probe.extensions && extensions }, recordedAt, online };
  for (;;) {
    const next: IteratorResult<unknown, unknown> = await values.next();
    if (next.done === true) return { ...environment, tables: readCatalogue(Readable.from([])) };
    const line = lineSchema.parse(next.value);
    if (line.kind === 'extension') extensions.push(line.extension);
    if (line.kind === 'company') online.onlineCompanies.push(line.sqlName);
    if (line.kind === 'rule') online.rules.push(line.rule);
    if (line.kind === 'column') return { ...environment, tables: readCatalogue(columnsOf(line.column, values)) };
  }
}

/** The columns, of which the first was read already. */
async function* columnsOf(first: unknown, values: AsyncGenerator): AsyncGenerator {
  yield first;
  for await (const value of values) {
    const line = lineSchema.parse(value);
    if (line.kind === 'column') yield line.column;
  }
}
