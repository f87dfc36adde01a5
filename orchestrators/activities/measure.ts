/** Everything that checks are given: what the pipeline found in both databases, and what the app finds by itself. */
import type { CheckInput } from '../../shared/checks/check.ts';
import {
  companySchema,
  companyTotalSchema,
  destinationProbeSchema,
  sourceProbeSchema,
  storageProbeSchema,
} from '../../shared/checks/probe.ts';
import { strictest } from '../../shared/checks/thresholds.ts';
import { companiesUnseen } from '../../shared/checks/unseen.ts';
import type { Clock } from '../../shared/clock.ts';
import { preparationActivities } from '../../shared/factory/preparation-pipeline.ts';
import { planLimitsSchema } from '../../shared/plan/groups.ts';
import { LeftOutCounts } from '../../shared/plan/left-out.ts';
import type { LeftOutTables } from '../../shared/plan/left-out.ts';
import { readOnline } from '../../shared/plan/online-context.ts';
import { emptyPlanSummary, planTables, summarizePlan } from '../../shared/plan/plan.ts';
import type { PlanSummary } from '../../shared/plan/plan.ts';
import { redact } from '../../shared/redact.ts';
import type { Services } from '../../shared/services.ts';
import type { Fingerprints } from '../../shared/setup/assessed-catalogues.ts';
import { isAssessment } from '../../shared/setup/assessment.ts';
import { databaseMarkOf } from '../../shared/setup/database-mark.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';
import type { Factory } from '../../shared/setup/setup.ts';
import type { SqlDatabase } from '../../shared/sql/database.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import { fingerprintsOf } from './assessed-catalogues.ts';
import { catalogueOf } from './catalogues.ts';
import { firstRowOf, rowsOf } from './lookup-output.ts';
import { PlanFile } from './plan-file.ts';
import { setupsAtWork } from './setups-at-work.ts';

/** The run of the stage `assess`, and the self-hosted runtime that it went by. */
interface Assessed {
  readonly factory: Factory;
  readonly runId: string;
  readonly runtimeName?: string | undefined;
}

/** A plan that was made for the checks. */
interface Foreseen {
  readonly summary: PlanSummary;
  readonly file: PlanFile;
}

/** What the checks of a setup are given, and what a plan would come to: none if the environment or companies could not be read. */
interface Measured {
  readonly measured: CheckInput;
  readonly foreseen?: Foreseen;
  /** Of an assessment, whose catalogues a setup may take over. */
  readonly fingerprints?: Fingerprints | undefined;
}

/** Measures for a setup what its checks look at. Changes nothing. */
export async function measure(
  { factory, runId, runtimeName }: Assessed,
  setup: SetupRecord,
  services: Services,
): Promise<Measured> {
  const { factories, databases, secrets, clock, thresholds } = services;
  const [outputs, runtime, own, secret] = await Promise.all([
    factories.activityOutputs(factory, runId),
    runtimeName === undefined ? undefined : measureRuntime(factory, runtimeName, setup, services),
    databases.useIfAdmitted(setup.destination, lookAround, LONGEST_LOOK_MS),
    secrets.stateOf(setup.secretName),
  ]);
  const listed = outputs.get(preparationActivities.companies);
  const probes = {
    source: firstRowOf(outputs.get(preparationActivities.sourceProbe), sourceProbeSchema),
    storage: firstRowOf(outputs.get(preparationActivities.storageProbe), storageProbeSchema),
    companies: rowsOf(listed, companySchema),
    unlistedCompanies: unlisted(rowsOf(listed, companyTotalSchema)),
    destination: firstRowOf(outputs.get(preparationActivities.destinationProbe), destinationProbeSchema),
  };
  const online = 'refused' in own ? undefined : own.online;
  // Tables are told by their companies: without all of these, a plan would be another one.
  const canPlan = online !== undefined && companiesUnseen(probes) === undefined;
  const planned = canPlan ? await plan(setup, services, probes, online) : undefined;
  const measured = {
    ...probes,
    setupKey: databaseMarkOf(services.settings.MIGRATION_EVENT_SOURCE, setup),
    product: setup.request.product,
    sourceKind: setup.request.source.kind,
    ...(setup.request.companies === undefined ? {} : { selected: setup.request.companies }),
    runtime,
    factoryAccess: probes.destination,
    ownAccess: 'refused' in own ? { refused: redact(own.refused) } : own.access,
    leftOut: planned?.leftOut,
    secret: secret && { isEnabled: secret.isEnabled, daysLeft: daysUntil(secret.expiresOn, clock) },
    thresholds: strictest(thresholds, setup.request.thresholds ?? {}),
  };
  return {
    measured,
    ...(planned === undefined ? {} : { foreseen: planned }),
    ...(isAssessment(setup) ? { fingerprints: fingerprintsOf(outputs) } : {}),
  };
}

/** How many companies there are beside those in a list. */
function unlisted(list: readonly { readonly total?: number | undefined }[]): number {
  return (list[0]?.total ?? list.length) - list.length;
}

/** How a runtime is, and who uses it. */
async function measureRuntime(
  factory: Factory,
  name: string,
  { tenantId }: SetupRecord,
  { factories, runtimes, store }: Services,
): Promise<CheckInput['runtime']> {
  const [status, row] = await Promise.all([factories.runtimeStatus(factory, name), runtimes.get(tenantId, name)]);
  const setups = await setupsAtWork(store, tenantId, row?.users ?? []);
  // Resource Manager counts requests: who has a runtime for itself does not ask what others do with it.
  const load = setups > 1 ? await factories.runtimeLoad(factory, name) : undefined;
  return { name, ...status, load, setups };
}

/** It only reads, and joins every table of an environment to its company. */
const LONGEST_LOOK_MS = 10 * 60_000;

type Online = Awaited<ReturnType<typeof readOnline>>;

/** As the app itself, which plans later; the pipeline probes as the factory. */
async function lookAround(
  database: SqlDatabase,
): Promise<{ access: CheckInput['destination']; online: Online | undefined }> {
  const [row] = await database.query(scripts.destinationProbe);
  const access = destinationProbeSchema.parse(row);
  return { access, online: access.hasControl === true ? await readOnline(database) : undefined };
}

/** What a plan would come to, and what it would leave out: made from what it will be made of. */
async function plan(
  setup: SetupRecord,
  services: Services,
  { source, companies, destination }: Pick<CheckInput, 'source' | 'companies' | 'destination'>,
  online: Online,
): Promise<Foreseen & { readonly leftOut: LeftOutTables }> {
  const tables = planTables(catalogueOf(services, setup, 'source'), catalogueOf(services, setup, 'destination'), {
    ...online,
    companies,
    onlineApps: destination.extensions ?? [],
    limits: planLimitsSchema.parse({}),
    collation: source.collation,
    selection: setup.request,
  });
  const counts = new LeftOutCounts();
  const file = new PlanFile();
  let summary = emptyPlanSummary;
  for await (const table of tables) {
    counts.meet(table);
    file.add(table);
    summary = summarizePlan([table], summary);
  }
  return { leftOut: counts.tables, summary, file };
}

const DAY_MS = 24 * 60 * 60 * 1000;

function daysUntil(time: Date | undefined, clock: Clock): number | null {
  return time === undefined ? null : (time.getTime() - clock.now().getTime()) / DAY_MS;
}
