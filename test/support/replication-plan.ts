// The plan of a replication, as the phases of a setup make it after the preparation.
import type sql from 'mssql';
import { companySchema } from '../../shared/checks/probe.ts';
import type { CatalogueTable } from '../../shared/plan/catalogue.ts';
import { replacePlan } from '../../shared/plan/control-rows.ts';
import type { PlanOwner } from '../../shared/plan/control-rows.ts';
import { planLimitsSchema } from '../../shared/plan/groups.ts';
import { planTables } from '../../shared/plan/plan.ts';
import type { PlannedTable } from '../../shared/plan/plan.ts';
import { replicationRuleSchema } from '../../shared/plan/rules.ts';
import type { OnlineApp } from '../../shared/plan/rules.ts';
import { SqlDatabase } from '../../shared/sql/database.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import type { Sides } from './replicated-tables.ts';
import type { WorldContent } from './replication-databases.ts';

/** Makes online the tables of the companies of the source. */
export async function openCompanies({ source, destination }: Sides, content: WorldContent): Promise<void> {
  const database = new SqlDatabase(destination);
  for (const { sqlName } of await companiesOf(source)) {
    for (const statement of content.companyTables(sqlName)) await database.query(statement);
  }
}

async function companiesOf(pool: sql.ConnectionPool) {
  return companySchema.array().parse(await new SqlDatabase(pool).query(scripts.listCompanies));
}

/** Plans what the preparation has found, and writes the plan to the environment. */
export async function planSource(
  { source, destination }: Sides,
  catalogueOf: (side: 'source' | 'destination') => AsyncIterable<CatalogueTable>,
  owner: PlanOwner,
  onlineApps: readonly OnlineApp[],
  smallTableBytes: number,
): Promise<readonly PlannedTable[]> {
  const database = new SqlDatabase(destination);
  const planned = planTables(catalogueOf('source'), catalogueOf('destination'), {
    companies: await companiesOf(source),
    onlineCompanies: (await companiesOf(destination)).map(({ sqlName }) => sqlName),
    onlineApps,
    rules: replicationRuleSchema.array().parse(await database.query(scripts.replicationRules)),
    limits: planLimitsSchema.parse({ smallTableBytes }),
    collation: 'Latin1_General_100_CI_AS',
    selection: {},
  });
  const plan: PlannedTable[] = [];
  const progress = {
    stillCurrent: () => Promise.resolve(true),
    written: (part: readonly PlannedTable[]) => plan.push(...part),
  };
  const outcome = await replacePlan(database, owner, planned, progress);
  if (outcome !== 'replaced') throw new Error(`The plan is ${outcome}.`);
  return plan;
}
