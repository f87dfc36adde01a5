import { z } from 'zod';
import { companySchema, extensionSchema, sourceFactsSchema } from '../../shared/checks/probe.ts';
import { readOnline } from '../../shared/plan/online-context.ts';
import { replacePlan } from '../../shared/plan/control-rows.ts';
import { planLimitsSchema } from '../../shared/plan/groups.ts';
import { emptyPlanSummary, planTables as plan, summarizePlan } from '../../shared/plan/plan.ts';
import type { PlanContext } from '../../shared/plan/plan.ts';
import type { StopReason, Worker } from '../../shared/setup/fence.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';
import type { MilestoneData } from '../../shared/setup/states.ts';
import type { Services } from '../../shared/services.ts';
import type { SqlDatabase } from '../../shared/sql/database.ts';
import { catalogueOf } from './catalogues.ts';
import { claimantOf } from './claimant.ts';
import type { ActivityRun, Implementation } from './implementation.ts';
import { PlanFile } from './plan-file.ts';
import { publish, reach } from './setup-record.ts';

export const planTables: Implementation<'planTables'> = async (input, services, { head, stopped }) => {
  const setup = await head();
  const planned = await writePlan(setup, input, services, stopped);
  if ('stopped' in planned) return planned;
  const reached = await reach(input, { name: 'tablesPlanned', data: planned }, services, setup);
  return 'stopped' in reached ? reached : null;
};

export const refreshPlan: Implementation<'refreshPlan'> = async (input, services, { head, stopped }) => {
  const setup = await head();
  if (!setup.planOutdated) return { published: true };
  const planned = await writePlan(setup, input, services, stopped);
  if ('stopped' in planned) return planned;
  const recorded = await services.replicationRuns.recordPlan(input, input.run, planned);
  return recorded.kind === 'stopped' ? { stopped: recorded.reason } : publish(input, services.publisher);
};

type Planned = MilestoneData<'tablesPlanned'> | { readonly stopped: StopReason };

/** The fence is asked before each part, and the last statement takes its place in the database under the claim. */
const LONGEST_PLAN_REQUEST_MS = 10 * 60_000;

/** Plans every table and puts the plan in the place of the one before. */
async function writePlan(
  setup: SetupRecord,
  worker: Worker,
  services: Services,
  ask: ActivityRun['stopped'],
): Promise<Planned> {
  const run = worker.run === undefined ? {} : { replicationId: worker.run.number };
  const owner = { ...claimantOf(worker, services), ...run };
  const assessed = await services.findings.originOf(setup, 'source', setup.from);
  const catalogue = (side: 'source' | 'destination') => catalogueOf(services, { ...setup, attempt: assessed }, side);
  const work = async (database: SqlDatabase): Promise<Planned> => {
    const planned = plan(catalogue('source'), catalogue('destination'), await planContext(services, setup, database));
    const file = new PlanFile();
    let summary = emptyPlanSummary;
    let stopped: StopReason = 'superseded';
    const outcome = await replacePlan(database, owner, planned, {
      async stillCurrent() {
        const reason = await ask();
        stopped = reason ?? stopped;
        return reason === undefined;
      },
      written: (tables) => {
        for (const table of tables) file.add(table);
        summary = summarizePlan(tables, summary);
      },
    });
    if (outcome === 'superseded') return { stopped };
    await file.keep(services, setup);
    return { ...summary, byCopyMethod: { ...summary.byCopyMethod } };
  };
  return services.databases.use(setup.destination, work, LONGEST_PLAN_REQUEST_MS);
}

async function planContext({ findings }: Services, setup: SetupRecord, database: SqlDatabase): Promise<PlanContext> {
  const [[source], companies, extensions] = await Promise.all([
    findings.of(setup, 'source', setup.from),
    findings.of(setup, 'company', setup.from),
    findings.of(setup, 'extension', setup.from),
  ]);
  return {
    ...(await readOnline(database)),
    companies: z.array(companySchema).parse(companies),
    onlineApps: z.array(extensionSchema).parse(extensions),
    limits: planLimitsSchema.parse({}),
    collation: sourceFactsSchema.parse(source).collation,
    selection: setup.request,
  };
}
