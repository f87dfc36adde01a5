import type sql from 'mssql';
import type { CheckInput } from '../../shared/checks/check.ts';
import { companySchema, destinationProbeSchema, sourceProbeSchema } from '../../shared/checks/probe.ts';
import { checkThresholdsSchema } from '../../shared/checks/thresholds.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import { rows } from './sample-servers.ts';

/** What the probes measure of a source, over TDS. */
export async function measureSource(pool: sql.ConnectionPool): Promise<Pick<CheckInput, 'source' | 'companies'>> {
  const [row] = await rows(pool, scripts.sourceProbe);
  const companies = await rows(pool, scripts.listCompanies);
  return { source: sourceProbeSchema.parse(row), companies: companySchema.array().parse(companies) };
}

/** What the probe measures of an environment, over TDS. */
export async function measureDestination(pool: sql.ConnectionPool): Promise<CheckInput['destination']> {
  const [row] = await rows(pool, scripts.destinationProbe);
  return destinationProbeSchema.parse(row);
}

/** What checks are given beside what the probes measure, with nothing wrong in it. */
export const besideProbes: Omit<CheckInput, 'source' | 'companies' | 'destination'> = {
  setupKey: 'a'.repeat(64),
  product: 'DynamicsBCLast',
  sourceKind: 'SqlServer',
  runtime: {
    name: 'shir',
    online: true,
    nodes: [{ name: 'NODE1', version: '5.50.1' }],
    versionStatus: 'UpToDate',
    updatesItself: true,
  },
  ownAccess: { user: 'app', hasControl: true },
  secret: { isEnabled: true, daysLeft: null },
  thresholds: checkThresholdsSchema.parse({}),
};
