import { z } from 'zod';
import { clipList } from '../../shared/clip.ts';
import { companySchema, extensionSchema } from '../../shared/checks/check.ts';
import { databaseMarkOf } from '../../shared/setup/database-mark.ts';
import { stopReason } from '../../shared/setup/fence.ts';
import type { StopReason } from '../../shared/setup/fence.ts';
import type { AttemptId } from '../../shared/setup/setup.ts';
import type { Services } from '../../shared/services.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import type { Row, SqlDatabase } from '../../shared/sql/database.ts';
import { joinCatalogue } from '../../shared/plan/catalogue.ts';
import { planLimitsSchema } from '../../shared/plan/groups.ts';
import { emptyPlanSummary, planTables as plan, summarizePlan } from '../../shared/plan/plan.ts';
import type { PlanContext } from '../../shared/plan/plan.ts';
import { replicationRuleSchema } from '../../shared/plan/rules.ts';
import type { Implementation } from './implementation.ts';
import { replacePlan } from '../../shared/plan/control-rows.ts';

/** The fence is asked before each part, and the last statement takes its place in the database under the claim. */
const LONGEST_PLAN_REQUEST_MS = 10 * 60_000;

export const planTables: Implementation<'planTables'> = async (input, services) => {
  const { destination } = await services.store.require(input);
  const work = async (database: SqlDatabase) => {
    const planned = plan(
      joinCatalogue(database.stream(scripts.sourceTables), database.stream(scripts.sourceColumns)),
      joinCatalogue(database.stream(scripts.catalogueTables), database.stream(scripts.catalogueColumns)),
      await planContext(services, input, database),
    );
    let summary = emptyPlanSummary;
    let stopped: StopReason = 'superseded';
    const outcome = await replacePlan(database, claimantOf(input, services), planned, {
      async stillCurrent() {
        const reason = stopReason('forward', input, await services.store.get(input));
        stopped = reason ?? stopped;
        return reason === undefined;
      },
      written: (tables) => {
        summary = summarizePlan(tables, summary);
      },
    });
    if (outcome === 'superseded') return { stopped };
    return { ...summary, byCopyMethod: { ...summary.byCopyMethod } };
  };
  return services.databases.use(destination, work, LONGEST_PLAN_REQUEST_MS);
};

export const markEnvironmentReady: Implementation<'markEnvironmentReady'> = async (input, services) => {
  const { destination } = await services.store.require(input);
  const companies = await services.findings.of(input, 'company');
  const [row] = await services.databases.use(destination, (database) =>
    database.query(scripts.markReady, { ...claimantOf(input, services), companies: JSON.stringify(companies) }),
  );
  const { outcome } = markedSchema.parse(row);
  return outcome === 'superseded' ? { stopped: outcome } : { environment: destination.environment };
};

const markedSchema = z.object({ outcome: z.enum(['marked', 'superseded']) });

export const clearEnvironmentMark: Implementation<'clearEnvironmentMark'> = async (input, services) => {
  await inDestination(input, services, scripts.clearMark);
  return null;
};

export const holdsClaim: Implementation<'holdsClaim'> = async (input, services) => {
  const [row] = await inDestination(input, services, scripts.holdsClaim);
  return z.object({ holds: z.boolean() }).parse(row);
};

export const releaseClaims: Implementation<'releaseClaims'> = async (input, services) => {
  await inDestination(input, services, scripts.releaseClaim);
  return null;
};

export const removeFromDestination: Implementation<'removeFromDestination'> = async (input, services) => {
  const [rows, objects] = scripts.destinationRemoval;
  const left = await inDestination(input, services, rows);
  await inDestination(input, services, objects);
  return { left: clipList(leftSchema.parse(left).map(({ name }) => name)) };
};

const leftSchema = z.array(z.object({ name: z.string() }));

/** Runs a script for the attempt in its destination. */
async function inDestination(input: AttemptId, services: Services, batch: string): Promise<readonly Row[]> {
  const { destination } = await services.store.require(input);
  return services.databases.use(destination, (database) => database.query(batch, claimantOf(input, services)));
}

function claimantOf(attempt: AttemptId, { settings }: Services) {
  return { setupKey: databaseMarkOf(settings.MIGRATION_EVENT_SOURCE, attempt), attempt: attempt.attempt };
}

async function planContext({ findings }: Services, attempt: AttemptId, database: SqlDatabase): Promise<PlanContext> {
  const [companies, extensions] = await Promise.all([
    findings.of(attempt, 'company'),
    findings.of(attempt, 'extension'),
  ]);
  const online = await database.query(scripts.listCompanies);
  const rules = await database.query(scripts.replicationRules);
  const [source] = await database.query(scripts.sourceCollation);
  return {
    companies: z.array(companySchema).parse(companies),
    onlineCompanies: z
      .array(companySchema)
      .parse(online)
      .map(({ sqlName }) => sqlName),
    onlineApps: z
      .array(extensionSchema)
      .parse(extensions)
      .map(({ appId }) => appId),
    rules: z.array(replicationRuleSchema).parse(rules),
    limits: planLimitsSchema.parse({}),
    collation: z.object({ collation: z.string() }).optional().parse(source)?.collation ?? null,
  };
}
