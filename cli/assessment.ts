/** What the service measures, checks and plans before a migration, from a command line. Changes nothing. */
import { z } from 'zod';
import { evaluateChecks, summarizeChecks } from '../shared/checks/catalogue.ts';
import type { CheckResult } from '../shared/checks/check.ts';
import { companySchema, destinationProbeSchema, sourceProbeSchema } from '../shared/checks/probe.ts';
import type { Company, DestinationProbe, SourceProbe } from '../shared/checks/probe.ts';
import { checkThresholdsSchema } from '../shared/checks/thresholds.ts';
import { readCatalogue } from '../shared/plan/catalogue.ts';
import { planLimitsSchema } from '../shared/plan/groups.ts';
import { readOnline } from '../shared/plan/online-context.ts';
import { leftOutOf } from '../shared/plan/left-out.ts';
import { planTables, summarizePlan } from '../shared/plan/plan.ts';
import type { PlanContext, PlannedTable, PlanSummary } from '../shared/plan/plan.ts';
import type { Product, SourceKind } from '../shared/setup/setup.ts';
import type { SqlDatabase } from '../shared/sql/database.ts';
import * as scripts from '../shared/sql/scripts.ts';
import { withDatabase } from './connect.ts';
import type { Login } from './connect.ts';

export interface Wanted {
  readonly product: Product;
  /** Names of the companies to migrate; left out: all. */
  readonly companies?: readonly string[];
  readonly source: Login;
  readonly destination?: Login;
}

/** A planned table, as far as a reader of the plan needs it. */
export type AssessedTable = Pick<
  PlannedTable,
  | 'sourceTable'
  | 'destinationTable'
  | 'company'
  | 'appId'
  | 'copyMethod'
  | 'rowCount'
  | 'byteCount'
  | 'reason'
  | 'problems'
>;

export interface Assessment {
  readonly at: string;
  readonly product: Product;
  readonly source: Pick<SourceProbe, 'database' | 'productVersion' | 'edition' | 'applicationVersion'>;
  readonly destination?: Pick<DestinationProbe, 'database' | 'applicationVersion'>;
  readonly summary: ReturnType<typeof summarizeChecks>;
  readonly checks: readonly CheckResult[];
  readonly companies: readonly Company[];
  /** The apps that are installed in the source; null if they could not be read. */
  readonly extensions: SourceProbe['extensions'];
  /** There is none without a destination. */
  readonly plan?: { readonly summary: PlanSummary; readonly tables: readonly AssessedTable[] };
}

/** Measures, checks and plans. @throws {ConnectProblem} if a database cannot be opened */
export function assessDatabases(wanted: Wanted): Promise<Assessment> {
  const { source, destination } = wanted;
  return withDatabase(source, (from) =>
    destination === undefined
      ? assess(wanted, from, undefined)
      : withDatabase(destination, (to) => assess(wanted, from, to)),
  );
}

/** A setup's mark is on neither side: what is marked is somebody else's. */
const NO_SETUP = 'assessment';

async function assess(
  { product, companies: selected, source: { connection } }: Wanted,
  source: SqlDatabase,
  destination: SqlDatabase | undefined,
): Promise<Assessment> {
  const [row] = await source.query(scripts.sourceProbe);
  const measured = sourceProbeSchema.parse(row);
  const companies = z.array(companySchema).parse(await source.query(scripts.listCompanies));
  const selection = selected === undefined ? {} : { companies: [...selected] };
  const known = { companies, selection, collation: measured.collation };
  const online = destination === undefined ? undefined : await compare(source, destination, known);
  const checks = evaluateChecks({
    setupKey: NO_SETUP,
    product,
    sourceKind: kindOf(connection.server),
    source: measured,
    companies,
    ...(selected === undefined ? {} : { selected }),
    ...(online === undefined ? {} : { destination: online.probe, leftOut: online.leftOut }),
    thresholds: checkThresholdsSchema.parse({}),
  });
  const { database, productVersion, edition, applicationVersion, extensions } = measured;
  return {
    at: new Date().toISOString(),
    product,
    source: { database, productVersion, edition, applicationVersion },
    ...(online === undefined ? {} : { destination: placeOf(online.probe), plan: online.plan }),
    summary: summarizeChecks(checks),
    checks,
    companies,
    extensions,
  };
}

function placeOf({ database, applicationVersion }: DestinationProbe) {
  return { database, applicationVersion };
}

/** https://learn.microsoft.com/azure/azure-sql/database/network-access-controls-overview */
function kindOf(server: string): SourceKind {
  return /\.database\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)(?:,|$)/i.test(server)
    ? 'AzureSql'
    : 'SqlServer';
}

/** Measures the destination, and plans every table of the source. */
async function compare(
  source: SqlDatabase,
  destination: SqlDatabase,
  known: Pick<PlanContext, 'companies' | 'selection' | 'collation'>,
) {
  const [row] = await destination.query(scripts.destinationProbe);
  const probe = destinationProbeSchema.parse(row);
  const catalogueOf = (database: SqlDatabase) => readCatalogue(database.stream(scripts.catalogue));
  const planned = await Array.fromAsync(
    planTables(catalogueOf(source), catalogueOf(destination), {
      ...known,
      ...(await readOnline(destination)),
      onlineApps: probe.extensions ?? [],
      limits: planLimitsSchema.parse({}),
    }),
  );
  const plan = { summary: summarizePlan(planned), tables: planned.map(assessedTable) };
  return { probe, plan, leftOut: await leftOutOf(planned) };
}

function assessedTable(table: PlannedTable): AssessedTable {
  const { sourceTable, destinationTable, company, appId, copyMethod, rowCount, byteCount, reason, problems } = table;
  return { sourceTable, destinationTable, company, appId, copyMethod, rowCount, byteCount, reason, problems };
}
