import type sql from 'mssql';
import type { CheckInput } from '../../shared/checks/check.ts';
import {
  companySchema,
  destinationProbeSchema,
  extensionSchema,
  sourceProbeSchema,
  storageProbeSchema,
} from '../../shared/checks/probe.ts';
import { checkThresholdsSchema } from '../../shared/checks/thresholds.ts';
import { readCatalogue } from '../../shared/plan/catalogue.ts';
import { planLimitsSchema } from '../../shared/plan/groups.ts';
import type { LeftOutTables } from '../../shared/plan/left-out.ts';
import { planTables } from '../../shared/plan/plan.ts';
import type { PlannedTable } from '../../shared/plan/plan.ts';
import { replicationRuleSchema } from '../../shared/plan/rules.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import { each } from './plan/catalogues.ts';
import { rows } from './sample-servers.ts';

/** What the probes measure of a source, over TDS. */
export async function measureSource(
  pool: sql.ConnectionPool,
): Promise<Pick<CheckInput, 'source' | 'storage' | 'companies'>> {
  const [row] = await rows(pool, scripts.sourceProbe);
  const [storage] = await rows(pool, scripts.sourceStorageProbe);
  const companies = await rows(pool, scripts.listCompanies);
  return {
    source: sourceProbeSchema.parse(row),
    storage: storageProbeSchema.parse(storage),
    companies: companySchema.array().parse(companies),
  };
}

/** What the probe measures of an environment, over TDS. */
export async function measureDestination(pool: sql.ConnectionPool): Promise<CheckInput['destination']> {
  const [row] = await rows(pool, scripts.destinationProbe);
  return destinationProbeSchema.parse(row);
}

/** The plan of two databases, over TDS. */
export async function* planOf(
  source: sql.ConnectionPool,
  destination: sql.ConnectionPool,
): AsyncGenerator<PlannedTable> {
  const catalogue = async (pool: sql.ConnectionPool) => readCatalogue(each(await rows(pool, scripts.catalogue)));
  const online = companySchema.array().parse(await rows(destination, scripts.listCompanies));
  const measured = await measureSource(source);
  yield* planTables(await catalogue(source), await catalogue(destination), {
    companies: measured.companies,
    onlineCompanies: online.map(({ sqlName }) => sqlName),
    onlineApps: extensionSchema.array().parse(await rows(destination, scripts.listExtensions)),
    rules: replicationRuleSchema.array().parse(await rows(destination, scripts.replicationRules)),
    limits: planLimitsSchema.parse({}),
    collation: measured.source.collation,
    selection: {},
  });
}

const none = { tables: 0, rows: 0, names: [] };
/** Of a plan that leaves nothing out because of what is online. */
export const nothingLeftOut: LeftOutTables = { '50004': none, '50005': none, '50011': none };

/** What checks are given beside what the probes measure, with nothing wrong in it. */
export const besideProbes: Omit<CheckInput, 'source' | 'storage' | 'companies' | 'destination'> = {
  factoryAccess: { user: 'adf', hasControl: true },
  unlistedCompanies: 0,
  setupKey: 'a'.repeat(64),
  product: 'DynamicsBCLast',
  sourceKind: 'SqlServer',
  runtime: {
    name: 'shir',
    online: true,
    nodes: [{ name: 'NODE1', version: '5.50.1' }],
    versionStatus: 'UpToDate',
    updatesItself: true,
    setups: 1,
    load: { runningJobs: 0, jobLimit: 8, freeMegabytes: 4_000, processorPercent: 10 },
  },
  ownAccess: { user: 'app', hasControl: true },
  leftOut: nothingLeftOut,
  secret: { isEnabled: true, daysLeft: null },
  thresholds: checkThresholdsSchema.parse({}),
};
