import { z } from 'zod';
import { companySchema, extensionSchema } from '../../shared/checks/check.ts';
import { databaseMarkOf } from '../../shared/setup/setup.ts';
import type { AttemptId } from '../../shared/setup/setup.ts';
import type { Services } from '../../shared/services.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import type { SqlDatabase } from '../../shared/sql/database.ts';
import { joinCatalogue } from '../../shared/plan/catalogue.ts';
import { planLimitsSchema } from '../../shared/plan/groups.ts';
import { emptyPlanSummary, planTables as plan, summarizePlan } from '../../shared/plan/plan.ts';
import type { PlanContext } from '../../shared/plan/plan.ts';
import { replicationRuleSchema } from '../../shared/plan/rules.ts';
import type { Implementation } from './implementation.ts';
import { replacePlan } from '../../shared/plan/control-rows.ts';

export const planTables: Implementation<'planTables'> = async (input, services) => {
  const { destination } = await services.store.require(input);
  return services.databases.use(destination, async (database) => {
    const planned = plan(
      joinCatalogue(database.stream(scripts.sourceTables), database.stream(scripts.sourceColumns)),
      joinCatalogue(database.stream(scripts.catalogueTables), database.stream(scripts.catalogueColumns)),
      await planContext(services, input, database),
    );
    let summary = emptyPlanSummary;
    await replacePlan(database, planned, (tables) => {
      summary = summarizePlan(tables, summary);
    });
    return { ...summary, byCopyMethod: { ...summary.byCopyMethod } };
  });
};

export const markEnvironmentReady: Implementation<'markEnvironmentReady'> = async (
  input,
  { store, findings, databases },
) => {
  const { destination } = await store.require(input);
  const companies = await findings.of(input, 'company');
  await databases.use(destination, (database) =>
    database.query(scripts.markReady, {
      setupKey: databaseMarkOf(input),
      attempt: input.attempt,
      companies: JSON.stringify(companies),
    }),
  );
  return { environment: destination.environment };
};

export const clearEnvironmentMark: Implementation<'clearEnvironmentMark'> = async (input, { store, databases }) => {
  const { destination } = await store.require(input);
  await databases.use(destination, (database) =>
    database.query(scripts.clearMark, { setupKey: databaseMarkOf(input) }),
  );
  return null;
};

async function planContext({ findings }: Services, attempt: AttemptId, database: SqlDatabase): Promise<PlanContext> {
  const [companies, extensions] = await Promise.all([
    findings.of(attempt, 'company'),
    findings.of(attempt, 'extension'),
  ]);
  const online = await database.query(scripts.listCompanies);
  const rules = await database.query(scripts.replicationRules);
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
  };
}
