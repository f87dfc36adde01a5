/** What the service measures, checks and plans before a migration, from a command line. Changes nothing. */
import { z } from 'zod';
import { evaluateChecks, summarizeChecks } from '../shared/checks/catalogue.ts';
import type { CheckResult } from '../shared/checks/check.ts';
import { companySchema, sourceProbeSchema, storageProbeSchema } from '../shared/checks/probe.ts';
import type { Company, DestinationProbe, SourceProbe } from '../shared/checks/probe.ts';
import type { CheckSelection } from '../shared/checks/check-selection.ts';
import { checkThresholdsSchema } from '../shared/checks/thresholds.ts';
import { companiesUnseen } from '../shared/checks/unseen.ts';
import { readCatalogue } from '../shared/plan/catalogue.ts';
import { planLimitsSchema } from '../shared/plan/groups.ts';
import { keptTable } from '../shared/plan/kept-plan.ts';
import type { KeptTable } from '../shared/plan/kept-plan.ts';
import { leftOutOf } from '../shared/plan/left-out.ts';
import { planTables, summarizePlan } from '../shared/plan/plan.ts';
import type { PlanContext, PlanSummary } from '../shared/plan/plan.ts';
import { sumsOf } from '../shared/plan/plan-summary.ts';
import type { PlanSums } from '../shared/plan/plan-summary.ts';
import type { Product, SourceConnection, SourceKind } from '../shared/setup/setup.ts';
import type { SqlDatabase } from '../shared/sql/database.ts';
import { azureConnectionErrors, azureSqlDomains } from '../shared/sql/azure-connection.ts';
import * as scripts from '../shared/sql/scripts.ts';
import { withDatabase } from './connect.ts';
import type { Login } from './connect.ts';
import { measureEnvironment, readRecording } from './environment.ts';
import type { Environment } from './environment.ts';

export interface Wanted {
  readonly product: Product;
  /** Names of the companies to migrate; left out: all. */
  readonly companies?: readonly string[];
  /** Which checks are wanted; left out: all. */
  readonly checks?: CheckSelection;
  readonly source: Login;
  /** To compare the source with: a database, or a file that was recorded of one. */
  readonly destination?: Login | { readonly recording: string };
}

export interface Assessment {
  readonly at: string;
  readonly product: Product;
  readonly source: Pick<SourceProbe, 'database' | 'productVersion' | 'edition' | 'applicationVersion'>;
  readonly destination?: Pick<DestinationProbe, 'database' | 'applicationVersion'> & {
    /** Where it was not measured now. */
    readonly recordedAt?: string;
  };
  readonly summary: ReturnType<typeof summarizeChecks>;
  readonly checks: readonly CheckResult[];
  readonly companies: readonly Company[];
  /** The apps that are installed in the source; null if they could not be read. */
  readonly extensions: SourceProbe['extensions'];
  /** There is none without a destination, or if the companies of the source could not be read. */
  readonly plan?: {
    readonly summary: PlanSummary;
    /** What comes and what does not, as `GET …/tables/summary` has it. */
    readonly sums: PlanSums;
    /** As `GET …/tables` has them. */
    readonly tables: readonly KeptTable[];
  };
}

/**
 * Measures, checks and plans.
 * @throws {ConnectProblem} if a database cannot be opened
 * @throws {UsageProblem} if a recording cannot be read
 */
export function assessDatabases(wanted: Wanted): Promise<Assessment> {
  const { source, destination } = wanted;
  return withDatabase(source, async (from) => {
    if (destination === undefined) return assess(wanted, from, await measureSource(from), undefined);
    if ('recording' in destination) {
      const environment = await readRecording(destination.recording);
      return assess(wanted, from, await measureSource(from), environment);
    }
    return withDatabase(destination, async (to) => {
      const [measured, environment] = await Promise.all([measureSource(from), measureEnvironment(to)]);
      return assess(wanted, from, measured, environment);
    });
  });
}

type MeasuredSource = Awaited<ReturnType<typeof measureSource>>;

async function measureSource(source: SqlDatabase) {
  const [row] = await source.query(scripts.sourceProbe);
  const [storageRow] = await source.query(scripts.sourceStorageProbe);
  return {
    probe: sourceProbeSchema.parse(row),
    storage: storageProbeSchema.parse(storageRow),
    companies: z.array(companySchema).parse(await source.query(scripts.listCompanies)),
  };
}

/** A setup's mark is on neither side: what is marked is somebody else's. */
const NO_SETUP = 'assessment';

async function assess(
  { product, companies: selected, checks: selection, source: { connection } }: Wanted,
  source: SqlDatabase,
  { probe: measured, storage, companies }: MeasuredSource,
  environment: Environment | undefined,
): Promise<Assessment> {
  const all = { companies, unlistedCompanies: 0 };
  const known = {
    companies,
    selection: selected === undefined ? {} : { companies: [...selected] },
    collation: measured.collation,
  };
  const canPlan = environment !== undefined && companiesUnseen({ source: measured, ...all }) === undefined;
  const compared = canPlan ? await compare(source, environment, known) : undefined;
  const input = {
    setupKey: NO_SETUP,
    product,
    sourceKind: kindOf(connection),
    source: measured,
    storage,
    ...all,
    ...(selected === undefined ? {} : { selected }),
    ...(environment === undefined ? {} : { destination: environment.probe }),
    ...(compared === undefined ? {} : { leftOut: compared.leftOut }),
    thresholds: checkThresholdsSchema.parse({}),
  };
  const checks = evaluateChecks(input, selection);
  const { database, productVersion, edition, applicationVersion, extensions } = measured;
  return {
    at: new Date().toISOString(),
    product,
    source: { database, productVersion, edition, applicationVersion },
    ...(environment === undefined ? {} : { destination: placeOf(environment) }),
    ...(compared === undefined ? {} : { plan: compared.plan }),
    summary: summarizeChecks(checks),
    checks,
    companies,
    extensions,
  };
}

function placeOf({ probe: { database, applicationVersion }, recordedAt }: Environment) {
  return { database, applicationVersion, ...(recordedAt === undefined ? {} : { recordedAt }) };
}

function kindOf(connection: SourceConnection): SourceKind {
  return azureConnectionErrors(connection, azureSqlDomains).length === 0 ? 'AzureSql' : 'SqlServer';
}

/** Plans every table of the source. */
async function compare(
  source: SqlDatabase,
  { probe, online, tables }: Environment,
  known: Pick<PlanContext, 'companies' | 'selection' | 'collation'>,
) {
  const context = { ...known, ...online, onlineApps: probe.extensions ?? [], limits: planLimitsSchema.parse({}) };
  const planned = await Array.fromAsync(planTables(readCatalogue(source.stream(scripts.catalogue)), tables, context));
  const kept = planned.map(keptTable);
  const plan = { summary: summarizePlan(planned), sums: await sumsOf(kept), tables: kept };
  return { plan, leftOut: await leftOutOf(planned) };
}
