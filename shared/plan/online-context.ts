/** What a plan needs to know of an environment beside the definitions of its tables, read from its database. */
import { z } from 'zod';
import { companySchema } from '../checks/probe.ts';
import type { SqlDatabase } from '../sql/database.ts';
import * as scripts from '../sql/scripts.ts';
import type { PlanContext } from './plan.ts';
import { replicationRuleSchema } from './rules.ts';

/** Reads the companies that exist online, and what the platform says of its tables. */
export async function readOnline(database: SqlDatabase): Promise<Pick<PlanContext, 'onlineCompanies' | 'rules'>> {
  const online = await database.query(scripts.listCompanies);
  const rules = await database.query(scripts.replicationRules);
  return {
    onlineCompanies: z
      .array(companySchema)
      .parse(online)
      .map(({ sqlName }) => sqlName),
    rules: z.array(replicationRuleSchema).parse(rules),
  };
}
