/**
 * The report of a database with 5,000 companies and 100,000 tables, in one run: checked, planned and stored by the activity that does
 * so, then read over the API to the end of each list: the second part of `npm run bench:plan`; alone
 * `node local/bench/plan-report.ts [companies] [tables]`. What the pipeline finds in the databases is made up; Table Storage and blobs
 * are Azurite's. Fails unless each list has everything, everything once, in rows and answers that are not too large.
 */
import assert from 'node:assert/strict';
import { runActivity } from '../../orchestrators/activities/run.ts';
import type { CheckResult } from '../../shared/checks/check.ts';
import { checkCatalogue } from '../../shared/checks/catalogue.ts';
import { checkThresholdsSchema } from '../../shared/checks/thresholds.ts';
import { catalogueBlob } from '../../shared/factory/names.ts';
import type { PlanSums } from '../../shared/plan/plan-summary.ts';
import type { Services } from '../../shared/services.ts';
import { storedAssessmentId } from '../../shared/setup/assessment.ts';
import { environmentOf, factory, reached, setupBody, startHttpApi } from '../../test/support/api/http-api.ts';
import { tenantId } from '../../test/support/api/token-issuer.ts';
import { noClient } from '../../test/support/no-client.ts';
import { largeSource } from './large-source.ts';
import type { LargeTable } from './large-source.ts';

const [COMPANIES, TABLES] = [5_000, 20];
const PAGE = 100;
const MEGABYTE = 1024 * 1024;
/** Of a page; and of the checks, which come whole, with each name that they list. */
const [LARGEST_PAGE, LARGEST_REPORT] = [MEGABYTE / 4, MEGABYTE];
/** What Data Factory gives of a Lookup. */
const LARGEST_LOOKUP = 4 * MEGABYTE;
/** What Table Storage takes in a column, in characters. */
const LONGEST_COLUMN = 32 * 1024;

type Query = Readonly<Record<string, string>>;
type CompanySums = PlanSums['byCompany'][number];

const [companies = COMPANIES, tables = TABLES] = process.argv.slice(2).map(Number);
const source = largeSource(companies, tables);
const api = await startHttpApi();
const assessmentId = `large-${crypto.randomUUID()}`;
const attempt = { tenantId, setupId: storedAssessmentId(assessmentId), attempt: 1 };
const evaluate = await databasesMeasured();
const figures: object[] = [];
await timed('checks, plan, and their store', evaluate);
await requireSmallRows();
await timed('GET …/checks', readChecks);
await timed('GET …/companies', () => readList('listCompaniesOfAssessment', {}, 'name', source.companies));
await timed('GET …/tables/summary', readSummary);
for (const [query, isWanted] of tableLists()) {
  const expected = source.tables.filter(isWanted);
  if (query['orderby'] === 'rows desc') expected.sort((one, other) => other.rows - one.rows);
  const names = expected.map(({ name }) => name);
  const what = `GET …/tables, ${names.length}: ${new URLSearchParams(query).toString()}`;
  await timed(what, () => readList('listTablesOfAssessment', query, 'sourceTable', names));
}
console.log(`${companies} companies, ${source.tables.length} tables; pages of ${PAGE}, megabytes at most so far`);
console.table(figures);
// What is shared in a process ends with it.
process.exit(0);

/** Brings an assessment to the point where its databases were measured; gives what evaluates its checks. */
async function databasesMeasured(): Promise<() => Promise<void>> {
  await api.register(environmentOf(assessmentId));
  const body = JSON.stringify({ ...setupBody, destination: { environment: environmentOf(assessmentId) } });
  await call('putAssessment', {}, { headers: { 'content-type': 'application/json' }, body });
  await api.reach(attempt.setupId, reached.factorySelected, reached.runtimeCreated, reached.runtimeOnline);
  const { key, destination } = await api.services.store.require(attempt);
  const staging = api.services.staging.of(destination.region);
  await staging.open(key);
  for (const side of ['source', 'destination'] as const) {
    await staging.write(key, catalogueBlob(1, side), [source.catalogues[side]()]);
  }
  for (const output of source.outputs.values()) assert(sizeOf(output) < LARGEST_LOOKUP);
  const measured: Partial<Record<keyof Services, unknown>> = {
    ...api.services,
    thresholds: checkThresholdsSchema.parse({}),
    factories: { activityOutputs: () => Promise.resolve(source.outputs) },
    databases: { useIfAdmitted: (_: object, work: (database: object) => object) => work(source.environment) },
    publisher: { publish: () => Promise.resolve() },
  };
  const input = { ...attempt, key, factory, runId: 'run' };
  return async () => {
    assert.deepEqual(await runActivity('evaluateChecks', input, measured as unknown as Services, noClient), {});
  };
}

/** What is asked of the tables, each with those that are expected. */
function tableLists(): [Query, (table: LargeTable) => boolean][] {
  const last = source.companies.at(-1) ?? '';
  return [
    [{}, () => true],
    [{ company: last }, ({ company }) => company === last],
    [{ text: last.replace('/', ' ').toUpperCase(), orderby: 'rows desc' }, ({ company }) => company === last],
    [{ reasonCode: '50011', orderby: 'rows desc' }, ({ reasonCode }) => reasonCode === '50011'],
  ];
}

async function requireSmallRows(): Promise<void> {
  for await (const row of api.setups.listEntities()) {
    for (const value of Object.values(row)) assert(String(value).length <= LONGEST_COLUMN);
  }
}

/** Each check; of the one that no company passes, the names of all. */
async function readChecks(): Promise<void> {
  const { value } = await read<CheckResult>('listChecksOfAssessment', {}, LARGEST_REPORT);
  const [found, expected] = [value, checkCatalogue].map((list) => list.map(({ id }) => id));
  assert.deepEqual(found, expected);
  assert.deepEqual(value.find(({ id }) => id === 'CMP-02')?.names, source.companies);
}

/** The sums of each company, which together are those of all. */
async function readSummary(): Promise<void> {
  const sums = await Array.fromAsync(items<CompanySums>('summarizeTablesOfAssessment', {}));
  assert.deepEqual(
    sums.map(({ company }) => company),
    source.companies,
  );
  const total = (of: (sum: CompanySums) => number) => sums.map(of).reduce((one, other) => one + other, 0);
  assert.equal(
    total(({ copied, left }) => copied.tables + left.tables),
    source.tables.length,
  );
  const rows = source.tables.reduce((before, table) => before + table.rows, 0);
  assert.equal(
    total(({ copied, left }) => copied.rows + left.rows),
    rows,
  );
}

/** Reads a list to its end. @param member of each item, which names it */
async function readList(name: string, query: Query, member: string, expected: readonly string[]): Promise<void> {
  const found = await Array.fromAsync(items<Readonly<Record<string, unknown>>>(name, query), (item) => item[member]);
  assert.deepEqual(found, expected);
}

async function* items<Item>(name: string, query: Query): AsyncGenerator<Item> {
  let going: Query | undefined = { maxpagesize: String(PAGE), ...query };
  while (going !== undefined) {
    const { value, nextLink }: Page<Item> = await read<Item>(name, going, LARGEST_PAGE);
    assert(value.length <= PAGE);
    yield* value;
    going = nextLink === undefined ? undefined : Object.fromEntries(new URL(nextLink).searchParams);
  }
}

interface Page<Item> {
  readonly value: readonly Item[];
  readonly nextLink?: string;
}

async function read<Item>(name: string, query: Query, largest: number): Promise<Page<Item>> {
  const { status, body } = await call(name, query);
  assert.equal(status, 200);
  assert(sizeOf(body) <= largest);
  return body as Page<Item>;
}

function call(name: string, query: Query, sent: object = {}) {
  return api.call(name, assessmentId, {
    ...sent,
    params: { assessmentId },
    query: { 'api-version': '2026-11-01', ...query },
  });
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Time on the clock, and of the processor, which other work on the machine does not lengthen; and what memory has grown to. */
async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const [begun, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  const rounded = (value: number) => Number(value.toFixed(2));
  const seconds = rounded((performance.now() - begun) / 1_000);
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  figures.push({ what, seconds, processor: rounded((user + system) / 1_000_000), megabytes });
}
