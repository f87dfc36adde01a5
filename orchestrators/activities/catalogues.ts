/** What tables are planned from: the catalogues that an assessment wrote down, and what the environment itself says. */
import { z } from 'zod';
import { companySchema } from '../../shared/checks/probe.ts';
import { catalogueBlob } from '../../shared/factory/names.ts';
import { readCatalogue } from '../../shared/plan/catalogue.ts';
import type { CatalogueTable } from '../../shared/plan/catalogue.ts';
import type { PlanContext } from '../../shared/plan/plan.ts';
import { replicationRuleSchema } from '../../shared/plan/rules.ts';
import type { Services } from '../../shared/services.ts';
import type { SqlDatabase } from '../../shared/sql/database.ts';
import * as scripts from '../../shared/sql/scripts.ts';

/** The catalogue of a side, as an attempt found it. */
export function catalogueOf(
  { staging }: Services,
  { key, attempt }: { readonly key: string; readonly attempt: number },
  side: 'source' | 'destination',
): AsyncGenerator<CatalogueTable> {
  return readCatalogue(staging.read(key, catalogueBlob(attempt, side)));
}

/** The companies that exist online, and the platform's rules. */
export async function readOnline(database: SqlDatabase): Promise<Pick<PlanContext, 'onlineCompanies' | 'rules'>> {
  const companies = await database.query(scripts.listCompanies);
  const rules = await database.query(scripts.replicationRules);
  return {
    onlineCompanies: z
      .array(companySchema)
      .parse(companies)
      .map(({ sqlName }) => sqlName),
    rules: z.array(replicationRuleSchema).parse(rules),
  };
}
