/**
 * Time and memory of planning 1,000, 10,000 and 100,000 tables, and what it takes to keep and read such a plan, each in a process
 * of its own: `npm run bench:plan`.
 */
import { spawnSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { compressedLines, decompressed, jsonLines } from '../../shared/json-lines.ts';
import { keptTable, keptTableSchema } from '../../shared/plan/kept-plan.ts';
import type { KeptTable } from '../../shared/plan/kept-plan.ts';
import { pageOf } from '../../shared/plan/plan-query.ts';
import { sumsOf } from '../../shared/plan/plan-summary.ts';
import { planTables } from '../../shared/plan/plan.ts';
import { baseApplication } from '../../test/support/plan/base-application.ts';

const TABLES_OF_A_COMPANY = 1_000;

const [companies] = process.argv.slice(2).map(Number);
if (companies !== undefined) console.log(JSON.stringify(await planned(companies)));
else compare([1, 10, 100].map(inProcess));

type Figures = Awaited<ReturnType<typeof planned>>;

/** Linear: a column takes as long among 100,000 tables as among 1,000. The ratio stands whatever the machine does else. */
function compare(figures: readonly Figures[]): void {
  console.table(figures);
  const [least, ...others] = figures.map(({ microsecondsOfAColumn }) => microsecondsOfAColumn);
  const ratios = others.map((time) => (time / (least ?? Number.NaN)).toFixed(2));
  console.log(`time of a column, in that of the fewest tables: ${ratios.join(', ')}`);
}

function inProcess(count: number): Figures {
  const { stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), String(count)]);
  if (stdout.length === 0) throw new Error(stderr.toString());
  return JSON.parse(stdout.toString()) as Figures;
}

/** Processor time and memory of one plan, without the time in which its catalogues are made up. */
async function planned(count: number) {
  await plan(1);
  const { source, destination } = baseApplication(count, TABLES_OF_A_COMPANY);
  const makingUp = await secondsOf(async () => {
    for await (const _table of source());
    for await (const _table of destination());
  });
  const before = process.resourceUsage().maxRSS;
  let columns = 0;
  const seconds = await secondsOf(async () => {
    columns = await plan(count);
  });
  const tables = count * TABLES_OF_A_COMPANY;
  return {
    tables,
    columns,
    seconds: Number((seconds - makingUp).toFixed(2)),
    microsecondsOfAColumn: Number((((seconds - makingUp) / columns) * 1_000_000).toFixed(2)),
    megabytesMore: Math.round((process.resourceUsage().maxRSS - before) / 1024),
    ...(await kept(count)),
  };
}

/** The plan as it is kept: how large it is, and how long the dearest page of it and its sums take. */
async function kept(count: number) {
  const { source, destination, context } = baseApplication(count, TABLES_OF_A_COMPANY);
  const parts: Buffer[] = [];
  let lines: KeptTable[] = [];
  for await (const table of planTables(source(), destination(), context)) {
    lines.push(keptTable(table));
    if (lines.length < TABLES_OF_A_COMPANY) continue;
    parts.push(compressedLines(lines));
    lines = [];
  }
  const file = Buffer.concat([...parts, compressedLines(lines)]);
  async function* tables() {
    for await (const line of jsonLines(decompressed(Readable.from([file])))) yield keptTableSchema.parse(line);
  }
  const wanted = { filter: { withRows: false }, order: 'rows desc', size: 50 } as const;
  const page = await secondsOf(async () => void (await pageOf(tables, wanted)));
  const sums = await secondsOf(async () => void (await sumsOf(tables())));
  return {
    megabytesKept: Number((file.length / 1_000_000).toFixed(2)),
    secondsOfAPage: Number(page.toFixed(2)),
    secondsOfSums: Number(sums.toFixed(2)),
  };
}

/** Gives the number of planned columns. */
async function plan(count: number): Promise<number> {
  const { source, destination, context } = baseApplication(count, TABLES_OF_A_COMPANY);
  let columns = 0;
  for await (const table of planTables(source(), destination(), context)) columns += table.columns.length;
  return columns;
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const begun = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000_000;
}
